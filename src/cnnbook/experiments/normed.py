"""The small network of the chapter on normalisation, its forms and its running statistics."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

MAPS, GROUPS = (16, 32, 32), 4
EPS = 1e-5


class StandardisedConv2d(nn.Conv2d):
    """A convolution whose filters are brought to mean 0 and deviation 1 before each use.

    See: Qiao, Wang, Liu, Shen & Yuille 2019, arXiv:1903.10520.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Standardise as `reference.weight_standardise` does, then convolve."""
        std, mean = torch.std_mean(self.weight, (1, 2, 3), keepdim=True)
        weight = (self.weight - mean) / (std + EPS)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding)


# name -> the layer for so many channels; instance and layer norm are group norm's two ends
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "none": lambda channels: nn.Identity(),
    "batch": nn.BatchNorm2d,
    "layer": lambda channels: nn.GroupNorm(1, channels),
    "group": lambda channels: nn.GroupNorm(GROUPS, channels),
    "instance": lambda channels: nn.GroupNorm(channels, channels),
}
STANDARDISED = "group + standardised weights"
NORMS[STANDARDISED] = NORMS["group"]


def network(
    norm: str = "batch",
    after: bool = False,
    affine: bool = True,
    activation: type[nn.Module] = nn.ReLU,
    inside: float = 0,
    end: float = 0,
    momentum: float = 0.1,
) -> nn.Sequential:
    """Build three 3x3 convolutions, each normalised and with an activation, a mean, a dense layer.

    Args:
        norm: one of `NORMS`.
        after: normalise after the activation instead of before it.
        affine: let the normalisation scale and shift.
        activation: class of the activation.
        inside: share dropped after each activation, so before the next normalisation.
        end: share dropped before the dense layer, so after all of them.
        momentum: of the running statistics of batch norm.

    Returns:
        x (N, 1, 14, 14) -> logits (N, 10). Networks from one seed have the same first weights.
    """
    convolution = StandardisedConv2d if norm == STANDARDISED else nn.Conv2d
    layers, channels = [], 1
    for i, maps in enumerate(MAPS):
        layers.append(convolution(channels, maps, 3, 1 if i == 0 else 2, 1))
        normalise = NORMS[norm](maps) if affine else nn.BatchNorm2d(maps, affine=False)
        layers += [activation(), normalise] if after else [normalise, activation()]
        if inside and i < len(MAPS) - 1:
            layers.append(nn.Dropout(inside))
        channels = maps
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(end), nn.Linear(maps, 10)]
    model = nn.Sequential(*layers)
    for layer in norms_of(model):
        layer.momentum = momentum
    return model


def norms_of(model: nn.Module) -> list[nn.BatchNorm2d]:
    """List the batch norms of a network."""
    return [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]


def recompute(model: nn.Module, x: np.ndarray, batch: int = 500) -> None:
    """Set the running statistics to the mean over batches of x, dropout switched off."""
    model.eval()
    for layer in norms_of(model):
        layer.reset_running_stats()
        layer.momentum = None  # torch's word for the plain mean over all batches
        layer.train()
    with torch.no_grad():
        for i in range(0, len(x), batch):
            model(torch.as_tensor(x[i : i + batch]))
    model.eval()


def variance_shift(model: nn.Module, x: np.ndarray) -> list[float]:
    """Return, for each batch norm, variance of its input in eval mode over its running variance.

    Of the channels of a layer the median is taken.
    """
    ratios = []

    def look(layer: nn.BatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
        ratios.append((inputs[0].var((0, 2, 3)) / layer.running_var).median().item())

    hooks = [layer.register_forward_pre_hook(look) for layer in norms_of(model)]
    with torch.no_grad():
        model.eval()(torch.as_tensor(x))
    for hook in hooks:
        hook.remove()
    return ratios

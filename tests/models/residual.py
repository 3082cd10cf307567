"""What the tests of ResNet and of the families that came of it ask of each network."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def on_meta(builder, *arguments, **options):
    with torch.device("meta"):
        return builder(*arguments, **options)


def macs(network, size=224):
    """Count what torch's own counter counts, for one colour image."""
    with FlopCounterMode(display=False) as counter:
        network(torch.empty(1, 3, size, size, device="meta"))
    return counter.get_total_flops() // 2


def sizes(network, parts, size, channels=3):
    """Return (channels, height, width) behind each of the parts."""
    found = []
    for part in parts:
        part.register_forward_hook(lambda _, x, y: found.append(tuple(y.shape[1:])))
    network(torch.empty(2, channels, size, size, device="meta"))
    return found


def shapes_fit(builder, channels, classes, size):
    network = on_meta(builder, channels, classes, size)
    x = torch.empty(3, channels, size, size, device="meta")
    assert network(x).shape == (3, classes)


def refuses_less(builder, name, least):
    """The smallest size works, the next one is refused with it, and bad counts are refused."""
    shapes_fit(builder, 3, 2, least)
    builder(3, 2, least)(torch.rand(2, 3, least, least)).sum().backward()
    with pytest.raises(
        ValueError, match=rf"^{name} wants images of at least {least} x {least}, si"
    ):
        builder(3, 2, least - 1)
    with pytest.raises(ValueError, match="channels must be at least 1, got 0"):
        builder(0, 2, least)
    with pytest.raises(ValueError, match="classes must be at least 1, got 0"):
        builder(3, 0, least)


def starved(network, size):
    """Say whether a layer with stride 2 is given a single pixel."""
    heights = []
    for layer in network.modules():
        if getattr(layer, "stride", 1) in (2, (2, 2)):
            layer.register_forward_hook(lambda _, x, y: heights.append(x[0].shape[2]))
    network(torch.empty(2, 3, size, size, device="meta"))
    assert heights
    return min(heights) == 1


def every_parameter_learns(network, channels, classes, size):
    torch.manual_seed(1)
    x = torch.randn(4, channels, size, size)
    F.cross_entropy(network(x), torch.arange(4) % classes).backward()
    for name, p in network.named_parameters():
        assert p.grad is not None, name
        assert p.grad.isfinite().all(), name
        assert p.grad.abs().max() > 0, name


def overfits(builder, steps=30, rate=0.05):
    """16 images of noise: the loss falls below a tenth."""
    torch.manual_seed(2)
    network = builder()
    x, y = torch.randn(16, 1, 28, 28), torch.arange(16) % 10
    optimiser = torch.optim.SGD(network.parameters(), rate, momentum=0.9)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(network(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10


def weighted_layers(network):
    """Count as the papers do: convolutions and dense layers, those of shortcuts left out."""
    return sum(
        isinstance(layer, nn.Conv2d | nn.Linear) and "shortcut" not in name
        for name, layer in network.named_modules()
    )


def noisy(network):
    """Give each normalisation a scale, shift, mean and variance of its own, and evaluate."""
    torch.manual_seed(3)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight.data, layer.running_var):
                values.uniform_(0.5, 2)
            for values in (layer.bias.data, layer.running_mean):
                values.normal_()
    return network.double().eval()


def norm(x, layer):
    """Normalise by the definition, with the statistics of training."""
    rows = (layer.running_mean, layer.running_var + layer.eps, layer.weight, layer.bias)
    mean, variance, scale, shift = (row[:, None, None] for row in rows)
    return (x - mean) / variance.sqrt() * scale + shift

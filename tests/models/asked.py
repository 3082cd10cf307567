"""What the tests ask of a network, whatever family it is of."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def on_meta(build, *arguments, **options):
    """Build without numbers, which takes no memory, in evaluation mode."""
    with torch.device("meta"):
        return build(*arguments, **options).eval()


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def macs(network, size=224, channels=3):
    """Count the multiply-adds of one image, by torch's own counter."""
    with FlopCounterMode(display=False) as counter:
        network(torch.empty(1, channels, size, size, device="meta"))
    return counter.get_total_flops() // 2


def of(kind, network):
    """List the modules of a kind, in the order in which they were built."""
    return [module for module in network.modules() if isinstance(module, kind)]


def convolutions(network):
    return of(nn.Conv2d, network)


def kinds(modules):
    """Name the class of each module."""
    return [type(module).__name__ for module in modules]


def weighted_layers(network):
    """Count as the papers do: convolutions and dense layers, those of shortcuts left out."""
    return sum(
        isinstance(layer, nn.Conv2d | nn.Linear) and "shortcut" not in name
        for name, layer in network.named_modules()
    )


def maps(network, layers, size, channels=3):
    """List (channels, height, width) behind each of the layers, in the order of the calls."""
    found = []
    for layer in layers:
        layer.register_forward_hook(lambda _, x, y: found.append(tuple(y.shape[1:])))
    network(torch.empty(2, channels, size, size, device="meta"))
    return found


def maps_of(kind, network, size, channels=3):
    """List (channels, height, width) behind each module of a kind, in the order of the calls."""
    return maps(network, of(kind, network), size, channels)


def fits(build, channels, classes, size, square=False, device="cpu", **options):
    """In training, images of the announced size, and of another shape, get a score per class.

    A network that scores pixels returns maps, smaller than the image by the same on both axes. A
    `square` one takes the announced size alone.
    """
    with torch.device(device):
        network = build(channels, classes, size=size, **options).train()
    for h, w in [(size, size)] if square else [(size, size), (size + 16, size + 32)]:
        for scores in outputs(network, torch.zeros(3, channels, h, w, device=device)):
            lost = h - scores.shape[2] if scores.ndim == 4 else 0
            assert scores.shape[:2] == (3, classes)
            assert scores.shape[2:] in ((), (h - lost, w - lost))
            assert lost >= 0


def outputs(network, x):
    """Run the network; return a tuple of scores, one in most, more where heads speak, too."""
    y = network(x)
    return y if isinstance(y, tuple) else (y,)


def loss(network, x, labels):
    """Sum the cross-entropies of all outputs; scores of pixels get the label of their image."""
    total = 0
    for scores in outputs(network, x):
        places = labels.reshape(-1, *[1] * (scores.ndim - 2)).expand(len(x), *scores.shape[2:])
        total = total + F.cross_entropy(scores, places)
    return total


def every_parameter_learns(network, channels, size):
    """One loss gives every parameter a finite gradient that is not zero."""
    torch.manual_seed(0)
    for p in network.parameters():
        if p.ndim > 1 and not p.any():  # a layer that begins at zero would let nothing through
            nn.init.normal_(p, std=0.1)
    n = 4 if size < 128 else 2
    value = loss(network.train(), torch.randn(n, channels, size, size), torch.arange(n) % 2)
    assert value.isfinite()
    value.backward()
    for name, p in network.named_parameters():
        assert p.grad is not None, f"{name} is not used"
        assert p.grad.isfinite().all(), name
        assert p.grad.any(), f"{name} has a gradient of zero"


def learns_by_heart(build, rate=0.003, steps=80):
    """Sixteen images of noise are learned: the loss falls below a tenth, dropout left out."""
    torch.manual_seed(1)
    network = build(1, 10, size=28)
    for layer in of(nn.Dropout, network):
        layer.eval()  # it is there to hinder this
    x, labels = torch.randn(16, 1, 28, 28), torch.arange(16) % 10
    return falls_below_a_tenth(network, lambda: loss(network, x, labels), rate, steps)


def falls_below_a_tenth(network, value, rate, steps):
    """Train until the loss is below a tenth of the first, at most so many steps; return the first."""
    optimiser = torch.optim.Adam(network.parameters(), rate)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        losses.append(value())
        losses[-1].backward()
        optimiser.step()
        if losses[-1] < losses[0] / 10:
            break
    assert losses[-1] < losses[0] / 10, [round(x.item(), 3) for x in losses[:: steps // 10]]
    return losses[0].item()


def noisy(network):
    """Give each normalisation a scale, shift, mean and variance of its own, and evaluate."""
    torch.manual_seed(3)
    for layer in of(nn.BatchNorm2d, network):
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

"""What the tests of the small networks ask of each."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def on_meta(build, *args, **options):
    with torch.device("meta"):
        return build(*args, **options).eval()


def macs(network, size, channels=3):
    """Count the multiply-adds of one image, by torch's own counter."""
    with FlopCounterMode(display=False) as counter:
        network(torch.empty(1, channels, size, size, device="meta"))
    return counter.get_total_flops() // 2


def output_sizes(network, kind, size, channels=3):
    """List (channels, height) behind each module of a kind, in the order of the calls."""
    shapes = []
    for module in network.modules():
        if isinstance(module, kind):
            module.register_forward_hook(lambda _, x, y: shapes.append(tuple(y.shape[1:3])))
    network(torch.empty(1, channels, size, size, device="meta"))
    return shapes


def check_shapes(build, channels, classes, size, **options):
    network = on_meta(build, channels, classes, size, **options)
    assert network(torch.empty(2, channels, size, size, device="meta")).shape == (2, classes)
    tall = torch.empty(3, channels, size + 5, size + 2, device="meta")
    assert network(tall).shape == (3, classes)


def check_gradients(network, channels, size):
    """Every parameter has a finite gradient, and a gradient that is not all zero."""
    torch.manual_seed(0)
    x = torch.randn(2, channels, size, size)
    network.train()
    y = network(x)
    F.cross_entropy(y, torch.arange(2) % y.shape[1]).backward()
    assert torch.isfinite(y).all()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    return {name for name, p in network.named_parameters() if not p.grad.any()}


def check_learns(build, channels, size, rate=0.01):
    """Sixteen images of noise are learned by heart: the loss falls below a tenth."""
    torch.manual_seed(1)
    network = build(channels, 10, size)
    x, labels = torch.randn(16, channels, size, size), torch.arange(16) % 10
    optimiser = torch.optim.Adam(network.parameters(), rate)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        losses.append(F.cross_entropy(network(x), labels))
        losses[-1].backward()
        optimiser.step()
        if losses[-1] < losses[0] / 10:
            break
    assert losses[-1] < losses[0] / 10, losses[-1].item()


def kinds(modules):
    """Name the class of each module."""
    return [type(module).__name__ for module in modules]


def convolutions(network):
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)]

"""What the tests of GoogLeNet, the later Inceptions and Xception ask of each network."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from cnnbook import data


def on_meta(builder, *arguments, **options):
    with torch.device("meta"):
        return builder(*arguments, **options)


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def scores(network, channels, size, n=2):
    """Run n images without numbers through a network on the meta device; return the shape."""
    return tuple(network.eval()(torch.empty(n, channels, size, size, device="meta")).shape)


def shape_behind(layer):
    """Return a list that receives (channels, height, width) whenever the layer has run."""
    found = []
    layer.register_forward_hook(lambda _, x, y: found.append(tuple(y.shape[1:])))
    return found


def least_is(builder, module, monkeypatch, name, least, **options):
    """`least` works, one less is refused with it, and would not have worked."""
    channels = 3
    assert scores(on_meta(builder, channels, 5, least, **options), channels, least) == (2, 5)
    with pytest.raises(ValueError, match=rf"^{name} wants images of at least {least} x {least},"):
        builder(channels, 5, least - 1, **options)
    with pytest.raises(ValueError, match="channels must be at least 1, got 0"):
        builder(0, 5, least, **options)
    with pytest.raises(ValueError, match="classes must be at least 1, got 0"):
        builder(channels, 0, least, **options)
    monkeypatch.setattr(module, "check", lambda *arguments: None)
    with pytest.raises((RuntimeError, ValueError), match=r"too small|greater than|spans"):
        on_meta(_trained_once, builder, channels, least - 1, options)


def _trained_once(builder, channels, size, options):
    return builder(channels, 5, size, **options)(torch.empty(2, channels, size, size))


def every_parameter_learns(network, channels, size):
    """One loss, over all logits, gives every parameter a finite gradient that is not zero."""
    torch.manual_seed(0)
    logits = network(torch.randn(2, channels, size, size))
    logits = logits if isinstance(logits, tuple) else (logits,)
    sum(F.cross_entropy(scores, torch.tensor([0, 1])) for scores in logits).backward()
    for name, p in network.named_parameters():
        assert p.grad is not None, name
        assert p.grad.isfinite().all(), name
        assert p.grad.any(), name


def overfits(builder, steps, rate, **options):
    """The loss on 16 patches falls below a tenth of the first within `steps`, dropout and all."""
    torch.manual_seed(0)
    textures = data.textures(train=8, test=1)
    x = torch.from_numpy(textures.x_train[:16])
    x, y = (x - x.mean()) / x.std(), torch.arange(16) % 4
    network = builder(1, 4, **options)
    optimiser = torch.optim.Adam(network.parameters(), rate)
    losses = []
    for _ in range(steps):
        logits = network(x)
        logits = logits if isinstance(logits, tuple) else (logits,)
        losses.append(F.cross_entropy(logits[0], y).item())
        if losses[-1] < losses[0] / 10:
            break
        optimiser.zero_grad()
        sum(F.cross_entropy(scores, y) for scores in logits).backward()
        optimiser.step()
    assert losses[0] == pytest.approx(1.386, abs=1.2)  # near ln 4: the start knows nothing
    assert losses[-1] < losses[0] / 10, losses[:: steps // 10]

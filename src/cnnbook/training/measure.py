"""What is measured of a network: loss and share of right answers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from cnnbook.training import distributed
from cnnbook.training.batches import tensors

AUXILIARY = 0.3  # weight of an auxiliary head's loss, Szegedy et al. 2014, arXiv:1409.4842


def cross_entropy(scores: Tensor | tuple[Tensor, ...], y: Tensor) -> Tensor:
    """Return the mean cross-entropy of logits and labels; auxiliary heads count 0.3 each.

    Args:
        scores: (N, classes) or (N, classes, H, W); a tuple of them if the network has auxiliary
            heads, its own scores first.
        y: classes (N,), masks (N, H, W) or shares of the classes (N, classes).
    """
    main, *heads = scores if isinstance(scores, tuple | list) else (scores,)
    return F.cross_entropy(main, y) + AUXILIARY * sum(F.cross_entropy(head, y) for head in heads)


def accuracy(scores: Tensor | tuple[Tensor, ...], y: Tensor) -> Tensor:
    """Return the share of images, of pixels for masks, whose largest score is that of their class.

    For labels that are shares of several classes the largest share counts.
    """
    main = scores[0] if isinstance(scores, tuple | list) else scores
    labels = y.argmax(1) if y.is_floating_point() else y
    return (main.argmax(1) == labels).to(main.dtype).mean()


def evaluate(
    model: nn.Module,
    x: np.ndarray | Tensor,
    y: np.ndarray | Tensor,
    loss: Callable[[Any, Tensor], Tensor] = cross_entropy,
    batch: int = 500,
) -> tuple[float, float]:
    """Return the mean loss and the accuracy over all images, in eval mode, without gradients.

    Args:
        model: comes back in the mode it was in.
        x, y: images and labels.
        loss: of the network's output and the labels, a mean over the images.
        batch: images at a time; several processes take one batch each in turn.

    Raises:
        ValueError: if there are no images, or not as many labels.
    """
    x, y = tensors(x, y, model)
    totals, mode = torch.zeros(2, dtype=x.dtype, device=x.device), model.training
    model.eval()
    with torch.no_grad():
        for i in range(batch * distributed.rank(), len(x), batch * distributed.count()):
            labels = y[i : i + batch]
            scores = model(x[i : i + batch])
            totals += len(labels) * torch.stack([loss(scores, labels), accuracy(scores, labels)])
    model.train(mode)
    return tuple(value * distributed.count() / len(x) for value in distributed.mean(*totals))

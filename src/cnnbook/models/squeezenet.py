"""SqueezeNet: the accuracy of AlexNet with a fiftieth of its parameters.

See: Iandola, Han, Moskewicz, Ashraf, Dally & Keutzer 2016, arXiv:1602.07360.
"""

from collections import OrderedDict

import torch
from torch import nn

from cnnbook.models.checks import check

POOL = (0, 0)
BODY_1_0 = (  # squeeze channels, channels of each expand layer; (0, 0) is a max pooling
    *(POOL, (16, 64), (16, 64), (32, 128)),  # fire2 to fire4
    *(POOL, (32, 128), (48, 192), (48, 192), (64, 256)),  # fire5 to fire8
    *(POOL, (64, 256)),  # fire9
)
BODY_1_1 = (  # the same fire modules, pooled earlier
    *(POOL, (16, 64), (16, 64)),
    *(POOL, (32, 128), (32, 128)),
    *(POOL, (48, 192), (48, 192), (64, 256), (64, 256)),
)
BODY_REDUCED = (POOL, (16, 32), (16, 32), POOL, (16, 64), (16, 64))


class Fire(nn.Module):
    """Squeeze to few channels by 1x1, expand by 1x1 and by 3x3 side by side."""

    def __init__(self, c_in: int, squeezed: int, expanded: int) -> None:
        """Build the block; it has 2 expanded channels after it."""
        super().__init__()
        self.squeeze = nn.Sequential(nn.Conv2d(c_in, squeezed, 1), nn.ReLU())
        self.expand1 = nn.Sequential(nn.Conv2d(squeezed, expanded, 1), nn.ReLU())
        self.expand3 = nn.Sequential(nn.Conv2d(squeezed, expanded, 3, padding=1), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, c_in, H, W) to (N, 2 expanded, H, W)."""
        x = self.squeeze(x)  # (N, squeezed, H, W)
        return torch.cat([self.expand1(x), self.expand3(x)], dim=1)


def squeezenet_1_0(channels: int = 3, classes: int = 1000, size: int = 227) -> nn.Module:
    """Build SqueezeNet 1.0 with 1,248,424 parameters, as Table 1 of the paper counts them.

    The table says 224 x 224, but its 111 x 111 outputs of the first layer come from 227, the crop
    of the published Caffe network, which does not pad there.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images.

    Returns:
        x (N, channels, H, W) -> logits (N, classes).

    Raises:
        ValueError: if a number is too small, size below 21.
    """
    check("squeezenet_1_0", channels, classes, size, 21)
    return _squeezenet(channels, classes, (96, 7, 2), BODY_1_0, published=True)


def squeezenet_1_1(channels: int = 3, classes: int = 1000, size: int = 227) -> nn.Module:
    """Build SqueezeNet 1.1 with 1,235,496 parameters: less than half the work, as accurate.

    Arguments, result and errors are those of `squeezenet_1_0`, but 17 pixels are enough.

    See: SqueezeNet_v1.1 in the authors' repository; it is in no paper.
    """
    check("squeezenet_1_1", channels, classes, size, 17)
    return _squeezenet(channels, classes, (64, 3, 2), BODY_1_1, published=True)


def squeezenet_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build four fire modules for images of 28 to 64 pixels; otherwise as `squeezenet_1_0`.

    Its scores may be negative and start by He's rule. The published ReLU on them stops the
    gradient of each class that falls to 0 everywhere, and from the published spread of 0.01 the
    first hundred steps would hardly leave chance: there is no norm here to make up for it.
    """
    check("squeezenet_reduced", channels, classes, size, 6)
    return _squeezenet(channels, classes, (24, 3, 1), BODY_REDUCED, published=False)


def _squeezenet(
    channels: int,
    classes: int,
    stem: tuple[int, int, int],
    rows: tuple[tuple[int, int], ...],
    published: bool,
) -> nn.Module:
    """Build stem (c_out, kernel, stride), body and head, and draw the first weights.

    The published head drops half of the channels while training, and has a ReLU on the scores.
    """
    c, kernel, stride = stem
    first = nn.Sequential(nn.Conv2d(channels, c, kernel, stride), nn.ReLU())
    body = []
    for squeezed, expanded in rows:
        if (squeezed, expanded) == POOL:
            # Caffe rounds the size up, torch down
            body.append(nn.MaxPool2d(3, 2, ceil_mode=True))
        else:
            body.append(Fire(c, squeezed, expanded))
            c = 2 * expanded
    # one map for each class instead of a dense layer; the published 1.0 pads it by 1, which the
    # 13 x 13 outputs in Table 1 do not have
    scores = nn.Conv2d(c, classes, 1)
    head = [nn.Dropout(0.5), scores, nn.ReLU()] if published else [scores]
    head = nn.Sequential(*head, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = nn.Sequential(OrderedDict(stem=first, body=nn.Sequential(*body), head=head))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            # He's rule as in torchvision; Caffe's "xavier" in the original lets the signal fade
            nn.init.kaiming_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    if published:
        nn.init.normal_(scores.weight, std=0.01)
    return network

"""FCN-8s: a classifier read as a convolution, and the scores of two earlier depths to sharpen it.

Scores 32, 16 and 8 pixels apart are enlarged, added and brought to the size of the image.
"""

import torch
from torch import nn

from cnnbook.models import vgg
from cnnbook.models.checks import check

STAGES = {  # (convolutions, channels) of each stage; 2x2 max pooling ends a stage
    "fcn8s": tuple(zip(map(len, vgg.D), vgg.WIDTHS, strict=True)),  # VGG-16: (2, 64) to (3, 512)
    "fcn_reduced": ((1, 8), (1, 16), (1, 32)),
}


class FCN(nn.Module):
    """Add the scores of three depths, each enlarged to the size of the one before.

    x (N, channels, H, W) -> logits (N, classes, H, W)
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        stages: tuple[tuple[int, int], ...],
        padding: int,
        window: int,
        width: int,
        dropout: float,
    ) -> None:
        """Build the network.

        Args:
            channels: of the images.
            classes: that a pixel can have.
            stages: a row of `STAGES`.
            padding: pixels of zeros around the image. The classifier's window is not padded, so
                they are what it reads beyond the edge.
            window: side of the classifier's window, in cells of the last stage.
            width: channels of the classifier's two hidden layers.
            dropout: share of these that is dropped.
        """
        super().__init__()
        widths = [channels] + [c_out for _, c_out in stages]
        self.stages = nn.ModuleList(
            _stage(widths[i], *row, padding if i == 0 else 1) for i, row in enumerate(stages)
        )
        self.classifier = nn.Sequential(
            *(nn.Conv2d(widths[-1], width, window), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Conv2d(width, width, 1), nn.ReLU(), nn.Dropout(dropout)),
        )
        # from the deepest to the finest
        self.scores = nn.ModuleList(nn.Conv2d(c, classes, 1) for c in (width, *widths[-2:-4:-1]))
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(classes, classes, 2 * f, stride=f, bias=False)
            for f in (2, 2, 2 ** (len(stages) - 2))
        )
        self.offsets = crop_offsets(len(stages), padding, window)
        self._initialise()

    def _initialise(self) -> None:
        """Begin with equal scores and with bilinear enlargement."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                # the paper begins with the weights of a trained VGG-16; without them, He's draw
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)
        for score in self.scores:
            nn.init.zeros_(score.weight)  # section 4.3: a random start was no better
        with torch.no_grad():
            # section 4.3: the first two learn, the last stays as it is (in the released network all
            # three do); here all may learn
            for up in self.ups:
                up.weight.copy_(bilinear_weight(len(up.weight), up.stride[0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score the deepest maps; twice enlarge, and add the scores of finer ones."""
        image, maps = x, []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        y = self.scores[0](self.classifier(x))
        for i, finer in enumerate(maps[-2:-4:-1]):
            y = self.ups[i](y)
            y = y + _cut(self.scores[i + 1](finer), self.offsets[i], y)
        return _cut(self.ups[-1](y), self.offsets[-1], image)


def fcn8s(channels: int = 3, classes: int = 21, size: int = 500) -> nn.Module:
    """Build the network of the paper on VGG-16.

    134,489,759 parameters for the 21 classes of PASCAL VOC: 134,260,544 of VGG-16 without its last
    layer, 102,207 of the three score layers, 127,008 of the enlargements. The paper says 134 M;
    the exact number is that of the released net.py and of the implementation counted in
    YBIGTA/DL_Models. A count of 134,362,751 leaves the enlargements out.

    Args:
        channels: of the images.
        classes: that a pixel can have.
        size: height and width of the images. Any works; below 32 an image would be smaller than
            the step from one deepest score to the next.

    Returns:
        The network: x (N, channels, H, W) -> logits (N, classes, H, W).

    Raises:
        ValueError: if a number is below 1, or size below 32.
    See: Long, Shelhamer & Darrell 2015, arXiv:1411.4038, section 4; voc-fcn8s/net.py in
        shelhamer/fcn.berkeleyvision.org.
    """
    check("fcn8s", channels, classes, size, 32)
    return FCN(channels, classes, STAGES["fcn8s"], padding=100, window=7, width=4096, dropout=0.5)


def fcn_reduced(channels: int = 1, classes: int = 10, size: int = 28) -> nn.Module:
    """Build a small form: scores 8, 4 and 2 pixels apart, zeros of 10 pixels around the image.

    Arguments and result are those of `fcn8s`.

    Raises:
        ValueError: if a number is below 1, or size below 15.
    """
    check("fcn_reduced", channels, classes, size, 15)
    return FCN(
        channels, classes, STAGES["fcn_reduced"], padding=10, window=5, width=32, dropout=0.0
    )


def crop_offsets(stages: int, padding: int, window: int) -> tuple[int, ...]:
    """Count the cells to cut off at the top and left, so that scores lie on the pixels they score.

    Every cell of a map is the centre of a square of the image. The first cell of each map has its
    centre at `start`, the next ones follow every `jump` pixels: a pooling moves start by half a
    jump and doubles the jump, a window of k cells moves it by (k − 1) / 2 jumps, an enlargement
    divides the jump by f and moves start back by (2 f − 1) / 2 of the new jumps.

    Returns:
        Of the scores of the last stage but one, of those of the stage before, and of the last
        enlargement: 5, 9 and 31 in the paper's network.
    """
    start, jump, starts = 1.0 - padding, 1, []
    for _ in range(stages):
        start, jump = start + jump / 2, 2 * jump
        starts.append(start)
    start += jump * (window - 1) / 2
    offsets = []
    for finer in starts[-2:-4:-1]:
        jump //= 2
        start -= jump * 3 / 2
        offsets.append(int((start - finer) / jump))
    start -= (2 * jump - 1) / 2  # factor jump: the new jump is one pixel
    return *offsets, int(-start)


def bilinear_weight(classes: int, factor: int) -> torch.Tensor:
    """Make the weight of a transposed convolution that enlarges each class on its own.

    Returns:
        (classes, classes, 2 factor, 2 factor): a tent on the diagonal, zeros elsewhere.
    """
    steps = torch.arange(2 * factor, dtype=torch.float32)
    tent = 1 - (steps - (factor - 0.5)).abs() / factor
    return torch.eye(classes)[:, :, None, None] * tent[:, None] * tent


def _stage(c_in: int, convolutions: int, c_out: int, padding: int) -> nn.Sequential:
    """Build 3x3 convolutions with their ReLUs, then a pooling; `padding` is that of the first."""
    layers = []
    for i in range(convolutions):
        layers += [
            nn.Conv2d(c_out if i else c_in, c_out, 3, padding=1 if i else padding),
            nn.ReLU(),
        ]
    # Caffe rounds the size of a pooling up
    return nn.Sequential(*layers, nn.MaxPool2d(2, ceil_mode=True))


def _cut(y: torch.Tensor, offset: int, like: torch.Tensor) -> torch.Tensor:
    """Cut a part as large as `like` out of y, from the same offset on both axes."""
    h, w = like.shape[2:]
    return y[:, :, offset : offset + h, offset : offset + w]

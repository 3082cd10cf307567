"""What several of the small networks are made of."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from cnnbook.shapes import same_padding


class SameConv2d(nn.Conv2d):
    """Convolve to ceil(size / stride); where the padding is odd, its larger half comes last.

    TensorFlow pads so. `nn.Conv2d` pads both sides alike: the same size from a stride of 2, but
    all windows one pixel earlier, which weights trained the other way would notice.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pad by the size of x, then convolve."""
        rows = same_padding(x.shape[2], self.kernel_size[0], self.stride[0])
        columns = same_padding(x.shape[3], self.kernel_size[1], self.stride[1])
        return super().forward(F.pad(x, (*columns, *rows)))


class ConvNorm(nn.Sequential):
    """Convolve without a bias, then normalise over the batch.

    The batch norm has a bias of its own. Whether an activation follows is what the blocks differ
    in, so they say it themselves. Google's networks (MobileNets, EfficientNet) average the
    statistics more slowly than torch's 0.1, over trainings of days; one of a minute would test with
    those of its beginning.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        eps: float = 1e-5,
        same: bool = False,
    ) -> None:
        """Pad so that stride 1 keeps the size.

        Args:
            c_in, c_out: channels before and after.
            kernel: odd height and width of the windows.
            stride: step between the windows.
            groups: of channels that do not see each other; c_in for a depthwise convolution.
            eps: added to the variance.
            same: pad as TensorFlow does, see `SameConv2d`.
        """
        if same:
            conv = SameConv2d(c_in, c_out, kernel, stride, groups=groups, bias=False)
        else:
            padding = kernel // 2
            conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(c_out, eps))


class ChannelShuffle(nn.Module):
    """Deal the channels out like cards: each group goes on with some of every group."""

    def __init__(self, groups: int) -> None:
        """Keep the number of groups; one group stays as it is."""
        super().__init__()
        self.groups = groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Write the channels into rows, one for each group, and read them by columns."""
        x = x.unflatten(1, (self.groups, -1))  # (N, groups, C / groups, H, W)
        return x.transpose(1, 2).flatten(1, 2)  # (N, C, H, W)


class ConvSqueezeExcite(nn.Module):
    """Weigh each channel by a number that the means of all channels decide.

    The dense layers are 1x1 convolutions, and the two activations are the block's choice;
    `se_resnet.DenseSqueezeExcite` is the layer as its paper has it.

    See: Hu, Shen & Sun 2018, arXiv:1709.01507.
    """

    def __init__(self, c: int, squeezed: int, activation: nn.Module, gate: nn.Module) -> None:
        """Build mean -> dense -> activation -> dense -> gate."""
        super().__init__()
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),  # (N, c, 1, 1)
            nn.Conv2d(c, squeezed, 1),
            activation,
            nn.Conv2d(squeezed, c, 1),
            gate,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply each channel of x by its weight."""
        return x * self.weigh(x)


def multiplied(channels: int, width: float) -> int:
    """Multiply channels by width and round to a multiple of 8, by at most a tenth down.

    Raises:
        ValueError: if width is not above 0.
    See: `make_divisible` in the code published with MobileNet v2.
    """
    if not width > 0:
        raise ValueError(f"width must be above 0, got {width}")
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * wanted else rounded + 8

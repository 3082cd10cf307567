"""Five modules that the book never saw, each with something that a ledger may trip over."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


class Branches(nn.Module):
    """Three branches of different reach, one of them off centre, joined by a cat and a sum."""

    def __init__(self, c: int = 4) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, c, 3, stride=2)
        self.near = nn.Conv2d(c, c, 1)
        self.far = nn.Sequential(nn.Conv2d(c, c, 3, dilation=2, padding=2), nn.BatchNorm2d(c))
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.out = nn.Conv2d(2 * c, 5, 3, bias=False)

    def forward(self, x):
        x = F.relu(self.stem(x))
        shifted = F.pad(x, (3, -3, 0, 0))  # each cell sees what lies three to its left
        left = self.near(shifted) + self.pool(x)
        return self.out(torch.cat([left, self.far(x)], 1))


class Reuse(nn.Module):
    """One block called three times, and two layers that share their weight."""

    def __init__(self, c: int = 6) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, c, 3, padding=1)
        self.again = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.ReLU())
        self.up = nn.Linear(c, 10, bias=False)
        self.down = nn.Linear(10, c, bias=False)
        self.tied = nn.Linear(c, 10, bias=False)
        self.tied.weight = self.up.weight
        self.spare = nn.Linear(2, 2)  # never called

    def forward(self, x):
        x = self.first(x)
        for _ in range(3):
            x = x + self.again(x)
        x = x.mean((2, 3))
        return self.tied(self.down(self.up(x)))


class Several(nn.Module):
    """An image, a second one of half the size, a vector in a dict, and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.large = nn.Conv2d(3, 8, 5, stride=2, padding=2)
        self.small = nn.Conv2d(1, 8, 3, padding=1)
        self.gate = nn.Linear(7, 8)

    def forward(self, image, extra, scale=1.0):
        gate = torch.sigmoid(self.gate(extra["vector"]))[:, :, None, None]
        y = gate * (self.large(image) + self.small(extra["half"])) * scale
        scores = torch.einsum("nchw,nkhw->nck", y, y)
        return y, scores


class Functional(nn.Module):
    """Nothing but parameters and functions of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.k1 = nn.Parameter(torch.randn(8, 3, 3, 3))
        self.k2 = nn.Parameter(torch.randn(16, 4, 3, 3))
        self.w = nn.Parameter(torch.randn(16, 10))
        self.b = nn.Parameter(torch.zeros(10))

    def forward(self, x):
        x = F.max_pool2d(F.relu(F.conv2d(x, self.k1)), 2)
        centred = self.k2 - self.k2.mean((1, 2, 3), keepdim=True)
        x = F.conv2d(x, centred, groups=2, stride=2).relu_()
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return F.softmax(x @ self.w + self.b, -1)


class Odd(nn.Module):
    """A U: dilated, strided, transposed, a cropped shortcut; the output is a nest."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(1, 4, 3, stride=2, dilation=2)
        self.deep = nn.Conv1d(4, 4, 3, padding=1)
        self.up = nn.ConvTranspose2d(4, 4, 4, stride=2)
        self.heads = nn.ModuleDict({"mask": nn.Conv2d(5, 2, 1), "edge": nn.Conv2d(5, 1, 3)})
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        low = self.down(x)
        n, c, h, w = low.shape
        rows = low.permute(0, 2, 1, 3).reshape(n * h, c, w)
        rows = self.deep(rows).reshape(n, h, c, w).permute(0, 2, 1, 3)
        up = self.up(rows)
        dy, dx = ((a - b) // 2 for a, b in zip(x.shape[2:], up.shape[2:], strict=True))
        skip = x[:, :, dy : dy + up.shape[2], dx : dx + up.shape[3]]
        joint = torch.cat([up, skip], 1)
        return {"heads": [{k: head(joint) for k, head in self.heads.items()}], "low": (low, None)}


CASES = {  # class -> arguments of a call
    Branches: ((2, 3, 33, 37),),
    Reuse: ((2, 1, 15, 17),),
    Several: ((2, 3, 16, 20), {"half": torch.zeros(2, 1, 8, 10), "vector": torch.zeros(2, 7)}, 0.5),
    Functional: ((2, 3, 21, 25),),
    Odd: ((2, 1, 29, 33),),
}

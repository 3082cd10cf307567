"""Inception v4: the blocks of v3 made uniform, more of them, and a stem that branches too.

Only the tables are new; `chain` and `Block` are those of Inception v3.

See: Szegedy et al. 2017, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
Learning", arXiv:1602.07261, figures 3 to 9.
"""

from torch import nn

from cnnbook.models.checks import check
from cnnbook.models.inception_v3 import Step, Top, chain, draw_as_slim

STEM = (  # figure 3
    Step(32, 3, 2, False),  # (N, 32, 149, 149)
    Step(32, 3, 1, False),  # (N, 32, 147, 147)
    Step(64, 3),
    (("max",), (Step(96, 3, 2, False),)),  # (N, 160, 73, 73)
    (
        (Step(64), Step(96, 3, 1, False)),
        (Step(64), Step(64, (1, 7)), Step(64, (7, 1)), Step(96, 3, 1, False)),
    ),  # (N, 192, 71, 71)
    ((Step(192, 3, 2, False),), ("max",)),  # (N, 384, 35, 35)
)
BLOCK_A = (  # figure 4: 384 channels
    (Step(96),),
    (Step(64), Step(96, 3)),
    (Step(64), Step(96, 3), Step(96, 3)),
    ("average", Step(96)),
)
REDUCTION_A = (  # figure 7 with k, l, m, n = 192, 224, 256, 384
    (Step(384, 3, 2, False),),
    (Step(192), Step(224, 3), Step(256, 3, 2, False)),
    ("max",),
)
BLOCK_B = (  # figure 5: 1024 channels
    (Step(384),),
    (Step(192), Step(224, (1, 7)), Step(256, (7, 1))),
    (Step(192), Step(192, (7, 1)), Step(224, (1, 7)), Step(224, (7, 1)), Step(256, (1, 7))),
    ("average", Step(128)),
)
REDUCTION_B = (  # figure 8
    (Step(192), Step(192, 3, 2, False)),
    (Step(256), Step(256, (1, 7)), Step(320, (7, 1)), Step(320, 3, 2, False)),
    ("max",),
)
FORK = ((Step(256, (1, 3)),), (Step(256, (3, 1)),))
BLOCK_C = (  # figure 6: 1536 channels
    (Step(256),),
    (Step(384), FORK),
    (Step(384), Step(448, (3, 1)), Step(512, (1, 3)), FORK),
    ("average", Step(256)),
)
BODY = (  # figure 9
    *STEM,
    *(BLOCK_A,) * 4,
    REDUCTION_A,  # (N, 1024, 17, 17)
    *(BLOCK_B,) * 7,
    REDUCTION_B,  # (N, 1536, 8, 8)
    *(BLOCK_C,) * 3,
)


def inception_v4(channels: int = 3, classes: int = 1000, size: int = 299) -> nn.Module:
    """Build Inception v4.

    42,679,816 parameters, those of timm's inception_v4, a port of the authors' code. The code has
    an auxiliary head, too, which timm and this network leave out. `inception_v3_reduced` stands
    for this network as well: the two differ in widths, numbers of blocks and the stem.

    Args:
        channels: of the images.
        classes: that it tells apart.
        size: height and width of the images, at least 75.

    Returns:
        The network: (N, channels, size, size) -> (N, classes).

    Raises:
        ValueError: if a count is below 1 or the size too small.
    See: Szegedy et al. 2017, arXiv:1602.07261, section 3.1
    """
    check("inception_v4", channels, classes, size, 75)
    body, c = chain(channels, BODY)
    network = nn.Sequential(body, Top(c, classes, 0.2))
    draw_as_slim(network)
    return network

"""A function to write in chapter 29: blocks and parameters of a small ResNet of any depth."""

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.definitions import Code


def convolutions(
    n: int, bottleneck: bool, projects: Callable, reads: Callable
) -> list[tuple[int, int, int, bool]]:
    """List (c_in, c_out, kernel, whether on a shortcut) of every convolution in the stages."""
    found, c_in = [], 16
    for stage, width in enumerate((16, 32, 64)):
        c_out = 4 * width if bottleneck else width
        for block in range(n):
            first = reads(c_in, c_out, width)
            if bottleneck:
                found += [(first, width, 1, False), (width, width, 3, False)]
                found.append((width, c_out, 1, False))
            else:
                found += [(first, c_out, 3, False), (c_out, c_out, 3, False)]
            if projects(bottleneck, stage, block, c_in != c_out):
                found.append((c_in, c_out, 1, True))
            c_in = c_out
    return found


def counting(
    blocks: Callable = lambda layers, bottleneck: layers // (9 if bottleneck else 6),
    norm: int = 2,
    bias: int = 0,
    stem: tuple[int, int] = (1, 1),
    projection: tuple[int, int] = (1, 1),
    dense: Callable = lambda features: 10 * features + 10,
    projects: Callable = lambda bottleneck, stage, block, changes: bottleneck and changes,
    reads: Callable = lambda c_in, c_out, width: c_in,
) -> Callable:
    """Return a function that counts; each slip is one argument away from the right one."""

    def counted(depth: int, bottleneck: bool) -> np.ndarray:
        n = blocks(depth - 2, bottleneck)
        parameters = stem[0] * 3 * 16 * 3 * 3 + stem[1] * (norm + bias) * 16
        for c_in, c_out, k, on_shortcut in convolutions(n, bottleneck, projects, reads):
            weights, norms = projection if on_shortcut else (1, 1)
            parameters += weights * c_in * c_out * k * k + norms * (norm + bias) * c_out
        return np.array([n, parameters + dense(256 if bottleneck else 64)], float)

    return counted


RIGHT = counting()
DEPTHS = [
    Code(
        id="29-depths",
        title="A depth that is not in the table",
        text="ResNets for small images have three stages of n blocks each. Find n and the number "
        "of parameters from the depth, which counts the stem, the convolutions of the branches "
        "and the dense layer. The stem is a 3x3 convolution from 3 to 16 channels. With basic "
        "blocks the stages have 16, 32 and 64 channels, and shortcuts are option A. With "
        "bottlenecks those are the channels inside, a block gives four times as many, and where "
        "the channels change there is a projection. Each convolution has a batch norm and no "
        "bias; the dense layer has biases and gives 10 classes.",
        name="blocks_and_parameters",
        stub="def blocks_and_parameters(depth, bottleneck):\n    # 20, False -> [3, 269722]\n    "
        "...",
        cases={
            "20 layers, basic blocks": {"depth": 20, "bottleneck": False},
            "20 layers, bottlenecks": {"depth": 20, "bottleneck": True},
            "56 layers, basic blocks": {"depth": 56, "bottleneck": False},
            "56 layers, bottlenecks": {"depth": 56, "bottleneck": True},
        },
        answer=RIGHT,
        misconceptions={
            "n counts the blocks of all three stages. It is that of one.": (
                counting(blocks=lambda layers, bottleneck: layers // (3 if bottleneck else 2))
            ),
            "a bottleneck is counted as two layers. It has three convolutions.": (
                counting(blocks=lambda layers, bottleneck: layers // 6)
            ),
            "a basic block is counted as three layers. It has two convolutions.": (
                counting(blocks=lambda layers, bottleneck: layers // 9)
            ),
            "the batch norms are missing.": counting(norm=0),
            "a batch norm learns two numbers for each channel, not one.": counting(norm=1),
            "running means and variances are counted too. They are kept, not learnt.": (
                counting(norm=4)
            ),
            "the convolutions have biases. Here they have none.": counting(bias=1),
            "the stem's parameters are missing.": counting(stem=(0, 0)),
            "your stem has no batch norm. One follows each convolution.": counting(stem=(1, 0)),
            "your projections have no batch norm. One follows each convolution.": (
                counting(projection=(1, 0))
            ),
            "the dense layer's biases are missing.": counting(dense=lambda n: 10 * n),
            "the dense layer's parameters are missing.": counting(dense=lambda n: 0),
            "the dense layer reads 64 numbers. Behind bottlenecks there are four times as many.": (
                counting(dense=lambda n: 650)
            ),
            "the basic blocks project. Option A has no weights.": (
                counting(projects=lambda bottleneck, stage, block, changes: changes)
            ),
            "no bottleneck has a projection.": (
                counting(projects=lambda bottleneck, stage, block, changes: False)
            ),
            "the first stage has no projection. With bottlenecks it takes 16 channels and gives "
            "64.": counting(
                projects=lambda bottleneck, stage, block, changes: (
                    bottleneck and changes and stage > 0
                )
            ),
            "every bottleneck has a projection. Only where the channels change there is one.": (
                counting(projects=lambda bottleneck, stage, block, changes: bottleneck)
            ),
            "the first block of a stage reads as many channels as the others. It reads those of "
            "the stage before.": counting(reads=lambda c_in, c_out, width: c_out),
            "a bottleneck reads its narrow channels. It reads what the block before it gave.": (
                counting(reads=lambda c_in, c_out, width: width if c_out > width else c_in)
            ),
            "the two numbers are swapped.": lambda depth, bottleneck: RIGHT(depth, bottleneck)[
                ::-1
            ],
        },
        hints=[
            "Without the stem and the dense layer, depth − 2 convolutions are left for three "
            "stages. How many has a block?",
            "Keep `c_in`, the channels that arrive, in a variable: 16 at first, and `c_out` after "
            "each block. A convolution of k x k has `c_in * c_out * k * k` weights, and 2 c_out "
            "for its batch norm.",
            "Two loops: `for width in (16, 32, 64)`, and in it `for _ in range(n)`. Inside, list "
            "the convolutions of one block as (c_in, c_out, k), and with bottlenecks "
            "(c_in, c_out, 1) once more if `c_in != c_out`.",
        ],
        solution="The folded cell below holds a solution.",
        why="The slip that lasts longest is in the first stage. Basic blocks find 16 channels "
        "there and give 16. Bottlenecks find 16 and give 64: they need a projection, though "
        "nothing is halved.",
    ),
]

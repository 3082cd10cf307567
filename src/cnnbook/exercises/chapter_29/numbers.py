"""Numbers of chapter 29: parameters of a stage, weights that a bottleneck saves, paths."""

from math import comb, perm, prod

from cnnbook.exercises.drawn import Number


def counted(n: int, c_in: int, c_out: int) -> dict:
    """Return a variant: a stage of basic blocks, and what its parts learn."""
    norms = 2 * n + 1
    parts = {"first": 9 * c_in * c_out, "each": 9 * c_out**2, "projection": c_in * c_out}
    steps = {"rest": 2 * n - 1, "later": (2 * n - 1) * parts["each"]}
    values = {"n": n, "c_in": c_in, "c_out": c_out, **parts, **steps}
    return values | {"norms": norms, "scales": norms * 2 * c_out}


def stage(first: int, later: int, projection: int, scales: int, **_: int) -> int:
    """Add up the parameters of a stage."""
    return first + later + projection + scales


def narrowed(c: int, narrowing: int) -> dict:
    """Return a variant: both blocks on c channels, and the weights of their convolutions."""
    width = c // narrowing
    parts = {"basic": 2 * 9 * c * c, "outer": c * width, "middle": 9 * width * width}
    parts["narrow"] = 2 * parts["middle"]
    total = 2 * parts["outer"] + parts["middle"]
    return {"c": c, "narrowing": narrowing, "width": width, **parts, "bottleneck": total}


def deleted(k: int, gone: int, m: int) -> dict:
    """Return a variant: k blocks less those gone, and the fraction that counts the paths."""
    left = k - gone
    factors = range(left, left - m, -1), range(1, m + 1)
    above, below = (" x ".join(map(str, numbers)) for numbers in factors)
    steps = {"left": left, "above": above, "below": below, "orders": prod(factors[1])}
    return {"k": k, "gone": gone, "m": m, **steps}


NUMBERS = [
    Number(
        id="29-count-stage",
        title="A stage, counted by hand",
        text="A stage of {n} basic blocks takes {c_in} channels and gives {c_out}. Its first block "
        "halves height and width, and has a projection for its shortcut. No convolution has a "
        "bias, and a batch norm follows each, the projection included. How many parameters does "
        "the stage learn?",
        unit="parameters",
        variants=[
            counted(2, 16, 32),
            counted(3, 8, 16),
            counted(4, 10, 20),
            counted(2, 24, 30),
            counted(5, 6, 12),
            counted(3, 20, 40),
        ],
        answer=stage,
        slips={
            "The projection is missing, and the batch norm behind it.": (
                lambda c_out, projection, **v: stage(projection=0, **v) - 2 * c_out
            ),
            "The batch norm behind the projection is missing.": (
                lambda c_out, **v: stage(**v) - 2 * c_out
            ),
            "The batch norms are missing. There are {norms}, one behind each convolution.": (
                lambda **v: stage(**v | {"scales": 0})
            ),
            "A batch norm has two parameters for each channel, a weight and a bias.": (
                lambda scales, **v: stage(scales=scales // 2, **v)
            ),
            "You counted the running means and variances as well. They are kept, not learnt.": (
                lambda scales, **v: stage(scales=scales * 2, **v)
            ),
            "You gave the convolutions biases as well. The batch norm behind each would take "
            "them away again; they have none.": (
                lambda scales, **v: stage(scales=scales * 3 // 2, **v)
            ),
            "The very first convolution reads {c_in} channels, not {c_out}.": (
                lambda each, **v: stage(**v | {"first": each})
            ),
            "Only the first block reads {c_in} channels. The others read what a block gives: "
            "{c_out}.": lambda n, first, each, **v: stage(
                **v | {"first": n * first, "later": n * each}
            ),
            "Only the first block has a projection. In the others x and F(x) have one shape, "
            "and the shortcut has nothing to learn.": lambda n, c_out, projection, scales, **v: (
                stage(projection=n * projection, scales=scales + (n - 1) * 2 * c_out, **v)
            ),
            "The projection is a 1x1 convolution: one weight for each pair of channels, not "
            "nine.": lambda first, **v: stage(**v | {"first": first, "projection": first}),
            "A basic block has two convolutions. You counted one for each block.": (
                lambda n, c_out, each, **v: stage(
                    **v | {"later": (n - 1) * each, "scales": (n + 1) * 2 * c_out}
                )
            ),
        },
        hints=[
            "{n} blocks have 2 x {n} convolutions of 3x3. One of them reads {c_in} channels, the "
            "other {rest} read {c_out}. The projection is a convolution of 1x1.",
            "The first convolution has 9 x {c_in} x {c_out} weights, each other one 9 x {c_out} x "
            "{c_out}, the projection {c_in} x {c_out}.",
            "With the projection's there are {norms} batch norms, each with 2 x {c_out} "
            "parameters.",
        ],
        solution="The first convolution: 9 x {c_in} x {c_out} = {first}. The other {rest}: "
        "{rest} x 9 x {c_out} x {c_out} = {later}. The projection: {c_in} x {c_out} = "
        "{projection}. The batch norms: {norms} x 2 x {c_out} = {scales}. Together {answer}.",
        why="Two parts are easily lost, because the picture of a block does not show them: the "
        "projection, which only a first block has, and its batch norm. A ledger that disagrees "
        "with the hand by just 2 x {c_out} points at the second.",
    ),
    Number(
        id="29-bottleneck",
        title="What a bottleneck saves",
        text="A basic block on {c} channels is replaced by a bottleneck that reads and gives {c} "
        "channels and has {c} / {narrowing} in between. How many fewer weights do its "
        "convolutions have? Leave the batch norms out; the shortcuts are identities.",
        unit="weights",
        variants=[
            narrowed(64, 4),
            narrowed(48, 3),
            narrowed(80, 5),
            narrowed(96, 4),
            narrowed(100, 4),
            narrowed(72, 6),
        ],
        answer=lambda basic, bottleneck, **_: basic - bottleneck,
        slips={
            "That is what the bottleneck has. Take it off what the basic block has.": (
                lambda bottleneck, **_: bottleneck
            ),
            "The difference is right, its sign is not: how many less was asked.": (
                lambda basic, bottleneck, **_: bottleneck - basic
            ),
            "That is what the basic block has. The bottleneck still has some.": (
                lambda basic, **_: basic
            ),
            "Your 3x3 convolution in the bottleneck reads and gives {c} channels. That is what "
            "the first 1x1 is there to prevent.": (
                lambda basic, outer, c, **_: basic - 2 * outer - 9 * c * c
            ),
            "Your 3x3 convolution gives {c} channels. The last 1x1 does that, the 3x3 reads and "
            "gives {width}.": (lambda basic, outer, **_: basic - 2 * outer - 9 * outer),
            "Your bottleneck has one 1x1 convolution. It has two, one before the 3x3 and one "
            "behind.": lambda basic, outer, middle, **_: basic - outer - middle,
            "Your bottleneck has only the two 1x1 convolutions. The 3x3 between them is missing.": (
                lambda basic, outer, **_: basic - 2 * outer
            ),
            "You counted nine weights for each pair of channels in the outer convolutions too. "
            "They are 1x1.": lambda basic, outer, middle, **_: basic - 18 * outer - middle,
            "The middle convolution is 3x3: nine weights for each pair of channels, not one.": (
                lambda basic, outer, width, **_: basic - 2 * outer - width**2
            ),
            "A basic block has two convolutions of 3x3. You counted one.": (
                lambda basic, bottleneck, **_: basic // 2 - bottleneck
            ),
            "You put {narrowing} channels in between. {narrowing} is what {c} is divided by.": (
                lambda basic, c, narrowing, **_: basic - 2 * c * narrowing - 9 * narrowing**2
            ),
        },
        hints=[
            "The basic block: two convolutions of 3x3, both from {c} to {c} channels.",
            "The bottleneck: 1x1 from {c} to {width}, 3x3 from {width} to {width}, 1x1 from "
            "{width} to {c}.",
        ],
        solution="The basic block has 2 x 9 x {c} x {c} = {basic}. The bottleneck has {c} x "
        "{width} = {outer}, 9 x {width} x {width} = {middle} and {width} x {c} = {outer}, "
        "together {bottleneck}. The difference: {answer}.",
        why="The saving is there because both kinds of layer are cut down: the 3x3 reads few "
        "channels, and what reads many channels sees no neighbours. It is a saving against a basic "
        "block on as many channels. One on {width} channels would have 2 x 9 x {width} x {width} = "
        "{narrow} weights, not far from the bottleneck's {bottleneck}.",
    ),
    Number(
        id="29-paths",
        title="Paths that are left",
        text="A residual network has {k} blocks, one behind the other. A path from the input to "
        "the output either goes through a block or takes the shortcut around it. Now {gone} of the "
        "blocks are deleted; their shortcuts stay. How many of the paths that are left go "
        "through exactly {m} blocks?",
        unit="paths",
        variants=[
            deleted(9, 2, 3),
            deleted(8, 2, 4),
            deleted(10, 2, 3),
            deleted(12, 3, 4),
            deleted(10, 3, 2),
            deleted(11, 3, 5),
        ],
        answer=lambda left, m, **_: comb(left, m),
        slips={
            "That is before any block was deleted.": lambda k, m, **_: comb(k, m),
            "Those are all the paths left, whatever the number of blocks they pass.": (
                lambda left, **_: 2**left
            ),
            "Those are the paths that are lost, whatever the number of blocks they pass.": (
                lambda k, left, **_: 2**k - 2**left
            ),
            "Those are the paths with {m} blocks that are lost.": (
                lambda k, left, m, **_: comb(k, m) - comb(left, m)
            ),
            "That counts each path {orders} times, once for each order of its blocks. A path "
            "passes them in the order in which they stand.": lambda left, m, **_: perm(left, m),
            "That lets a path pass a block more than once.": lambda left, m, **_: left**m,
            "Those are the paths that pass {m} blocks or fewer.": (
                lambda left, m, **_: sum(comb(left, i) for i in range(m + 1))
            ),
            "Those are the paths that take the shortcut everywhere but in one block.": (
                lambda left, **_: left
            ),
        },
        hints=[
            "A path that would pass a deleted block is gone. {left} blocks are left to choose "
            "from.",
            "A path is the choice of the {m} blocks that it passes, out of {left}. Choosing one "
            "after the other gives {above} ways; how often does that count each path?",
        ],
        solution="{left} blocks are left, and {m} of them are chosen: {above} / ({below}) = "
        "{answer}.",
        why="The usual slip is to think that a network with a block deleted is broken in two. "
        "Each deletion takes only the paths through that block, half of those there were. The "
        "paths through {m} of the other blocks are all still there.",
    ),
]

"""Two spirals, one inside the other: points that no straight line parts."""

import numpy as np

from cnnbook.data.dataset import Dataset
from cnnbook.shapes.checks import whole


def spirals(
    seed: int = 0, train: int = 200, test: int = 200, noise: float = 0.02, turns: float = 1.5
) -> Dataset:
    r"""Draw points along two arms; the second is the first after half a turn.

    r = t,  angle = 2π turns t + π class,  t uniform in [0.1, 1]

    Args:
        seed: draws where on its arm a point lies, and how far it is off.
        train: points on each arm to train with.
        test: points on each arm to test with.
        noise: standard deviation of what is added to each coordinate.
        turns: how often an arm winds about the centre.

    Returns:
        Points (N, 2), x then y, within about 1 of the origin, in random order.

    Raises:
        ValueError: if a count is below 1, or noise or turns is negative.
    See: Lang & Witbrock 1988, Learning to tell two spirals apart.
    """
    if noise < 0 or turns < 0:
        raise ValueError(f"noise and turns must not be negative, got {noise} and {turns}")
    rng = np.random.default_rng(seed)
    parts = []
    for count in (whole(train, "train", 1), whole(test, "test", 1)):
        y = rng.permutation(np.repeat([0, 1], count))
        t = rng.uniform(0.1, 1, len(y))  # not from 0: there the arms meet
        angle = np.pi * (2 * turns * t + y)
        x = t[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)  # (N, 2)
        x += noise * rng.normal(size=x.shape)
        parts += [x.astype(np.float32), y]
    return Dataset("spirals", *parts, ("first arm", "second arm"), "none needed: drawn here")

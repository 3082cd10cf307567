"""Fits to noisy samples of a curve: draws, families, least squares, bias and variance.

The page repeats every line of it in `fit_numbers.js` and `least_squares.js`, on the same random
numbers, which a formula makes from the number of a stream; tests hold the two equal.
"""

from dataclasses import dataclass

import numpy as np

CURVES = {
    "wave": lambda x: np.sin(1.5 * np.pi * x),
    "line": lambda x: 0.8 * x,
    "step": lambda x: 0.8 * np.sign(x),
}
MOST_DEGREE, MOST_WIDTH, MOST_SAMPLES = 15, 60, 200
CAPACITIES = {
    "polynomial": tuple(range(MOST_DEGREE + 1)),
    "relu": (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 17, 20, 25, 30, 40, 50, 60),
}
REFITS, VALIDATION = 100, 200
STREAMS = {"validation": 10_000, "refit": 20_000, "relu": 30_000}  # below: the seeds of draws
GRID = -1 + (np.arange(100) + 0.5) / 50  # (100,) where refits are compared


@dataclass(frozen=True)
class Setting:
    """What is fitted, to how many samples of which curve."""

    curve: str
    family: str
    capacity: int  # degree or width
    samples: int
    noise: float
    ridge: float


@dataclass(frozen=True)
class Measure:
    """Mean squared errors of a setting; expected = bias2 + variance + noise2.

    `train` and `validation` belong to one fit, the others to `REFITS` fits to other draws. What
    chance adds to the squared distance of their mean from the truth, variance / `REFITS`, is
    taken off: bias2 estimates without bias, and can be below 0.
    """

    coefficients: int
    train: float
    validation: float
    bias2: float
    variance: float
    noise2: float
    expected: float

    @property
    def chance(self) -> float:
        """Return variance / `REFITS`: a bias2 that is not larger says nothing."""
        return self.variance / REFITS


def uniform(stream: int, count: int) -> np.ndarray:
    """Return numbers from 0 to 1, always the same ones for a stream.

    See: Tommy Ettinger 2017, mulberry32 (public domain).
    """
    mixed = np.uint32((stream + 1) * 0x9E3779B1 & 0xFFFFFFFF)
    state = mixed + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
    t = (state ^ (state >> np.uint32(15))) * (state | np.uint32(1))
    t ^= t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))
    return (t ^ (t >> np.uint32(14))) / 2.0**32


def draw(stream: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one x in each of equally wide slots of [-1, 1], and a standard normal number each."""
    u = uniform(stream, 3 * samples).reshape(samples, 3)
    x = -1 + 2 * (np.arange(samples) + u[:, 0]) / samples
    return x, np.sqrt(-2 * np.log(1 - u[:, 1])) * np.cos(2 * np.pi * u[:, 2])


def sample(curve: str, stream: int, samples: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y = curve(x) + noise times a standard normal number; (samples,) each."""
    x, z = draw(stream, samples)
    return x, CURVES[curve](x) + noise * z


def features(family: str, capacity: int, x: np.ndarray) -> np.ndarray:
    r"""Return the columns that a family weighs; (samples, capacity + 1).

    polynomial: sqrt(2k + 1) P_k(x), k = 0 … capacity; relu: 1 and max(0, ±(x − kink))
    """
    if family == "polynomial":
        return np.polynomial.legendre.legvander(x, capacity) * np.sqrt(
            2 * np.arange(capacity + 1) + 1
        )
    u = uniform(STREAMS["relu"], 2 * MOST_WIDTH).reshape(MOST_WIDTH, 2)[:capacity]
    sign, kink = np.where(u[:, 0] < 0.5, -1.0, 1.0), 2 * u[:, 1] - 1
    hidden = np.maximum(0, sign * (x[:, None] - kink))  # (samples, capacity)
    return np.concatenate([np.ones((len(x), 1)), hidden], axis=1)


def solve(columns: np.ndarray, y: np.ndarray, ridge: float) -> np.ndarray:
    r"""Minimise mean (y − columns c)² + ridge Σ c²; of several c the shortest. (coefficients,)."""
    if ridge:
        extra = np.sqrt(len(y) * ridge) * np.eye(columns.shape[1])
        columns, y = np.concatenate([columns, extra]), np.concatenate([y, np.zeros(len(extra))])
    return np.linalg.lstsq(columns, y, rcond=None)[0]


def refits(setting: Setting) -> np.ndarray:
    """Fit the setting to `REFITS` other draws; (REFITS, 100) values on `GRID`."""
    columns = features(setting.family, setting.capacity, GRID)
    values = []
    for number in range(REFITS):
        stream = STREAMS["refit"] + number
        x, y = sample(setting.curve, stream, setting.samples, setting.noise)
        values.append(columns @ solve(_columns(setting, x), y, setting.ridge))
    return np.array(values)


def measure(setting: Setting, x: np.ndarray, y: np.ndarray) -> Measure:
    """Fit the setting to samples and to `REFITS` other draws, and measure the errors."""
    best = solve(_columns(setting, x), y, setting.ridge)
    new_x, new_y = sample(setting.curve, STREAMS["validation"], VALIDATION, setting.noise)
    values, truth = refits(setting), CURVES[setting.curve](GRID)
    noise2 = setting.noise**2
    variance = float(np.mean(values.var(0, ddof=1)))
    return Measure(
        coefficients=len(best),
        train=float(np.mean((y - _columns(setting, x) @ best) ** 2)),
        validation=float(np.mean((new_y - _columns(setting, new_x) @ best) ** 2)),
        bias2=float(np.mean((values.mean(0) - truth) ** 2)) - variance / REFITS,
        variance=variance,
        noise2=noise2,
        expected=float(np.mean((values - truth) ** 2)) + noise2,
    )


def _columns(setting: Setting, x: np.ndarray) -> np.ndarray:
    return features(setting.family, setting.capacity, x)

"""What each small network of the book learns in the same number of steps, and in what time.

Those that name an image learn Fashion-MNIST, those that label its pixels learn drawn shapes. All
have the same steps, batch and course of the learning rate, whose top is that of Adam in
`training.budget`, but for those in `RATES` and `DESCENT`.
"""

import sys
import time
from collections.abc import Callable, Iterable

import torch
from torch import nn

from cnnbook import data
from cnnbook.data import Dataset
from cnnbook.models.catalogue import REDUCED
from cnnbook.training import SGD, STEPS_SCRIPT, build, standardise, train
from cnnbook.training.budget import RATE, one_cycle

BATCH, SEEDS = 64, range(3)
IMAGES, PIXELS = "fashion-mnist", "shapes"
LABEL_PIXELS = ("unet_reduced", "fcn_reduced")
# Top of the learning rate, where it is not RATE. The two that label pixels have no normalisation,
# and most pixels are background: in 300 steps from seed 0, on held-out training images, descent
# with momentum left U-Net at naming that; FCN left it at 0.5 alone, and diverged at 1.
RATES = {"unet_reduced": 0.01}
DESCENT = {"fcn_reduced": 0.5}  # those that learn by descent with momentum

Builder = Callable[..., nn.Module]


def load() -> dict[str, Dataset]:
    """Load both data sets, standardised; the shapes are drawn as small as the other images."""
    parts = {IMAGES: data.load(IMAGES), PIXELS: data.shapes(train=2000, test=500, size=28)}
    return {name: standardise(part) for name, part in parts.items()}


def top(builder: Builder) -> float:
    """Return the top of the learning rate of a network."""
    return DESCENT.get(builder.__name__, RATES.get(builder.__name__, RATE))


def run(builder: Builder, dataset: Dataset, seed: int, steps: int) -> tuple[float, float]:
    """Train a network from a seed; return its accuracy on the test images and the seconds."""
    channels, size = dataset.x_train.shape[1:3]
    network = build(lambda: builder(channels, len(dataset.classes), size), seed)
    optimiser = SGD if builder.__name__ in DESCENT else torch.optim.Adam
    rate = one_cycle(steps, top(builder))
    start = time.perf_counter()
    history = train(
        network, dataset, steps, BATCH, rate, optimiser=optimiser, seed=seed, progress=False
    )
    return history.test_accuracy, time.perf_counter() - start


def study(
    builders: Iterable[Builder] = REDUCED,
    seeds: Iterable[int] = SEEDS,
    steps: int = STEPS_SCRIPT,
    datasets: dict[str, Dataset] | None = None,
) -> dict:
    """Train every small network from every seed, and say so on standard error.

    Returns:
        The settings, what always naming the most frequent class would reach, and for each network
        its parameters, data, rate, and for each seed the share of test images (of their pixels)
        that it labels rightly, seconds (with the test at the end) and milliseconds for a step.
    """
    seeds, datasets = list(seeds), datasets or load()
    networks = {}
    for builder in builders:
        name = builder.__name__
        chosen = PIXELS if name in LABEL_PIXELS else IMAGES
        runs = [run(builder, datasets[chosen], seed, steps) for seed in seeds]
        channels, size = datasets[chosen].x_train.shape[1:3]
        network = builder(channels, len(datasets[chosen].classes), size)
        networks[name] = {
            "parameters": sum(p.numel() for p in network.parameters()),
            "data": chosen,
            "optimiser": "SGD" if name in DESCENT else "Adam",
            "rate": top(builder),
            "accuracy": [round(accuracy, 4) for accuracy, _ in runs],
            "seconds": [round(seconds, 1) for _, seconds in runs],
            "ms_per_step": [round(1000 * seconds / steps, 1) for _, seconds in runs],
        }
        print(name, networks[name]["accuracy"], networks[name]["seconds"], file=sys.stderr)
    return {
        "settings": {"steps": steps, "batch": BATCH, "seeds": seeds},
        "chance": {name: round(most_frequent(part), 4) for name, part in datasets.items()},
        "networks": networks,
    }


def most_frequent(dataset: Dataset) -> float:
    """Return the share of the test labels that are the most frequent one."""
    return max(float((dataset.y_test == label).mean()) for label in range(len(dataset.classes)))

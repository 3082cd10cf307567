"""What each small network of the book learns in the same number of steps, and in what time.

Those that name an image learn Fashion-MNIST, those that label its pixels learn drawn shapes. All
have the same steps, batch and course of the learning rate, whose top is that of Adam in
`training.budget`, but for those in `RATES` and `DESCENT`.
"""

import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from itertools import product
from multiprocessing import get_context

import numpy as np
import torch
from torch import nn

from cnnbook import data
from cnnbook.data import Dataset
from cnnbook.models.catalogue import REDUCED
from cnnbook.reference import jaccard
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


@lru_cache(1)
def load() -> dict[str, Dataset]:
    """Load both data sets, standardised; the shapes are drawn as small as the other images."""
    parts = {IMAGES: data.load(IMAGES), PIXELS: data.shapes(train=2000, test=500, size=28)}
    return {name: standardise(part) for name, part in parts.items()}


def top(builder: Builder) -> float:
    """Return the top of the learning rate of a network."""
    return DESCENT.get(builder.__name__, RATES.get(builder.__name__, RATE))


def run(
    job: tuple[Builder, int], steps: int, datasets: dict[str, Dataset] | None = None
) -> dict[str, float]:
    """Train a network from a seed; return what a row of the result has for each seed."""
    builder, seed = job
    name = builder.__name__
    dataset = (datasets or load())[PIXELS if name in LABEL_PIXELS else IMAGES]
    network = build(lambda: builder(**sides(dataset)), seed)
    optimiser = SGD if name in DESCENT else torch.optim.Adam
    rate = one_cycle(steps, top(builder))
    # the processor's time, because two runs share the machine; with one thread a clock on the
    # wall of an idle machine shows the same
    start = time.process_time()
    history = train(
        network, dataset, steps, BATCH, rate, optimiser=optimiser, seed=seed, progress=False
    )
    seconds = time.process_time() - start
    print(f"{name} {seed} {history.test_accuracy:.4f} {seconds:.0f} s", file=sys.stderr, flush=True)
    scores = {
        "accuracy": round(history.test_accuracy, 4),
        "seconds": round(seconds, 1),
        "ms_per_step": round(1000 * seconds / steps, 1),
    }
    if name in LABEL_PIXELS:
        scores["iou"] = round(mean_iou(network, dataset), 4)
    return scores


def sides(dataset: Dataset) -> dict[str, int]:
    """Return what a builder has to know of the images."""
    channels, size = dataset.x_train.shape[1:3]
    return {"channels": channels, "classes": len(dataset.classes), "size": size}


def mean_iou(network: nn.Module, dataset: Dataset) -> float:
    """Average the overlap of the labelled and the true pixels over the classes."""
    x, truth = torch.as_tensor(dataset.x_test, dtype=torch.float32), np.asarray(dataset.y_test)
    with torch.no_grad():
        named = network(x).argmax(1).numpy()  # (N, H, W)
    classes = range(len(dataset.classes))
    return float(np.mean([jaccard(truth == label, named == label) for label in classes]))


def study(
    builders: Iterable[Builder] = REDUCED,
    seeds: Iterable[int] = SEEDS,
    steps: int = STEPS_SCRIPT,
    datasets: dict[str, Dataset] | None = None,
    workers: int = 1,
) -> dict:
    """Train every small network from every seed, and say so on standard error.

    Args:
        builders: of the networks.
        seeds: one run for each.
        steps: of each run.
        datasets: in place of those of `load`; only with one worker.
        workers: processes, each with one thread.

    Returns:
        The settings; of each data set the channels, classes and size, and what always naming the
        most frequent class would reach; and for each network its parameters, data, rate, and for
        each seed the share of test images (of their pixels) that it labels rightly, seconds (with
        the test at the end), milliseconds for a step, and of those that label pixels the mean IoU.
    """
    builders, seeds = list(builders), list(seeds)
    jobs = list(product(builders, seeds))
    if workers == 1:
        runs = [run(job, steps, datasets) for job in jobs]
    else:
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, context, torch.set_num_threads, (1,)) as pool:
            runs = list(pool.map(partial(run, steps=steps), jobs))
    datasets = datasets or load()
    networks = {}
    for i, builder in enumerate(builders):
        name = builder.__name__
        chosen = PIXELS if name in LABEL_PIXELS else IMAGES
        network = builder(**sides(datasets[chosen]))
        own = runs[i * len(seeds) : (i + 1) * len(seeds)]
        networks[name] = {
            "parameters": sum(p.numel() for p in network.parameters()),
            "data": chosen,
            "optimiser": "SGD" if name in DESCENT else "Adam",
            "rate": top(builder),
            **{key: [scores[key] for scores in own] for key in own[0]},
        }
    return {
        "settings": {"steps": steps, "batch": BATCH, "seeds": seeds},
        "sides": {name: sides(part) for name, part in datasets.items()},
        "chance": {name: round(most_frequent(part), 4) for name, part in datasets.items()},
        "networks": networks,
    }


def most_frequent(dataset: Dataset) -> float:
    """Return the share of the test labels that are the most frequent one."""
    return max(float((dataset.y_test == label).mean()) for label in range(len(dataset.classes)))

"""One small training loop, and what it needs to be trusted: seeds, curves, repeats, checkpoints."""

from cnnbook.training.augment import affine, crop, cutout, flip, mixed, mixup, noise
from cnnbook.training.batches import standardise
from cnnbook.training.budget import RATE, STEPS_LIVE, STEPS_SCRIPT, one_cycle
from cnnbook.training.history import History
from cnnbook.training.loop import train
from cnnbook.training.measure import accuracy, cross_entropy, evaluate
from cnnbook.training.optimiser import SGD
from cnnbook.training.randomness import build
from cnnbook.training.repeats import Repeats, repeat
from cnnbook.training.run import DivergedError

__all__ = [
    "RATE",
    "SGD",
    "STEPS_LIVE",
    "STEPS_SCRIPT",
    "DivergedError",
    "History",
    "Repeats",
    "accuracy",
    "affine",
    "build",
    "crop",
    "cross_entropy",
    "cutout",
    "evaluate",
    "flip",
    "mixed",
    "mixup",
    "noise",
    "one_cycle",
    "repeat",
    "standardise",
    "train",
]

"""Train a network from a terminal: `python -m cnnbook.training resnet20 --data fashion-mnist`.

On several processes or GPUs: `torchrun --standalone --nproc-per-node 2 -m cnnbook.training ...`.
"""

import argparse
import sys
from pathlib import Path

import torch

from cnnbook import data
from cnnbook.training import names
from cnnbook.training.batches import standardise
from cnnbook.training.budget import RATE, STEPS_SCRIPT, one_cycle
from cnnbook.training.distributed import processes, rank
from cnnbook.training.loop import train
from cnnbook.training.optimiser import SGD
from cnnbook.training.randomness import build


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    known = argparse.ArgumentParser(
        prog="python -m cnnbook.training",
        description="Train a network of the book, or your own (module:function, called with "
        "channels, classes and size). The images are standardised first.",
        epilog=f"Networks: {', '.join(names.builders())}. Data sets: {', '.join(data.LOADERS)}.",
    )
    add = known.add_argument
    add("network")
    add("--data", required=True, metavar="NAME", help="data set")
    add("--steps", type=int, default=STEPS_SCRIPT, help="updates (%(default)s)")
    add("--batch", type=int, default=64, help="images for each, over all processes (%(default)s)")
    add("--lr", type=float, default=RATE, help="top of the learning rate (%(default)s)")
    add("--sgd", action="store_true", help="descend by SGD with momentum 0.9 instead of Adam")
    add("--constant", action="store_true", help="keep the rate there; otherwise it rises and falls")
    add("--seed", type=int, default=0)
    add("--augment", metavar="NAMES", help="flip,crop,affine,noise,cutout,mixup, or mixed")
    add("--validation", type=int, default=0, help="training images held out to validate with")
    add("--patience", type=int, help="validations without improvement after which to stop")
    add("--every", type=int, default=50, help="steps between validations or checkpoints")
    add("--checkpoint", type=Path, help="file to keep the run in, and to go on from")
    add("--history", type=Path, help="file to write the curves to, as JSON")
    add("--quiet", action="store_true", help="print the result alone")
    return known


def main(arguments: list[str] | None = None) -> None:
    """Train what the command line asks for, and print the accuracy on the test images."""
    asked = parser().parse_args(arguments)
    with processes() as device:
        try:
            run(asked, device)
        except (ValueError, FloatingPointError) as error:
            sys.exit(f"python -m cnnbook.training: {error}")


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Train, print and write."""
    make, dataset = names.builder(asked.network), standardise(names.dataset(asked.data))
    channels, size, classes = *dataset.x_train.shape[1:3], len(dataset.classes)
    model = build(lambda: make(channels=channels, classes=classes, size=size), asked.seed)
    history = train(
        model.to(device),
        dataset,
        asked.steps,
        asked.batch,
        asked.lr if asked.constant else one_cycle(asked.steps, asked.lr),
        optimiser=SGD if asked.sgd else torch.optim.Adam,
        seed=asked.seed,
        augment=asked.augment and names.change(asked.augment, classes),
        validation=asked.validation,
        every=asked.every,
        patience=asked.patience,
        checkpoint=asked.checkpoint,
        progress=not asked.quiet,
    )
    if rank() == 0:
        if asked.history:
            asked.history.write_text(history.to_json() + "\n", encoding="utf-8")
        print(
            f"{asked.network} on {asked.data}: {100 * history.test_accuracy:.2f} % of the test "
            f"images right after {len(history.loss)} steps (seed {asked.seed})"
        )


if __name__ == "__main__":
    main()

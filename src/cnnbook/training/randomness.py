"""Everything drawn in a step comes from the seed and the number of the step, and from nothing else.

So a run can go on from any step as if it had never stopped, two runs see the same batches whether
or not they augment them, and the reader's own random numbers are left as they were.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from cnnbook.shapes.checks import whole

HELD_OUT, ORDER, AUGMENT, FORWARD = range(4)  # what a number is drawn for


def number(*key: int) -> int:
    """Return 64 bits that depend on every number of the key; neighbours have nothing in common."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0])


def generator(*key: int) -> torch.Generator:
    """Return a generator that starts where the key says."""
    return torch.Generator().manual_seed(number(*key))


@contextmanager
def untouched(device: torch.device) -> Iterator[None]:
    """Put torch's own random state back at the end, however it ends."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices, device_type="cuda"):
        yield


def seed_torch(device: torch.device, *key: int) -> None:
    """Seed what layers draw from, dropout for one; only inside `untouched`."""
    # torch.manual_seed would seed every GPU of the machine, and takes 50 times as long
    torch.default_generator.manual_seed(number(*key))
    if device.type == "cuda":
        torch.cuda.default_generators[device.index].manual_seed(number(*key))


def build(builder: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Call the builder with its first weights drawn by the seed."""
    with untouched(torch.device("cpu")):
        torch.default_generator.manual_seed(whole(seed, "seed"))
        return builder()

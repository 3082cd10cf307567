"""Several processes, each with its share of every batch; alone, each function does nothing.

`torchrun` starts the processes and tells each its place in the environment. All draw the same
batch and augment it alike; each then computes with its own part, DistributedDataParallel averages
the gradients, and all make the same update. A batch is as large as for one process, and so is the
result, but for the order of additions and two kinds of layers:

- Batch normalisation takes mean and variance over the part that its process has: with 2 processes
  and a batch of 64, over 32 images. On GPUs, where torch has the layer for it, these statistics
  are shared (SyncBatchNorm) and the result is that of one process.
- Dropout draws other masks, since each process draws for its own images.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn


@contextmanager
def processes() -> Iterator[torch.device]:
    """Join the processes that torchrun started, and hand out this one's device.

    A process has a GPU of its own where there are enough, and is otherwise one of the CPU's.
    """
    place = int(os.environ.get("LOCAL_RANK", 0))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    on_gpu = torch.cuda.is_available() and torch.cuda.device_count() >= local
    device = torch.device("cuda", place) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(device)
    if "WORLD_SIZE" not in os.environ:
        yield device
        return
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


def many() -> bool:
    """Tell whether this process is one of several that were joined."""
    return dist.is_available() and dist.is_initialized()


def rank() -> int:
    """Return the number of this process; number 0 writes and shows."""
    return dist.get_rank() if many() else 0


def count() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if many() else 1


def shared(model: nn.Module) -> nn.Module:
    """Return the network to compute with: its gradients are averaged over the processes.

    It has the model's own weights, and all start with those of process 0.
    """
    if not many():
        return model
    device = next(model.parameters()).device
    if device.type != "cuda":
        return nn.parallel.DistributedDataParallel(model)
    network = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return nn.parallel.DistributedDataParallel(network, device_ids=[device.index])


def part(batch: Tensor) -> Tensor:
    """Return this process's share of a batch."""
    return batch.chunk(count())[rank()]


def mean(*values: Tensor) -> list[float]:
    """Return the means over the processes, the same numbers in each."""
    stacked = torch.stack([value.detach() for value in values])
    if many():
        dist.all_reduce(stacked)
    return (stacked / count()).tolist()


def align(model: nn.Module) -> None:
    """Give each process the running statistics of process 0; the weights are equal already."""
    if many():
        for buffer in model.buffers():
            dist.broadcast(buffer, 0)

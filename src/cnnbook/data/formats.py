"""The two formats in which the classic sets come: idx files (MNIST) and records (CIFAR-10).

Both are plain bytes. CIFAR-10 is also offered as pickles; reading a pickle runs what is in it.
"""

import gzip
import tarfile
from math import prod
from pathlib import Path

import numpy as np

UNSIGNED_BYTE = 8  # code of the type in an idx file
CIFAR_SHAPE = (3, 32, 32)
CIFAR_RECORD = 1 + prod(CIFAR_SHAPE)  # a label, then the red, the green and the blue plane
CIFAR_IMAGES = 10_000  # in each of the six files


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Read a gzipped idx file of bytes.

    Two zero bytes, the type, the number of axes, the length of each axis in four bytes (largest
    first), then the values.

    Args:
        path: of the file.
        axes: that it must have: 3 for images (N, H, W), 1 for labels.

    Raises:
        ValueError: if it is another format, or not as long as it says.
    See: yann.lecun.com/exdb/mnist, section "File formats".
    """
    content = gzip.decompress(path.read_bytes())
    if content[:4] != bytes((0, 0, UNSIGNED_BYTE, axes)):
        raise ValueError(f"{path.name} is no idx file of bytes with {axes} axes")
    start = 4 + 4 * axes
    shape = tuple(int(n) for n in np.frombuffer(content[4:start], ">u4"))
    if len(shape) != axes or prod(shape) != len(content) - start:
        raise ValueError(f"{path.name} has {len(content) - start} values, its shape is {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_cifar(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read CIFAR-10 from the archive of its binary version.

    Returns:
        x_train (50000, 3, 32, 32), y_train (50000,), x_test (10000, 3, 32, 32) and
        y_test (10000,), uint8.

    Raises:
        ValueError: if a file in it is missing or not as long as 10,000 records.
    See: cs.toronto.edu/~kriz/cifar.html, section "Binary version".
    """
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    found = {}
    with tarfile.open(path) as archive:  # nothing is unpacked onto the disk
        for member in archive:
            name = Path(member.name).name
            if name in names and member.isfile():
                if member.size != CIFAR_IMAGES * CIFAR_RECORD:
                    raise ValueError(f"{name} has {member.size} bytes, not {CIFAR_IMAGES} records")
                found[name] = np.frombuffer(archive.extractfile(member).read(), np.uint8)
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"{path.name} lacks {', '.join(missing)}")
    records = np.concatenate([found[name] for name in names]).reshape(-1, CIFAR_RECORD)
    x, y = records[:, 1:].reshape(-1, *CIFAR_SHAPE), records[:, 0]
    return x[:-CIFAR_IMAGES], y[:-CIFAR_IMAGES], x[-CIFAR_IMAGES:], y[-CIFAR_IMAGES:]

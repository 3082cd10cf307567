"""Make the packaged files anew: python -m cnnbook.data.rebuild /usr/share/datasets/fashion-mnist.

The folder holds the four files of Fashion-MNIST; Debian's package dataset-fashion-mnist puts them
there. They are the originals but for the gzip headers: with the file's name and the time put back
(1504176606 for the training files, 1504176627 for the test files) each has the MD5 sum that the
authors publish. The digits come from scikit-learn, where it is installed.
"""

import gzip
import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cnnbook.data.formats import read_idx
from cnnbook.data.packaged import FOLDER

TRAIN, TEST = 1000, 200  # images of each class in the package


def fashion(source: Path) -> dict[str, np.ndarray]:
    """Take the first images of each class, in the order of the files."""
    arrays = {}
    for part, file, count in (("train", "train", TRAIN), ("test", "t10k", TEST)):
        x = read_idx(source / f"{file}-images-idx3-ubyte.gz", 3)
        y = read_idx(source / f"{file}-labels-idx1-ubyte.gz", 1)
        rows = np.sort(np.concatenate([np.flatnonzero(y == c)[:count] for c in range(10)]))
        arrays |= {f"x_{part}": x[rows], f"y_{part}": y[rows]}
    return arrays


def handwriting() -> dict[str, np.ndarray]:
    """Read scikit-learn's digits, in the order of its file."""
    package = Path(find_spec("sklearn").submodule_search_locations[0])
    with gzip.open(package / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        table = np.loadtxt(file, delimiter=",").astype(np.uint8)  # 64 pixels and a label a row
    return {"x": table[:, :64].reshape(-1, 8, 8), "y": table[:, 64]}


def main(source: Path, target: Path = FOLDER) -> None:
    """Write both files and print their checksums for `packaged.SHA256`."""
    for name, arrays in (("fashion-mnist", fashion(source)), ("digits", handwriting())):
        path = target / f"{name}.npz"
        np.savez_compressed(path, **arrays)
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

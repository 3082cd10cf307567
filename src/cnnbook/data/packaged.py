"""The files that lie beside this one: Fashion-MNIST in part, the digits of the UCI repository."""

from pathlib import Path

import numpy as np

from cnnbook.data.dataset import Dataset
from cnnbook.data.warping import enlarge
from cnnbook.shapes.checks import whole

FOLDER = Path(__file__).parent
SHA256 = {  # of each file as it was committed; `rebuild` makes them anew
    "fashion-mnist.npz": "5fc7acf174cdbb9e64f403ae312757980951e88a29aa904a9db5b54e4303d4e8",
    "digits.npz": "6f801551877abf69fbf3711373bb642a18dc933430a3385cd6febc235225ea6f",
}
GARMENTS = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
FASHION_LICENCE = "MIT (Zalando SE 2017); see fashion-mnist.LICENSE"
DIGITS_LICENCE = "CC BY 4.0 (E. Alpaydin, C. Kaynak 1998, UCI); see digits.LICENSE"
DIGITS_TEST = 397  # of 1,797; the other 1,400 are to train with


def fashion_mnist() -> Dataset:
    """Read 10,000 training and 2,000 test images of clothes from Fashion-MNIST.

    They are the first 1,000 of each class in the original training file and the first 200 of
    each class in the original test file, in the order of the files.

    Returns:
        Images (N, 1, 28, 28) from 0 background to 1.

    See: Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747.
    """
    with np.load(FOLDER / "fashion-mnist.npz", allow_pickle=False) as file:
        parts = [_scaled(file[key], 255) for key in ("x_train", "y_train", "x_test", "y_test")]
    return Dataset("fashion-mnist", *parts, GARMENTS, FASHION_LICENCE)


def digits(seed: int = 0, size: int = 8) -> Dataset:
    """Read 1,797 handwritten digits, 1,400 to train with and 397 to test with.

    The digits of 13 writers are in the file one writer after the other, without saying whose they
    are. The draw mixes them: a test digit is a new digit, not a new hand.

    Args:
        seed: draws which digits are in the test part, of each class about the same share.
        size: side of the images in pixels. 8 is that of the file; above, each digit is enlarged
            to 5/7 of the side and put into the middle, as MNIST does with 20 of 28 pixels.

    Returns:
        Images (N, 1, size, size) from 0 paper to 1 ink.

    Raises:
        ValueError: if size is below 8.
    See: Alpaydin & Kaynak 1998, doi:10.24432/C50P49.
    """
    size = whole(size, "size", 8)
    with np.load(FOLDER / "digits.npz", allow_pickle=False) as file:
        x, y = _scaled(file["x"], 16), _scaled(file["y"], 1)
    name = "digits"
    if size > 8:
        name, x = f"digits-{size}", enlarge(x[:, 0], size, size * 5 / 7)[:, None]
    undivided = Dataset(name, x, y, x[:0], y[:0], tuple("0123456789"), DIGITS_LICENCE)
    return undivided.split(DIGITS_TEST / len(y), seed)


def _scaled(values: np.ndarray, most: int) -> np.ndarray:
    """Bring images (N, H, W) to float32 (N, 1, H, W) from 0 to 1, and labels to int64."""
    if values.ndim == 1:
        return values.astype(np.int64)
    return values[:, None] / np.float32(most)

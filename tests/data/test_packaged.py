"""The files in the package: unchanged, balanced, and what they are said to be."""

import hashlib

import numpy as np
import pytest

from cnnbook import data
from cnnbook.data import packaged, rebuild


@pytest.mark.parametrize("name", packaged.SHA256)
def test_the_file_is_the_one_that_was_committed(name):
    content = (packaged.FOLDER / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == packaged.SHA256[name]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("fashion-mnist.LICENSE", ["MIT", "Copyright © 2017 Zalando SE", "WITHOUT WARRANTY"]),
        ("digits.LICENSE", ["Alpaydin", "Kaynak", "doi.org/10.24432/C50P49", "licenses/by/4.0"]),
    ],
)
def test_the_terms_lie_beside_it(file, words):
    text = (packaged.FOLDER / file).read_text(encoding="utf-8")
    assert all(word in text for word in words)


def test_fashion_mnist_is_balanced_and_scaled():
    fashion = data.load("fashion-mnist")
    assert fashion.x_train.shape == (10_000, 1, 28, 28)
    assert fashion.x_test.shape == (2_000, 1, 28, 28)
    assert fashion.x_train.dtype == fashion.x_test.dtype == np.float32
    assert fashion.y_train.dtype == fashion.y_test.dtype == np.int64
    assert np.bincount(fashion.y_train).tolist() == [1000] * 10
    assert np.bincount(fashion.y_test).tolist() == [200] * 10
    assert fashion.x_train.min() == 0
    assert fashion.x_train.max() == 1
    assert len(fashion.classes) == 10
    assert "MIT" in fashion.licence


def test_the_labels_of_fashion_mnist_fit_the_pictures():
    fashion = data.load("fashion-mnist")
    mean = {
        name: fashion.x_train[fashion.y_train == label, 0].mean(0)
        for label, name in enumerate(fashion.classes)
    }
    assert mean["trouser"][20:, 13:15].mean() < 0.5 * mean["dress"][20:, 13:15].mean()  # the gap
    assert mean["ankle boot"][:8].mean() > 3 * mean["sneaker"][:8].mean()  # the shaft
    assert mean["pullover"][8:20, :6].mean() > 3 * mean["dress"][8:20, :6].mean()  # the sleeves


def test_no_test_image_of_fashion_mnist_was_trained_on():
    fashion = data.load("fashion-mnist")
    seen = {image.tobytes() for image in fashion.x_train}
    assert not any(image.tobytes() in seen for image in fashion.x_test)


def test_the_order_of_fashion_mnist_mixes_the_classes():
    labels = data.load("fashion-mnist").y_train
    assert np.bincount(labels[:1000], minlength=10).min() > 60


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    theirs = load_digits()
    with np.load(packaged.FOLDER / "digits.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["x"], theirs.images)
        np.testing.assert_array_equal(file["y"], theirs.target)
    ours = data.digits()
    x, y = np.concatenate([ours.x_train, ours.x_test]), np.concatenate([ours.y_train, ours.y_test])
    pairs = sorted(
        (i.tobytes(), int(k)) for i, k in zip((16 * x[:, 0]).astype(float), y, strict=True)
    )
    assert pairs == sorted(
        (i.tobytes(), int(k)) for i, k in zip(theirs.images, theirs.target, strict=True)
    )


@pytest.mark.parametrize("name", ["digits", "digits-28"])
def test_digits_have_the_announced_shapes(name):
    digits, side = data.load(name), 28 if name.endswith("28") else 8
    assert digits.x_train.shape == (1400, 1, side, side)
    assert digits.x_test.shape == (397, 1, side, side)
    assert digits.x_train.dtype == np.float32
    assert digits.y_train.dtype == np.int64
    assert digits.x_train.min() == 0
    assert 0.95 < digits.x_train.max() <= 1
    assert digits.classes == tuple("0123456789")
    assert "CC BY 4.0" in digits.licence
    assert np.bincount(digits.y_test).min() >= 38
    assert np.bincount(digits.y_test).max() <= 41


def test_the_seed_draws_the_test_digits():
    first, again, other = data.digits(), data.digits(0), data.digits(1)
    np.testing.assert_array_equal(first.x_test, again.x_test)
    assert not np.array_equal(first.y_test, other.y_test)


def test_an_enlarged_digit_stands_in_the_middle_and_keeps_its_ink():
    small, large = data.digits(4), data.digits(4, 28)
    np.testing.assert_array_equal(small.y_train, large.y_train)
    assert not large.x_train[:, :, :3].any()
    assert not large.x_train[:, :, :, -3:].any()
    ink = small.x_train.sum((1, 2, 3)) * (20 / 8) ** 2
    np.testing.assert_allclose(large.x_train.sum((1, 2, 3)), ink, rtol=0.02)


def test_what_digits_refuse():
    with pytest.raises(ValueError, match="size must be at least 8, got 7"):
        data.digits(size=7)


def _idx(path, values):
    import gzip

    shape = b"".join(n.to_bytes(4, "big") for n in values.shape)
    path.write_bytes(gzip.compress(bytes((0, 0, 8, values.ndim)) + shape + values.tobytes(), 1))


def test_the_rule_takes_the_first_of_each_class_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(rebuild, "TRAIN", 2)
    monkeypatch.setattr(rebuild, "TEST", 1)
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), 4))
    images = rng.integers(0, 256, (40, 28, 28), np.uint8)
    for file in ("train", "t10k"):
        _idx(tmp_path / f"{file}-images-idx3-ubyte.gz", images)
        _idx(tmp_path / f"{file}-labels-idx1-ubyte.gz", labels)
    arrays = rebuild.fashion(tmp_path)
    wanted = [i for i in range(40) if (labels[:i] == labels[i]).sum() < 2]
    np.testing.assert_array_equal(arrays["x_train"], images[wanted])
    np.testing.assert_array_equal(arrays["y_train"], labels[wanted])
    assert len(arrays["x_test"]) == 10


def test_rebuilding_writes_what_is_packaged(tmp_path, monkeypatch, capsys):
    with np.load(packaged.FOLDER / "fashion-mnist.npz", allow_pickle=False) as file:
        for part, name in (("train", "train"), ("test", "t10k")):
            _idx(tmp_path / f"{name}-images-idx3-ubyte.gz", file[f"x_{part}"])
            _idx(tmp_path / f"{name}-labels-idx1-ubyte.gz", file[f"y_{part}"])
    monkeypatch.setattr(np, "savez_compressed", np.savez)  # the same arrays, written faster
    rebuild.main(tmp_path, tmp_path)  # the rule applied to its own result changes nothing
    for name in ("fashion-mnist", "digits"):
        with (
            np.load(packaged.FOLDER / f"{name}.npz", allow_pickle=False) as ours,
            np.load(tmp_path / f"{name}.npz", allow_pickle=False) as again,
        ):
            assert ours.files == again.files
            for key in ours.files:
                np.testing.assert_array_equal(ours[key], again[key])
    assert "fashion-mnist.npz" in capsys.readouterr().out

"""The whole sets, from small files of the same formats; the addresses and checksums are data."""

import gzip
import io
import re
import tarfile

import numpy as np
import pytest

from cnnbook import data
from cnnbook.data import downloads, formats


def _idx(path, values, code=8):
    shape = b"".join(n.to_bytes(4, "big") for n in values.shape)
    path.write_bytes(gzip.compress(bytes((0, 0, code, values.ndim)) + shape + values.tobytes()))


def _four(folder, images=(5, 3)):
    """Write images and labels to train with and to test with, as MNIST names them."""
    rng, written = np.random.default_rng(0), []
    for part, n in zip(("train", "t10k"), images, strict=True):
        x, y = rng.integers(0, 256, (n, 4, 6), np.uint8), rng.integers(0, 10, n).astype(np.uint8)
        _idx(folder / f"{part}-images-idx3-ubyte.gz", x)
        _idx(folder / f"{part}-labels-idx1-ubyte.gz", y)
        written += [x, y]
    return written


@pytest.fixture
def local(tmp_path, monkeypatch):
    """Take every file out of a folder instead of fetching it."""
    asked = []

    def fetch(url, checksum, group, folder):
        asked.append((url, checksum, group, folder))
        return tmp_path / url.rsplit("/", 1)[1]

    monkeypatch.setattr(downloads, "fetch", fetch)
    return asked


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_idx_sets_are_read_and_scaled(local, tmp_path, name):
    x_train, y_train, x_test, y_test = _four(tmp_path)
    loaded = data.download(name, "somewhere")
    np.testing.assert_allclose(loaded.x_train[:, 0], x_train / 255, rtol=1e-6)
    np.testing.assert_allclose(loaded.x_test[:, 0], x_test / 255, rtol=1e-6)
    np.testing.assert_array_equal(loaded.y_train, y_train)
    np.testing.assert_array_equal(loaded.y_test, y_test)
    assert loaded.x_train.dtype == np.float32
    assert loaded.y_train.dtype == np.int64
    assert len(loaded.classes) == 10
    assert loaded.licence
    assert [group for _, _, group, _ in local] == [name] * 4
    assert {folder for *_, folder in local} == {"somewhere"}


def test_images_without_labels_are_refused(local, tmp_path):
    _four(tmp_path)
    _idx(tmp_path / "train-labels-idx1-ubyte.gz", np.zeros(4, np.uint8))
    with pytest.raises(ValueError, match=r"train-images.* has 5 images, train-labels.* 4 labels"):
        data.download("mnist")


def test_a_label_beyond_the_classes_is_refused(local, tmp_path):
    _four(tmp_path)
    _idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.array([1, 10, 2], np.uint8))
    with pytest.raises(ValueError, match="mnist has a label 10, there are 10 classes"):
        data.download("mnist")


def test_what_is_no_idx_file_is_refused(tmp_path):
    path = tmp_path / "file.gz"
    _idx(path, np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError, match=r"file\.gz is no idx file of bytes with 3 axes"):
        formats.read_idx(path, 3)
    _idx(path, np.zeros((2, 3), np.uint8), code=13)  # floats
    with pytest.raises(ValueError, match="is no idx file of bytes"):
        formats.read_idx(path, 2)
    for content in (bytes((0, 0, 8, 1, 0, 0, 0, 3, 7, 7)), bytes((0, 0, 8, 2, 0, 0, 0, 3))):
        path.write_bytes(gzip.compress(content))
        with pytest.raises(ValueError, match=r"has \S+ values, its shape is"):
            formats.read_idx(path, content[3])


def _archive(path, records, lacking=None):
    """Pack records (6, n, 3073) as the binary version of CIFAR-10 does."""
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, batch in zip(names, records, strict=True):
            if name != lacking:
                info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
                info.size = batch.size
                archive.addfile(info, io.BytesIO(batch.tobytes()))
        info = tarfile.TarInfo("cifar-10-batches-bin/readme.html")
        archive.addfile(info, io.BytesIO())


def test_cifar_is_read_plane_by_plane_and_batch_by_batch(local, tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "CIFAR_IMAGES", 4)
    records = np.random.default_rng(0).integers(0, 256, (6, 4, 3073), np.uint8)
    records[..., 0] %= 10
    _archive(tmp_path / "cifar-10-binary.tar.gz", records)
    loaded = data.download("cifar-10")
    assert loaded.x_train.shape == (20, 3, 32, 32)
    assert loaded.x_test.shape == (4, 3, 32, 32)
    red = records[1, 2, 1 : 1 + 1024].reshape(32, 32)
    np.testing.assert_allclose(loaded.x_train[6, 0], red / 255, rtol=1e-6)
    blue = records[5, 3, 1 + 2048 :].reshape(32, 32)
    np.testing.assert_allclose(loaded.x_test[3, 2], blue / 255, rtol=1e-6)
    np.testing.assert_array_equal(loaded.y_train, records[:5, :, 0].ravel())
    np.testing.assert_array_equal(loaded.y_test, records[5, :, 0])
    assert loaded.classes[3] == "cat"


def test_an_incomplete_archive_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "CIFAR_IMAGES", 2)
    records, path = np.zeros((6, 2, 3073), np.uint8), tmp_path / "archive.tar.gz"
    _archive(path, records, lacking="data_batch_3.bin")
    with pytest.raises(ValueError, match=r"archive\.tar\.gz lacks data_batch_3\.bin"):
        formats.read_cifar(path)
    _archive(path, records[:, :1])
    with pytest.raises(ValueError, match=r"data_batch_1\.bin has 3073 bytes, not 2 records"):
        formats.read_cifar(path)


def test_every_file_has_an_address_and_a_checksum():
    for url, files, _, classes, licence in downloads.SETS.values():
        assert re.fullmatch(r"https?://\S+/", url)
        for checksum in files.values():
            assert re.fullmatch(r"md5:[0-9a-f]{32}", checksum)
        assert len(classes) == 10
        assert licence
    every = [c for _, files, *_ in downloads.SETS.values() for c in files.values()]
    assert len(set(every)) == len(every) == 9


def test_what_download_refuses():
    with pytest.raises(ValueError, match="no set 'imagenet' to download; there are mnist, fashion"):
        data.download("imagenet")

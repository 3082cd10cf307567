"""Changes to a batch: exactly what each does, and that masks move with their images."""

from functools import partial

import pytest
import torch

from cnnbook import training

GEOMETRY = {
    "flip": training.flip,
    "crop": partial(training.crop, padding=3),
    "affine": partial(training.affine, degrees=30, scale=0.3),
}
CHANGES = GEOMETRY | {
    "noise": training.noise,
    "cutout": partial(training.cutout, size=5),
    "mixup": partial(training.mixup, classes=4),
}


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(n=8, c=2, h=9, w=12):
    x = torch.randn(n, c, h, w, generator=draw(99))
    return x, torch.arange(n) % 4


@pytest.mark.parametrize("name", CHANGES)
def test_the_generator_decides_and_nothing_is_written_to(name):
    x, y = batch()
    kept = x.clone(), y.clone()
    first, again, other = (CHANGES[name](x, y, draw(seed)) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[0], x)
    assert torch.equal(x, kept[0])
    assert torch.equal(y, kept[1])
    assert first[0].shape == x.shape
    assert first[0].dtype == x.dtype
    assert CHANGES[name](x.double(), y, draw())[0].dtype == torch.float64


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "mixup"])
def test_classes_stay_as_they_are(name):
    x, y = batch()
    assert torch.equal(CHANGES[name](x, y, draw())[1], y)


@pytest.mark.parametrize("name", ["flip", "crop"])
def test_masks_move_with_their_images(name):
    mask = torch.randint(5, (8, 9, 12), generator=draw(7))
    x, y = GEOMETRY[name](mask[:, None].float(), mask, draw(1))
    assert torch.equal(x[:, 0].long(), y)
    assert not torch.equal(y, mask)
    assert y.dtype == torch.long


def test_turned_masks_move_with_their_images():
    mask = torch.zeros(20, 40, 40, dtype=torch.long)
    mask[:, 8:16, 10:30] = 3
    x, y = training.affine(mask[:, None].float(), mask, draw(), degrees=40, scale=0.2)
    assert set(y.unique().tolist()) == {0, 3}
    assert ((x[:, 0] > 1.5) == (y == 3)).float().mean() > 0.98  # nearest against interpolated
    assert (y != mask).float().mean() > 0.05


def test_flip_is_all_or_nothing_for_an_image():
    x, y = batch(400)
    turned = [
        torch.equal(a, b.flip(-1)) for a, b in zip(training.flip(x, y, draw())[0], x, strict=True)
    ]
    same = [torch.equal(a, b) for a, b in zip(training.flip(x, y, draw())[0], x, strict=True)]
    assert sum(turned) + sum(same) == 400
    assert 160 < sum(turned) < 240
    assert torch.equal(training.flip(x, y, draw(), p=1)[0], x.flip(-1))
    assert torch.equal(training.flip(x, y, draw(), p=0)[0], x)


def test_crop_shifts_by_up_to_the_padding_and_repeats_the_border():
    x, y = batch(300)
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2), mode="replicate")
    found = set()
    for image, wide in zip(training.crop(x, y, draw(), padding=2)[0], padded, strict=True):
        places = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if torch.equal(image, wide[:, top : top + 9, left : left + 12])
        ]
        assert len(places) == 1
        found |= set(places)
    assert len(found) == 25


def test_affine_of_nothing_changes_nothing():
    x, y = batch()
    torch.testing.assert_close(training.affine(x, y, draw(), degrees=0, scale=0)[0], x)


def turned_by(x, degrees):
    """Turn an image by exactly these degrees: undo what the generator will draw."""
    drawn = 2 * torch.rand(1, generator=draw()).item() - 1
    y = torch.zeros(1, dtype=torch.long)
    return training.affine(x, y, draw(), degrees=degrees / drawn, scale=0)[0]


def test_affine_turns():
    x = torch.randn(1, 2, 11, 11, generator=draw(3))
    turned = turned_by(x, 90)
    errors = [(turned - torch.rot90(x, k, (2, 3))).abs().max() for k in (1, -1)]
    assert min(errors) < 1e-4


def test_affine_does_not_shear_an_image_that_is_not_square():
    upright, lying = torch.zeros(1, 1, 9, 15), torch.zeros(1, 1, 9, 15)
    upright[:, :, 2:7, 7] = 1  # a bar of 5
    lying[:, :, 4, 5:10] = 1
    torch.testing.assert_close(turned_by(upright, 90), lying, atol=1e-4, rtol=0)
    torch.testing.assert_close(turned_by(lying, 90), upright, atol=1e-4, rtol=0)


def test_affine_scales():
    x = torch.zeros(64, 1, 41, 41)
    x[:, :, 10:31, 10:31] = 1  # 441 pixels
    areas = training.affine(x, torch.zeros(64), draw(), degrees=0, scale=0.2)[0].sum((1, 2, 3))
    assert 0.8**2 <= areas.min() / 441 < 0.75
    assert 1.25 < areas.max() / 441 <= 1.2**2


def test_noise_has_the_announced_spread():
    x = torch.zeros(20, 3, 30, 30)
    y = training.noise(x, x, draw(), std=0.5)[0]
    assert y.std() == pytest.approx(0.5, rel=0.02)
    assert abs(y.mean()) < 0.02


def test_cutout_blanks_one_square_that_may_hang_over_the_edge():
    x = torch.ones(500, 2, 9, 12)
    holes = training.cutout(x, torch.zeros(500), draw(), size=4, fill=-3.0)[0] == -3
    assert torch.equal(holes[:, 0], holes[:, 1])
    heights, widths = holes[:, 0].any(2).sum(1), holes[:, 0].any(1).sum(1)
    assert torch.equal(holes[:, 0].sum((1, 2)), heights * widths)
    assert set(heights.tolist()) == {2, 3, 4}  # its centre is always inside
    assert set(widths.tolist()) == {2, 3, 4}


def test_mixup_mixes_images_and_labels_alike():
    x, y = torch.eye(4)[:, None, None, :].repeat(8, 2, 3, 1), torch.arange(4).repeat(8)
    mixed, shares = training.mixup(x, y, draw(), classes=4, alpha=1.0)
    torch.testing.assert_close(mixed[:, 1, 2], shares)  # the images are their labels
    torch.testing.assert_close(shares.sum(1), torch.ones(32))
    assert shares.min() >= 0
    assert ((shares > 0).sum(1) == 2).sum() > 15
    twice = training.mixup(mixed, shares, draw(1), classes=4)[1]
    torch.testing.assert_close(twice.sum(1), torch.ones(32))


def test_mixup_refuses_masks():
    with pytest.raises(ValueError, match="one label for each image"):
        training.mixup(torch.zeros(2, 1, 5, 5), torch.zeros(2, 5, 5), draw(), classes=2)


def test_mixed_makes_one_change_after_the_other():
    x, y = batch()
    both = training.mixed(training.flip, CHANGES["mixup"])(x, y, draw())
    generator = draw()
    expected = CHANGES["mixup"](*training.flip(x, y, generator), generator)
    assert all(torch.equal(a, b) for a, b in zip(both, expected, strict=True))
    assert training.mixed()(x, y, draw()) == (x, y)


def test_cutout_and_noise_leave_masks():
    mask = torch.randint(5, (8, 9, 12), generator=draw(7))
    x = mask[:, None].float()
    for change in (training.noise, training.cutout):
        assert torch.equal(change(x, mask, draw())[1], mask)

"""The norm block: its arithmetic against the reference, its traits, and how it behaves."""

import itertools

import numpy as np
import pytest
from playwright.sync_api import expect
from promises import draws_what_python_sets, follows_its_width, suits_everybody, trait
from traitlets import TraitError

from cnnbook import reference
from cnnbook.widgets import NormBlock, normed
from cnnbook.widgets.norm_goals import GOALS, START

SUBSETS = [list(s) for k in range(4) for s in itertools.combinations(range(3), k)]
EDIT = "x image 3, channel 1, place 4"


# ---- arithmetic, against cnnbook.reference


def random_case(rng: np.random.Generator) -> tuple[np.ndarray, dict]:
    """Draw a block, every axis of its own size, and a setting that fits it."""
    n, c, p = rng.integers(1, 5), rng.integers(1, 7), rng.integers(1, 5)
    x = rng.normal(rng.normal(0, 50), rng.choice([0.01, 1, 100]), (n, c, p))
    if rng.integers(4) == 0:
        x = x.round()  # equal numbers, variances of 0
    axes = SUBSETS[rng.integers(8)]
    groups = int(rng.choice([d for d in range(1, c + 1) if c % d == 0]))
    sets = normed.columns(x.shape, axes, groups).shape[1]
    running = np.stack([rng.normal(size=sets), rng.uniform(0, 3, sets)], 1).tolist()
    return x, {
        "axes": axes,
        "groups": groups,
        "training": bool(rng.integers(2)),
        "momentum": float(rng.uniform()),
        "running": running if rng.integers(2) else [],
    }


def test_forward_equals_normalise_on_1000_random_blocks(in_node) -> None:
    rng = np.random.default_rng(21)
    cases = [random_case(rng) for _ in range(1000)]
    answers = in_node("norm_block", [["forward", x.tolist(), s] for x, s in cases])
    seen = set()
    for (x, setting), found in zip(cases, answers, strict=True):
        four = [setting[k] for k in ("axes", "groups", "training", "running")]
        y, used = normed.normalise(x, *four)
        np.testing.assert_allclose(found["y"], y, rtol=1e-9, atol=1e-9, err_msg=str(setting))
        # the sets' order is the same, unless n counts and the sets are the images' own
        np.testing.assert_allclose(found["used"], used, rtol=1e-9, atol=1e-9, err_msg=str(setting))
        seen.add((normed.name(*four[:2], x.shape[1]), setting["training"]))
    assert len(seen) == 10  # four named and one unnamed, in training and in eval


def test_the_four_norms_are_those_of_the_reference(in_node) -> None:
    rng = np.random.default_rng(0)
    for _ in range(25):
        x = rng.normal(rng.normal(), rng.uniform(0.1, 9), (3, 6, 4))
        mean, variance = rng.normal(size=6), rng.uniform(0.1, 2, 6)
        kept = np.stack([mean, variance], 1).tolist()
        eps = {"training": True, "running": kept}
        wanted = {
            "batch": reference.batch_norm(x, mean, variance, training=True)[0],
            "eval": reference.batch_norm(x, mean, variance)[0],
            "layer": reference.layer_norm(x, (6, 4))[0],
            "instance": reference.instance_norm(x)[0],
            "group 3": reference.group_norm(x, 3)[0],
            "group 6": reference.group_norm(x, 6)[0],
        }
        settings = {
            "batch": {"axes": [0, 2], "groups": 1},
            "eval": {"axes": [0, 2], "groups": 1, "training": False},
            "layer": {"axes": [1, 2], "groups": 1},
            "instance": {"axes": [2], "groups": 1},
            "group 3": {"axes": [1, 2], "groups": 3},
            "group 6": {"axes": [1, 2], "groups": 6},
        }
        calls = [["forward", x.tolist(), eps | s] for s in settings.values()]
        for name, found in zip(settings, in_node("norm_block", calls), strict=True):
            np.testing.assert_allclose(found["y"], wanted[name], rtol=1e-10, err_msg=name)
            block = NormBlock(
                x=x, **({"running": kept} if name == "eval" else {}), **settings[name]
            )
            np.testing.assert_allclose(block.output(), wanted[name], rtol=1e-12, err_msg=name)


def test_training_steps_equal_those_of_batch_norm(in_node) -> None:
    rng = np.random.default_rng(1)
    cases = [random_case(rng) for _ in range(300)]
    answers = in_node("norm_block", [["step", x.tolist(), s] for x, s in cases])
    refused = 0
    for (x, setting), found in zip(cases, answers, strict=True):
        given = [setting[k] for k in ("axes", "groups", "momentum", "running")]
        if len(normed.columns(x.shape, *given[:2])) < 2:
            assert found is None
            refused += 1
            continue
        wanted = normed.step(x, *given)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9, err_msg=str(setting))
    assert 20 < refused < 150
    x = rng.normal(size=(3, 4, 2))
    _, cache = reference.batch_norm(x, np.zeros(4), np.ones(4), training=True, momentum=0.3)
    pairs = np.stack([cache.running_mean, cache.running_var], 1)
    np.testing.assert_allclose(NormBlock(x=x, momentum=0.3).after(), pairs, rtol=1e-12)
    with pytest.raises(ValueError, match="2 numbers or more"):
        NormBlock(x=[[[1], [2]]]).after()


def test_sets_are_those_of_numpy_axes() -> None:
    x = np.random.default_rng(2).normal(size=(3, 6, 4))
    for axes in SUBSETS:
        wanted = np.var(x, tuple(axes), keepdims=True) if axes else np.zeros((1, 1, 1))
        sets = normed.columns(x.shape, axes, 1)
        variances = np.empty(x.size)
        variances[sets] = x.ravel()[sets].var(0)
        np.testing.assert_allclose(
            variances.reshape(x.shape), np.broadcast_to(wanted, x.shape), atol=1e-15
        )


def test_what_was_taken_away_comes_back(in_node) -> None:
    x = np.array(START)
    calls = [["resize", x.tolist(), 2, 3, x.tolist()], ["remember", x.tolist(), x[:1].tolist()]]
    small, kept = in_node("norm_block", calls)
    np.testing.assert_array_equal(small, x[:2, :, :3])
    np.testing.assert_array_equal(kept, x)
    (back, more) = in_node(
        "norm_block", [["resize", small, 3, 4, kept], ["resize", x.tolist(), 4, 4, []]]
    )
    np.testing.assert_array_equal(back, x)
    np.testing.assert_array_equal(more[:3], x)
    assert (np.sort(more[3]) == np.sort(x[0])).all()  # numbers of the same channel


def test_ticks_keep_apart_and_stay_on_the_line(in_node) -> None:
    rng = np.random.default_rng(3)
    for low, span in zip(rng.normal(0, 100, 50), 10 ** rng.uniform(-4, 6, 50), strict=True):
        (marks,) = in_node("norm_block", [["ticks", low, low + span, 600]])
        assert 2 <= len(marks) <= 14
        assert low - 1e-6 * span <= marks[0]
        assert marks[-1] <= low + span * (1 + 1e-6)


# ---- goals, without a page


def plain(block: NormBlock) -> dict:
    names = ("x", "axes", "groups", "training", "momentum", "running", "selected")
    return {name: getattr(block, name) for name in names}


def judged(in_node, *states: dict) -> set[str]:
    """The goals of a reader who makes these states, one after the other, of the start."""
    blocks = [plain(NormBlock(**state)) for state in ({}, *states)]
    return set(in_node("norm_block", [["judge", blocks, GOALS]])[0])


def changed(at: tuple[int, int, int], value: float, x: list = START) -> list:
    copy = np.array(x, dtype=float)
    copy[at] = value
    return copy.tolist()


def test_a_sign_is_turned_by_another_image_alone(in_node) -> None:
    far = changed((2, 0, 3), 100)
    assert NormBlock(x=far).output()[0, 0, 0] < 0 < NormBlock().output()[0, 0, 0]
    assert judged(in_node, {"x": far}) == {"turn"}
    assert judged(in_node, {"x": changed((2, 0, 3), 10)}) == set()
    assert judged(in_node, {"x": changed((2, 1, 3), 1000)}) == set()  # another channel
    assert judged(in_node, {"x": changed((0, 0, 1), 100)}) == set()  # its own image
    assert judged(in_node, {"x": changed((0, 0, 1), 4, far)}) == set()
    assert judged(in_node, {"x": far, "training": False}) == set()
    # the other images' numbers are there before the setting is chosen: no change
    assert judged(in_node, {"axes": [2]}, {"axes": [2], "x": far}, {"x": far}) == {"free"}
    assert judged(in_node, {"x": far, "axes": [0, 1, 2]}) == set()


def test_only_sets_within_an_image_are_free(in_node) -> None:
    for axes in SUBSETS:
        moved = {"axes": axes, "x": changed((1, 0, 2), 7)}
        assert ("free" in judged(in_node, {"axes": axes}, moved)) == (axes in ([1], [2], [1, 2]))
    own = {"axes": [2], "x": changed((0, 0, 2), 7)}
    assert judged(in_node, {"axes": [2]}, own) == set()
    assert judged(in_node, {"axes": [2]}) == set()  # no proof
    each = {"axes": [1, 2], "groups": 4}
    assert judged(in_node, each, each | {"x": changed((1, 0, 2), 7)}) == {"free"}
    flat = {"axes": [2], "x": np.ones((3, 4, 4))}  # every result is 0 there
    assert judged(in_node, flat, {"axes": [2], "x": changed((1, 0, 2), 7, flat["x"])}) == set()


def test_both_ends_of_group_norm_by_its_groups(in_node) -> None:
    one, two, four = ({"axes": [1, 2], "groups": groups} for groups in (1, 2, 4))
    assert judged(in_node, two, one, four) == {"twins"}
    assert judged(in_node, two, four, two, one) == {"twins"}
    assert judged(in_node, two, one, two) == set()
    assert judged(in_node, one, {"axes": [2]}) == set()  # the picture buttons
    assert judged(in_node, one, two, four) == set()
    mixed = {"axes": [0, 1, 2]}
    assert judged(in_node, mixed, mixed | {"groups": 4}, mixed) == set()
    assert judged(in_node, mixed | {"groups": 2}, one, four) == set()  # axes changed too


def test_eval_catches_up(in_node) -> None:
    block = NormBlock(momentum=0.1)
    for steps, near in ((1, False), (10, False), (60, True)):
        state = {"training": False, "running": block.after(steps)}
        evaluated = NormBlock(**state).output()[0, 0, 0]
        assert (abs(evaluated - block.output()[0, 0, 0]) < 0.1) == near
        assert judged(in_node, {"running": state["running"]}, state) == (
            {"agree"} if near else set()
        )
    kept = {"running": NormBlock(momentum=1.0).after()}
    assert judged(in_node, kept) == set()
    assert judged(in_node, kept, kept | {"training": False}) == {"agree"}
    assert judged(in_node, {"training": False}) == set()
    zero = {"x": np.tile([0, 1, -1, 0], (3, 4, 1))}  # 0 in both, before any step
    assert judged(in_node, zero, zero | {"training": False}) == set()
    assert judged(in_node, {"axes": [2], "training": False}) == set()


# ---- traits


def test_python_tells_what_a_value_is_compared_with() -> None:
    block = NormBlock()
    assert block.set_size() == 12
    assert block.members().sum() == 12
    assert block.members()[:, 0].all()
    assert block.statistics() == pytest.approx((38 / 12, 150 / 12 - (38 / 12) ** 2))
    assert block.output()[0, 0, 0] == pytest.approx(1.802, abs=5e-4)
    group = NormBlock(axes=[1, 2], groups=2, selected=[1, 3, 0])
    assert group.members()[1, 2:].all()
    assert group.members().sum() == group.set_size() == 8
    single = NormBlock(axes=[])
    assert single.set_size() == 1
    assert (single.output() == 0).all()


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"x": [[1, 2], [3, 4]]}, "x image 1 wants 2 axes, got an array of shape (2,)"),
        ({"x": 3}, "x wants 3 axes, images, channels and places, got 3"),
        ({"x": [[[1, 2]], [[1]]]}, "image 1 is 1 x 2, image 2 is 1 x 1"),
        (
            {"x": np.zeros((5, 2, 2))},
            "at most 4 x 6 x 4 images, channels and places, got 5 x 2 x 2",
        ),
        ({"x": np.zeros((2, 2, 5))}, "got 2 x 2 x 5"),
        ({"x": [[[1, float("nan")]]]}, "x image 1 row 1, column 2 is nan"),
        ({"axes": [2, 0]}, "axes must be different axes of 0, 1 and 2 in rising order, got [2, 0]"),
        ({"axes": [0, 3]}, "got [0, 3]"),
        ({"groups": 3}, "groups must divide the 4 channels of x, got 3"),
        ({"groups": 0}, "got 0"),
        ({"momentum": 1.5}, "momentum must be 0 to 1, got 1.5"),
        ({"running": [[0, 1]]}, "running wants [] or 4 pairs"),
        ({"running": [[0, -1]] * 4}, "a variance of at least 0"),
        ({"running": ["a"] * 4}, "running wants [] or 4 pairs"),
        ({"selected": [0, 0]}, "selected wants [image, channel, place]"),
        ({"selected": [3, 0, 0]}, "selected [3, 0, 0] lies outside a block of 3 x 4 x 4"),
        ({"goals": [{"id": "a", "text": "b", "kind": "c"}]}, "goal 0 wants the keys"),
    ],
)
def test_bad_traits_are_refused_with_their_numbers(traits, words) -> None:
    with pytest.raises(TraitError) as error:
        NormBlock(**traits)
    assert words in str(error.value)
    block = NormBlock()
    with pytest.raises(TraitError):
        block.set_trait(*next(iter(traits.items())))
    assert block.output().shape == (3, 4, 4)


def test_what_depends_on_the_block_follows_it() -> None:
    block = NormBlock(axes=[1, 2], groups=4, selected=[2, 3, 3])
    block.x = np.arange(12).reshape(2, 3, 2)
    assert block.groups == 1
    assert block.selected == [1, 2, 1]
    block.axes = [0, 2]
    block.running = [[1, 2]] * 3
    block.momentum = 0.5
    assert block.running == [[1, 2]] * 3
    block.axes = [0, 1, 2]
    assert block.running == []


def test_stand_in_says_what_is_shown() -> None:
    text = NormBlock().static_html()
    assert "Batch norm: image 1, channel 1, place 1 holds 6. Its set (outlined) has 12" in text
    assert "with mean 3.1667 and variance 2.4722; the result is 1.802." in text
    assert text.count("<svg") == 3
    assert "Group norm with 2 groups:" in NormBlock(axes=[1, 2], groups=2).static_html()
    assert "Instance norm:" in NormBlock(axes=[1, 2], groups=4).static_html()
    assert "Sets along images, channels:" in NormBlock(axes=[0, 1]).static_html()
    assert "By the running mean 0 and the running variance 1" in (
        NormBlock(training=False).static_html()
    )
    hidden = NormBlock(concealed=True).static_html()
    assert "asks you to predict" in hidden
    assert "1.802" not in hidden


# ---- behaviour, in a browser


def told(page) -> str:
    return " ".join(page.locator(".cnnbook-norm-told-box").inner_text().split())


def results(page) -> np.ndarray:
    """The results written in the cells."""
    shape = np.shape(trait(page, "x"))
    cards = page.locator(".cnnbook-norm-card:not(.cnnbook-norm-none)")
    texts = [cards.nth(n).locator("button[data-at]").all_inner_texts() for n in range(shape[0])]
    return np.reshape([float(text.replace("−", "-")) for row in texts for text in row], shape)


def test_each_preset_shows_its_results_and_its_set(show) -> None:
    page = show(NormBlock())
    for norm, axes, groups in (
        ("layer", [1, 2], 1),
        ("instance", [2], 1),
        ("group", [1, 2], 2),
        ("batch", [0, 2], 1),
    ):
        button = page.locator(f"[data-norm={norm}]")
        button.click()
        assert (trait(page, "axes"), trait(page, "groups")) == (axes, groups)
        assert page.locator("[data-norm][aria-pressed=true]").count() == 1
        expect(button).to_have_attribute("aria-pressed", "true")
        block = NormBlock(axes=axes, groups=groups)
        np.testing.assert_allclose(results(page), block.output(), atol=0.0051)
        assert page.locator(".cnnbook-norm-cell[data-set]").count() == block.set_size()
        frames = page.locator(".cnnbook-norm-frame:visible")
        assert frames.count() == block.members().any((1, 2)).sum()


def test_any_choice_of_axes(show) -> None:
    page = show(NormBlock())
    names = ("images (N)", "channels (C)", "places (H·W)")
    for axes in SUBSETS:
        for axis, name in enumerate(names):
            page.get_by_label(name).set_checked(axis in axes)
        assert trait(page, "axes") == axes
        block = NormBlock(axes=axes)
        np.testing.assert_allclose(results(page), block.output(), atol=0.0051)
        assert page.locator(".cnnbook-norm-cell[data-set]").count() == block.set_size()
        assert page.get_by_label("Groups of C").is_enabled() == (1 in axes)
        assert page.get_by_label("Statistics").is_enabled() == (0 in axes)


def test_frames_lie_on_their_sets(show) -> None:
    page = show(NormBlock(axes=[0, 1], groups=2, selected=[1, 2, 3]))
    inside = page.evaluate(
        """() => [...document.querySelectorAll('.cnnbook-norm-cell')].map((cell) => {
          const a = cell.getBoundingClientRect();
          const b = cell.parentNode.querySelector('.cnnbook-norm-frame').getBoundingClientRect();
          const [x, y] = [a.left + a.width / 2, a.top + a.height / 2];
          const within = x > b.left && x < b.right && y > b.top && y < b.bottom;
          return within === cell.hasAttribute('data-set');
        })"""
    )
    assert all(inside)
    assert page.locator(".cnnbook-norm-cell[data-set]").count() == 6


def test_a_change_marks_what_moves(show) -> None:
    page = show(NormBlock())
    page.get_by_label(EDIT).fill("10")
    assert page.locator("[data-moved]").count() == 12
    assert page.locator("[data-edited]").count() == 1
    words = page.locator(".cnnbook-norm-moves")
    assert "1 number changed (image 3), 12 of 48 results moved; " in words.inner_text()
    after = NormBlock(x=changed((2, 0, 3), 10)).output()
    assert f"followed: 1.8 → {after[0, 0, 0]:.1f}." in words.inner_text()
    np.testing.assert_allclose(results(page), after, atol=0.0051)
    page.get_by_label(EDIT).fill("1")
    assert page.locator("[data-moved], [data-edited]").count() == 0
    page.locator("[data-norm=instance]").click()
    page.get_by_label(EDIT).fill("7")
    assert page.locator("[data-moved]").count() == 4
    assert "4 of 48 results moved; followed: unchanged." in words.inner_text()


def test_a_dot_is_dragged(show) -> None:
    page = show(NormBlock())
    dot = page.locator("[data-at='2,0,3'].cnnbook-norm-dot")
    box = dot.bounding_box()
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + 150, at[1], steps=4)
    value = trait(page, "x")[2][0][3]
    assert 2 < value < 6
    held = page.locator("[data-at='2,0,3'].cnnbook-norm-dot").bounding_box()
    assert held["x"] + held["width"] / 2 == pytest.approx(at[0] + 150, abs=3)
    page.mouse.move(2000, at[1])
    for step in range(60):  # at the end of the line it grows
        page.mouse.move(2000 + step % 2, at[1])
    page.mouse.up()
    assert trait(page, "x")[2][0][3] > 40
    assert trait(page, "reached") == ["turn"]
    page.mouse.move(at[0] - 200, at[1])
    assert trait(page, "x")[2][0][3] > 40
    np.testing.assert_allclose(results(page), NormBlock(x=trait(page, "x")).output(), atol=0.0051)


def test_eval_takes_what_training_has_kept(show) -> None:
    page = show(NormBlock())
    assert "running mean 0, running variance 1 (no training step yet)" in told(page)
    page.get_by_role("button", name="Training step").click()
    np.testing.assert_allclose(trait(page, "running"), NormBlock().after(), rtol=1e-12)
    page.get_by_label("Momentum").fill("0.5")
    page.get_by_role("button", name="Ten steps").click()
    block = NormBlock(momentum=0.5, running=NormBlock().after())
    block.running = block.after(10)
    np.testing.assert_allclose(trait(page, "running"), block.running, rtol=1e-12)
    page.get_by_label("Statistics").select_option("false")
    block.training = False
    np.testing.assert_allclose(results(page), block.output(), atol=0.0051)
    assert "In training this batch would give 1.802." in told(page)
    assert trait(page, "reached") == ["agree"]
    assert page.get_by_role("button", name="Training step").is_disabled()
    page.get_by_label(EDIT).fill("500")
    assert page.locator("[data-moved]").count() == 1
    page.get_by_label("channels (C)").check()
    assert trait(page, "running") == []


def test_a_batch_of_one_number_is_no_training(show) -> None:
    page = show(NormBlock())
    page.get_by_label("Images in the batch").fill("1")
    page.get_by_label("Places in an image").fill("1")
    assert np.shape(trait(page, "x")) == (1, 4, 1)
    assert (results(page) == 0).all()
    assert "Compared with itself alone" in told(page)
    assert "torch refuses to train so" in told(page)
    page.get_by_role("button", name="Ten steps").click()
    assert "No training step: each set has one number" in (
        page.locator(".cnnbook-message").inner_text()
    )
    assert trait(page, "running") == []
    page.get_by_label("Images in the batch").fill("4")
    page.get_by_label("Places in an image").fill("4")
    assert np.array(trait(page, "x"))[:3].tolist() == START
    NormBlock(x=trait(page, "x"), selected=trait(page, "selected"))  # Python takes it


def test_new_batch_and_start_again(show) -> None:
    page = show(NormBlock(axes=[1, 2], groups=2, selected=[1, 2, 3]))
    page.get_by_role("button", name="New batch").click()
    x = np.array(trait(page, "x"))
    assert x.shape == (3, 4, 4)
    assert (x != START).any()
    low, high = (f(np.array(START), (0, 2)) for f in (np.min, np.max))
    assert (x.min((0, 2)) >= low).all()
    assert (x.max((0, 2)) <= high).all()
    assert page.locator("[data-moved], [data-edited]").count() == 0
    page.locator("[data-norm=batch]").click()
    page.get_by_role("button", name="result image 1, channel 1, place 1").click()
    page.get_by_role("button", name="Start again").click()
    assert trait(page, "x") == START
    assert (trait(page, "axes"), trait(page, "groups")) == ([1, 2], 2)
    assert trait(page, "selected") == [1, 2, 3]


def test_bad_numbers_are_told_and_not_taken(show) -> None:
    page = show(NormBlock())
    message = page.locator(".cnnbook-message")
    page.get_by_label(EDIT).fill("one")
    expect(message).to_contain_text(f"{EDIT}: “one” is not a number")
    page.get_by_label("x image 1, channel 2, place 1").fill("")
    expect(message).to_contain_text("2 cells hold no number.")
    assert trait(page, "x") == START
    page.get_by_label(EDIT).fill("1/4")
    expect(message).to_contain_text("x image 1, channel 2, place 1 is empty. 40 is still used")
    page.get_by_label("x image 1, channel 2, place 1").fill("−2,5")
    expect(message).to_be_empty()
    assert trait(page, "x")[2][0][3] == 0.25
    assert trait(page, "x")[0][1][0] == -2.5


def test_goals_are_open_at_the_start_and_each_is_reached(show) -> None:
    page = show(NormBlock())
    done = page.locator(".cnnbook-goals [data-done=true]")
    page.get_by_role("button", name="result image 2, channel 3, place 1").click()
    page.get_by_role("button", name="result image 1, channel 1, place 1").click()
    for norm in ("layer", "instance", "group", "batch"):
        page.locator(f"[data-norm={norm}]").click()
    assert done.count() == 0
    for typed, reached in (("10", []), ("100", ["turn"])):
        page.get_by_label(EDIT).fill(typed)
        assert trait(page, "reached") == reached
    page.locator("[data-norm=group]").click()
    page.get_by_label("Groups of C").select_option("1")
    expect(page.locator("[data-norm=layer]")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Groups of C").select_option("4")
    assert "Instance norm, as group norm with 4 groups" in (
        page.locator(".cnnbook-norm-name-line").inner_text()
    )
    assert trait(page, "reached") == ["turn", "twins"]
    page.get_by_label(EDIT).fill("3")
    assert trait(page, "reached") == ["turn", "twins", "free"]
    page.get_by_role("button", name="Start again").click()
    page.get_by_label("Momentum").fill("1")
    page.get_by_role("button", name="Training step").click()
    assert done.count() == 3
    page.get_by_label("Statistics").select_option("false")
    assert trait(page, "reached") == ["turn", "twins", "free", "agree"]
    assert done.count() == 4


def test_concealed_covers_the_results_and_earns_nothing(show) -> None:
    page = show(NormBlock(), concealed=True)
    cells = page.locator(".cnnbook-norm-cell button")
    assert set(cells.all_inner_texts()) == {"?"}
    assert told(page) == "Image 1, channel 1, place 1 holds 6 Covered until you have answered."
    assert page.locator(".cnnbook-norm-line *").count() == 0
    assert page.get_by_role("button", name="covered, of 6").count() >= 1
    page.get_by_label(EDIT).fill("100")
    assert page.locator("[data-moved]").count() == 0
    assert "1.80" not in page.locator(".cnnbook-norm").inner_html()
    assert page.locator(".cnnbook-norm-moves").inner_text() == "1 number changed."
    assert trait(page, "reached") == []
    page.evaluate("model.set('concealed', false)")
    assert page.locator("[data-moved]").count() == 12
    assert "?" not in cells.all_inner_texts()
    page.get_by_label(EDIT).fill("101")
    assert trait(page, "reached") == ["turn"]


def test_what_python_sets_is_drawn_and_never_saved(show) -> None:
    changes = {
        "x": changed((0, 0, 0), 3),
        "selected": [1, 1, 1],
        "momentum": 0.5,
        "running": [[1, 2]] * 4,
        "training": False,
        "axes": [1, 2],
        "groups": 2,
        "concealed": True,
        "goals": GOALS[:1],
        "reached": ["turn"],
    }
    draws_what_python_sets(show(NormBlock()), changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x": [[1, 2], [3]]}, "x cannot be [[1,2],[3]]"),
        ({"x": None, "axes": "all"}, 'axes cannot be "all"; [0,2] is used.'),
        ({"axes": [2, 1]}, "axes cannot be [2,1]; [0,2] is used."),
        ({"groups": 3}, "groups cannot be 3; 1 is used."),
        ({"momentum": 2}, "momentum cannot be 2; 0.1 is used."),
        ({"running": [[1, 2]]}, "running cannot be [[1,2]]; [] is used."),
        ({"selected": "x", "goals": {"a": 1}, "reached": None}, ""),
        ({"training": 1}, "training cannot be 1; true is used."),
    ],
)
def test_damaged_state_is_told_and_survived(show, changes, words) -> None:
    page = show(NormBlock(), **changes)
    assert words in page.locator(".cnnbook-message").inner_text()
    page.locator("[data-norm=layer]").click()
    page.get_by_role("button", name="result image 1, channel 1, place 2").click()
    assert trait(page, "selected") == [0, 0, 1]


def test_walking_by_keyboard_keeps_one_tab_stop(show) -> None:
    page = show(NormBlock())
    page.get_by_role("button", name="result image 1, channel 1, place 1").focus()
    for key, place in (
        ("ArrowDown", [0, 1, 0]),
        ("End", [2, 1, 3]),
        ("ArrowLeft", [2, 1, 2]),
        ("Home", [0, 1, 0]),
        ("ArrowLeft", [0, 1, 0]),
        ("Control+End", [2, 3, 3]),
        ("ArrowUp", [2, 2, 3]),
        ("Control+Home", [0, 0, 0]),
    ):
        page.keyboard.press(key)
        assert trait(page, "selected") == place
        n, c, p = (v + 1 for v in place)
        name = f"result image {n}, channel {c}, place {p}:"
        expect(page.get_by_role("button", name=name)).to_be_focused()
    assert page.locator(".cnnbook-norm-cards [tabindex='0']").count() == 2
    page.get_by_label("x image 1, channel 1, place 4").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("x image 2, channel 1, place 1")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("x image 2, channel 2, place 1")).to_be_focused()


def test_width_is_followed_until_cleaned_up(show) -> None:
    follows_its_width(
        show(NormBlock()), "document.querySelector('.cnnbook-norm-line').getAttribute('width')"
    )


LARGE = np.random.default_rng(0).normal(0, 400, (4, 6, 4)).round(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_axe_finds_nothing(show, theme, width) -> None:
    page = show(NormBlock(x=LARGE, axes=[1, 2], groups=3), width, theme)
    page.get_by_label("x image 2, channel 1, place 1").fill("9")
    page.get_by_label("x image 1, channel 1, place 1").fill("zz")
    suits_everybody(page)


@pytest.mark.parametrize("width", [1000, 390])
def test_nothing_moves_while_a_reader_plays(show, width) -> None:
    page = show(NormBlock(), width)
    heights: dict[str, set] = {}

    def measure() -> None:
        for part in (".cnnbook-norm-cards", ".cnnbook-norm-line", ".cnnbook-goalbox"):
            top = page.locator(part).evaluate("(e) => e.getBoundingClientRect().top + scrollY")
            heights.setdefault(part, set()).add(top)

    measure()
    for norm in ("layer", "instance", "group", "batch"):
        page.locator(f"[data-norm={norm}]").click()
        measure()
    for axis in ("images (N)", "places (H·W)", "channels (C)"):
        page.get_by_label(axis).click()
        measure()
    page.get_by_role("button", name="Start again").click()
    for value in ("2", "−12.345", "999"):
        page.get_by_label(EDIT).fill(value)
        measure()
    page.get_by_role("button", name="Ten steps").click()
    measure()
    page.get_by_label("Statistics").select_option("false")
    measure()
    page.get_by_role("button", name="result image 3, channel 4, place 4").click()
    measure()
    for images in ("1", "4"):
        page.get_by_label("Images in the batch").fill(images)
        measure()
    for places in ("1", "2"):
        page.get_by_label("Places in an image").fill(places)
        measure()
    page.evaluate("model.set('concealed', true)")
    measure()
    assert [len(tops) for tops in heights.values()] == [1, 1, 1], heights

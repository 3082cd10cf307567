"""Follow the receptive field through all operations of a run, branches and shortcuts included."""

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction

import torch

from cnnbook.summary import moves, rules
from cnnbook.summary.pattern import INPUT, joined
from cnnbook.summary.record import Group, Operation, Ref
from cnnbook.summary.rules import Fields
from cnnbook.summary.seen import Seen

Size = int | str | None
RULES: dict[str, Callable] = {
    name: rule
    for rule, names in (
        (rules.convolution, "convolution _convolution convolution_overrideable"),
        (rules.pooling, "max_pool1d max_pool2d max_pool2d_with_indices max_pool3d_with_indices"),
        (rules.pooling, "avg_pool1d avg_pool2d avg_pool3d"),
        (rules.adaptive_pooling, "adaptive_avg_pool1d _adaptive_avg_pool2d _adaptive_avg_pool3d"),
        (rules.adaptive_pooling, "adaptive_max_pool2d adaptive_max_pool3d"),
        (rules.interpolation, "upsample_nearest1d upsample_nearest2d upsample_nearest3d"),
        (rules.interpolation, "upsample_linear1d upsample_bilinear2d upsample_trilinear3d"),
        (rules.interpolation, "_upsample_nearest_exact1d _upsample_nearest_exact2d"),
        (rules.interpolation, "_upsample_nearest_exact3d upsample_bicubic2d"),
        (rules.padding, "constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d"),
        (rules.padding, "replication_pad1d replication_pad2d replication_pad3d"),
        (rules.first_only, "native_batch_norm _native_batch_norm_legit cudnn_batch_norm"),
        (rules.first_only, "_native_batch_norm_legit_no_training _batch_norm_with_update"),
        (rules.first_only, "native_group_norm native_layer_norm _fused_rms_norm"),
        (rules.reduction, "mean sum amax amin max min var std var_mean std_mean logsumexp prod"),
        (rules.reduction, "argmax argmin norm linalg_vector_norm any all median nansum"),
        (rules.running, "_softmax _log_softmax _safe_softmax cumsum cumprod sort glu"),
        (rules.product, "mm bmm addmm baddbmm mv addmv dot"),
        (rules.cell_by_cell, "clone _to_copy contiguous native_dropout alias detach rrelu"),
        (
            rules.cell_by_cell,
            "hardswish log_sigmoid_forward tril triu",
        ),
        (rules.cell_by_cell, "lift_fresh rrelu_with_noise _prelu_kernel masked_fill where"),
        (moves.reshaped, "view _unsafe_view reshape _reshape_alias view_copy"),
        (moves.moved, "permute transpose t slice select squeeze unsqueeze expand unfold diagonal"),
        (
            moves.moved,
            "split split_with_sizes unsafe_split unbind chunk flip roll repeat",
        ),
        (moves.moved, "pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle"),
        (moves.joined, "cat"),
        (moves.stacked, "stack"),
        (moves.indexed, "index index_select"),
        (moves.copied, "copy_"),
        (
            moves.whole,
            "grid_sampler_2d grid_sampler_3d im2col col2im",
        ),
    )
    for name in names.split()
}
FRESH = ("_like", "zero_", "fill_", "bernoulli_", "normal_", "uniform_", "random_")


def rule_of(operation: Operation) -> Callable | None:
    """Return how an operation carries fields; None if it is not known."""
    name = operation.name
    if name.endswith(FRESH) or name.startswith("new_"):
        return lambda operation, known: {}
    if name in RULES:
        return RULES[name]
    if torch.Tag.pointwise in operation.function.tags:
        return rules.cell_by_cell
    return RULES.get(name.removesuffix("_"))


class Replay:
    """Fields of every tensor of a run.

    Args:
        inputs: of the run; the dims behind the first two of each are its axes.
    """

    def __init__(self, inputs: list[Ref]) -> None:
        """Let each cell of the inputs see itself."""
        self.inputs = inputs
        self.fields: dict[Ref, Fields] = {}
        self.sharing: dict[int, set[Ref]] = defaultdict(set)
        self.unfamiliar: set[str] = set()
        for i, ref in enumerate(inputs):
            axes = range(len(ref.shape) - 2)
            self.note(ref, {(i, axis): Seen(axis + 2, INPUT) for axis in axes})

    def known(self, argument: object) -> Fields:
        """Return the fields of an argument, none if it has none."""
        return self.fields.get(argument, {}) if isinstance(argument, Ref) else {}

    def note(self, ref: Ref, fields: Fields) -> None:
        """Set the fields of a tensor."""
        self.fields[ref] = fields
        self.sharing[ref.storage].add(ref)

    def follow(self, operation: Operation) -> None:
        """Carry fields over one operation."""
        written = operation.written
        if not any(self.known(ref) for ref in operation.read):
            for ref in written:
                self.note(ref, {})
            return
        rule = rule_of(operation)
        if rule is None:
            self.unfamiliar.add(operation.name)
            rule = moves.whole
        results = rule(operation, self.known)
        if isinstance(results, dict):  # statistics and the like beside the result have none
            results = [results if ref.shape == written[0].shape else {} for ref in written]
        for ref, fields in zip(written, results, strict=True):
            self.note(ref, fields)
        if operation.function._schema.is_mutable:
            for ref, fields in zip(written, results, strict=True):
                self.spread(ref, fields)

    def spread(self, ref: Ref, fields: Fields) -> None:
        """Let other views of memory that was written in see all that was written."""
        for other in self.sharing[ref.storage] - {ref}:
            own = self.fields[other]
            new = {k: s.whole(ref.shape) for k, s in fields.items() if k not in own}
            self.fields[other] = own | new

    def reported(self, outputs: list[Ref]) -> tuple[tuple[Size, ...], tuple[Fraction | None, ...]]:
        """Return size and jump along each axis of the first input that the outputs see.

        A size is "all" where the whole axis is seen whatever the place.
        """
        for ref in outputs:
            fields = self.known(ref)
            if fields:
                first = min(i for i, _ in fields)
                axes = [(k, fields[k]) for k in sorted(fields) if k[0] == first]
                dims = [seen.dim for _, seen in axes]
                sizes = tuple(self.size(key, seen, ref.shape) for key, seen in axes)
                return sizes, tuple(jump(seen, dims) for _, seen in axes)
        return (), ()

    def size(self, key: tuple[int, int], seen: Seen, shape: tuple[int, ...]) -> Size:
        """Return the size of the largest field along one axis."""
        axis = self.inputs[key[0]].shape[2 + key[1]]
        if seen.fixed is None:
            if seen.pattern:
                return seen.pattern.size
            arrays = seen.arrays(shape)
            return int((arrays[1] - arrays[0]).max()) + 1 if arrays else 0
        if seen.fixed[0] <= 0 and seen.fixed[1] >= axis - 1:
            return "all"
        arrays = seen.arrays(shape)
        ends = zip(*(a.reshape(-1).tolist() for a in arrays), strict=True) if arrays else [None]
        both = (joined((seen.fixed, end)) for end in ends)
        size = max(min(high, axis - 1) - max(low, 0) + 1 for low, high in both)
        return "all" if size == axis else size


def jump(seen: Seen, dims: list[int | None]) -> Fraction | None:
    """Return the jump, if the cells still lie side by side along a dim of their own."""
    apart = seen.pattern is not None and dims.count(seen.dim) == 1
    return seen.pattern.jump if apart and seen.pattern.step else None


def receptive_fields(
    operations: list[Operation], groups: list[Group], inputs: list[Ref]
) -> tuple[dict[Group, tuple], set[str]]:
    """Report the field after each call, and the operations that no rule is for."""
    ends = {group: group.begin for group in groups}
    for moment, operation in enumerate(operations):
        if operation.group in ends:
            ends[operation.group] = moment + 1
    due = defaultdict(list)
    for group, moment in ends.items():
        due[moment].append(group)
    replay, report = Replay(inputs), {}
    for moment in range(len(operations) + 1):
        if moment:
            replay.follow(operations[moment - 1])
        for group in due[moment]:
            report[group] = replay.reported(group.outputs)
    return report, replay.unfamiliar

"""Run a module without touching it: on stand-ins for its parameters, where nothing is computed."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from cnnbook.shapes.checks import whole
from cnnbook.summary.record import leaves
from cnnbook.summary.trace import Tracer


class Run:
    """One traced run.

    Attributes:
        tracer: the record.
        inputs: what went in, a Ref for each tensor.
        outputs: what came out.
        parameters: storage -> how many parameters are in it.
        device: where it ran.
    """

    def __init__(self, module: nn.Module, inputs: tuple, device: torch.device) -> None:
        """Run the module on a device.

        Raises:
            RuntimeError: if the module does, with the layer that failed and its input shapes.
        """
        self.device = device
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.enable_grad())
            # kept, as the record knows their storages by number
            self.stand_ins, self.parameters = copies(module, device)
            state = {tensor.untyped_storage()._cdata for tensor in self.stand_ins.values()}
            self.tracer = Tracer(module, state)
            stack.enter_context(unchanged(module))
            if device.type == "meta":
                stack.enter_context(device)  # so that what the forward makes is there too
            inputs = moved(inputs, device)
            self.inputs = list(map(self.tracer.ref, leaves(inputs, torch.Tensor)))
            stack.enter_context(self.tracer.listening())
            try:
                result = torch.func.functional_call(module, self.stand_ins, inputs)
            except Exception as error:
                raise blamed(self.tracer, error) from error
        self.outputs = list(map(self.tracer.ref, leaves(result, torch.Tensor)))


def run(module: nn.Module, inputs: tuple) -> Run:
    """Run a module on the meta device or, if it cannot run there, where its parameters are.

    Raises:
        ValueError: if an input is neither a tensor nor a shape, or the module is not ready.
        RuntimeError: as `Run`.
    """
    if not isinstance(module, nn.Module):
        raise ValueError(f"the ledger wants a torch.nn.Module, got {module!r}")
    if not inputs:
        raise ValueError("the ledger wants an input, a tensor or a shape such as (1, 3, 224, 224)")
    tensors = [*module.parameters(), *module.buffers()]
    if any(map(is_lazy, tensors)):
        raise ValueError("the module has lazy parameters: call it once on an input first")
    home = next((t.device for t in tensors), torch.device("cpu"))
    inputs = tuple(given(value, tensors) for value in inputs)
    try:
        return Run(module, inputs, torch.device("meta"))
    except RuntimeError:
        if home.type == "meta":
            raise
    return Run(module, inputs, home)  # a mistake of the module's own comes up again


def given(value: object, tensors: list[torch.Tensor]) -> object:
    """Return an input as it is, a shape as a tensor without numbers."""
    sizes = isinstance(value, tuple | list) and all(type(n) is int for n in value)
    if not sizes or not value:
        return value
    shape = [whole(n, "each number of a shape", 1) for n in value]
    kind = next((t.dtype for t in tensors if t.is_floating_point()), torch.float32)
    return torch.empty(shape, dtype=kind, device="meta")


def moved(value: object, device: torch.device) -> object:
    """Put the tensors of nested lists, tuples and dicts on a device; a bare shape gets noise."""
    if isinstance(value, torch.Tensor):
        if value.is_inference():
            value = value.clone()
        value = value.detach().requires_grad_(value.requires_grad)
        if device.type != "meta" and value.device.type == "meta":
            draw = torch.Generator().manual_seed(0)
            return torch.randn(value.shape, generator=draw).to(device, value.dtype)
        return value if value.device == device else value.to(device)
    if isinstance(value, dict):
        return type(value)((key, moved(part, device)) for key, part in value.items())
    if isinstance(value, tuple | list):
        parts = [moved(part, device) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def copies(
    module: nn.Module, device: torch.device
) -> tuple[dict[str, torch.Tensor], dict[int, int]]:
    """Copy parameters and buffers, shared ones once; on the meta device without their numbers."""
    made: dict[int, torch.Tensor] = {}
    parameters: dict[int, int] = {}
    stand_ins = {}
    for name, tensor in module.named_parameters(remove_duplicate=False):
        if id(tensor) not in made:
            made[id(tensor)] = copy = nn.Parameter(copied(tensor, device), tensor.requires_grad)
            number = copy.untyped_storage()._cdata
            parameters[number] = tensor.numel()
        stand_ins[name] = made[id(tensor)]
    for name, tensor in module.named_buffers(remove_duplicate=False):
        stand_ins[name] = made.setdefault(id(tensor), copied(tensor, device))
    return stand_ins, parameters


def copied(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return a tensor of the same kind on a device."""
    if device.type == "meta":
        return torch.empty_like(tensor, device=device, requires_grad=False)
    return tensor.detach().clone()


@contextmanager
def unchanged(module: nn.Module) -> Iterator[None]:
    """Put the attributes of every layer, and all random generators, back as they were."""
    layers = {layer: dict(vars(layer)) for layer in module.modules()}
    python, numpy = random.getstate(), np.random.get_state()
    cuda = {t.device for t in module.parameters() if t.device.type == "cuda"}
    try:
        with torch.random.fork_rng(devices=list(cuda)):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        for layer, before in layers.items():
            vars(layer).clear()
            vars(layer).update(before)


def blamed(tracer: Tracer, error: Exception) -> RuntimeError:
    """Say in which layer an error came up."""
    group = tracer.blame(error)
    text = f"{type(error).__name__}: {error}"
    if group is None:
        return RuntimeError(f"the module could not be called: {text}")
    shapes = ", ".join(map(str, group.inputs)) or "no tensor"
    return RuntimeError(f"{group.name} ({group.kind}) failed on {shapes}: {text}")

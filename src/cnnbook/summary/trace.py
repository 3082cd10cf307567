"""Run a module once and write down every operation that torch carries out for it.

Two modes of torch listen. The outer one hears the functions that a forward calls (`F.relu`, `+`,
`torch.cat`) and gives an operation its name; the inner one hears the ATen operations that they
come down to, below autograd, with the tensors that go in and out. Hooks tell which module runs.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from cnnbook.summary.record import Group, Operation, Ref, leaves, replaced

SPELLED = {"iadd": "add", "radd": "add", "isub": "sub", "rsub": "sub", "imul": "mul"} | {
    "rmul": "mul", "truediv": "div", "rtruediv": "div", "itruediv": "div", "rpow": "pow"
}  # fmt: skip


def of_torch(module: nn.Module) -> bool:
    """Tell whether a layer is torch's own: it is one row, whatever functions it calls."""
    return type(module).__module__.split(".")[0] == "torch"


class Tracer(TorchDispatchMode):
    """Listen to one run of a module.

    Args:
        module: what runs.
        state: storages of its parameters and buffers.
    """

    def __init__(self, module: nn.Module, state: set[int]) -> None:
        """Name the modules and start with an empty record."""
        super().__init__()
        self.names = {id(m): name or type(m).__name__ for name, m in module.named_modules()}
        self.root, self.state = module, state
        self.operations: list[Operation] = []
        self.groups: list[Group] = []
        self.calls: dict[str, int] = {}
        self.stack: list[tuple[nn.Module | None, Group]] = []
        self.failure: tuple[BaseException | None, Group | None] = (None, None)  # the innermost
        self.outer: BaseException | None = None  # what is being handled while this runs
        self.alive: dict[int, object] = {}  # else a storage's number could be given again
        self.resting = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Switch modes and hooks on, and off again whatever happens."""
        with ExitStack() as stack:
            self.outer = sys.exc_info()[1]
            leaving = register_module_forward_hook(self.leave_module, always_call=True)
            stack.callback(leaving.remove)
            stack.callback(register_module_forward_pre_hook(self.enter_module).remove)
            stack.enter_context(torch.autograd.graph.saved_tensors_hooks(self.pack, lambda t: t))
            stack.enter_context(self)
            stack.enter_context(Functions(self))
            yield

    def ref(self, tensor: torch.Tensor) -> Ref:
        """Describe a tensor and keep its storage."""
        storage = tensor.untyped_storage()
        number = self.alive.setdefault(storage._cdata, storage)._cdata
        place = tensor.storage_offset(), tuple(tensor.shape), tuple(tensor.stride())
        return Ref(number, *place, tensor.element_size(), storage.nbytes())

    def shapes(self, value: object) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of what goes into a call, parameters and buffers left out."""
        refs = map(self.ref, leaves(value, torch.Tensor))
        return tuple(ref.shape for ref in refs if ref.storage not in self.state)

    def number(self, group: Group) -> None:
        """Tell a call from the calls before it that have the same name."""
        self.calls[group.name] = self.calls.get(group.name, 0) + 1
        if self.calls[group.name] > 1:
            group.name += f"#{self.calls[group.name]}"

    def list_(self, group: Group) -> None:
        """Give a call its row, once; a function's is numbered only then."""
        if not group.listed:
            group.listed = True
            self.groups.append(group)
            if group.name.endswith("()"):
                self.number(group)

    def enter_module(self, module: nn.Module, args: tuple) -> None:
        """Note that a module starts (a hook)."""
        kind = type(module).__name__
        name = self.names.get(id(module), kind)
        group = Group(name, kind, self.shapes(args), begin=len(self.operations))
        self.number(group)
        if of_torch(module) and not list(module.children()):
            self.list_(group)
        self.stack.append((module, group))

    def leave_module(self, module: nn.Module, args: tuple, result: object) -> None:
        """Note that a module ends (a hook), well or by an exception."""
        error = sys.exc_info()[1]
        while self.stack:
            other, group = self.stack.pop()
            if error not in (None, self.outer, self.failure[0]):
                self.failure = error, group
            if other is module:
                group.outputs = list(map(self.ref, leaves(result, torch.Tensor)))
                return

    def call(self, function: Callable, name: str, args: tuple, kwargs: dict) -> object:
        """Run a function; a module that is not torch's own has a row for it."""
        module = self.stack[-1][0] if self.stack else None
        if module is None or of_torch(module):
            return function(*args, **kwargs)
        group = Group(self.within(module, name), SPELLED.get(name, name))
        group.begin = len(self.operations)
        self.stack.append((None, group))
        depth = len(self.stack)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            if self.failure[0] is not error:
                group.inputs = self.shapes((args, kwargs))
                self.failure = error, group
            raise
        finally:
            del self.stack[depth - 1 :]
        if group.listed:
            group.inputs = self.shapes((args, kwargs))
            group.outputs = list(map(self.ref, leaves(result, torch.Tensor)))
        return result

    def within(self, module: nn.Module, name: str) -> str:
        """Name a function after the module that calls it."""
        name = f"{SPELLED.get(name, name)}()"
        if module is self.root:
            return name
        return f"{self.names.get(id(module), type(module).__name__)}.{name}"

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run an ATen operation and write it down."""
        kwargs = kwargs or {}
        if self.resting or not self.stack:
            return func(*args, **kwargs)
        seen = [replaced(value, torch.Tensor, self.ref) for value in (args, kwargs)]
        result = func(*args, **kwargs)
        module, group = self.stack[-1]
        operation = Operation(func, *seen, replaced(result, torch.Tensor, self.ref), group)
        self.operations.append(operation)
        if not operation.is_view:
            if module is not None and not of_torch(module):  # called from inside torch
                operation.group = group = self.alone(module, operation)
            self.list_(group)
        return result

    def alone(self, module: nn.Module, operation: Operation) -> Group:
        """Make a row for an operation that no function of torch stands for."""
        inputs = tuple(ref.shape for ref in operation.read if ref.storage not in self.state)
        group = Group(self.within(module, operation.name), operation.name, inputs)
        group.begin, group.outputs = len(self.operations) - 1, operation.written
        return group

    def pack(self, tensor: torch.Tensor) -> torch.Tensor:
        """Note what autograd keeps for the backward pass (a hook)."""
        ref = self.ref(tensor)
        if self.stack and ref.storage not in self.state:
            self.stack[-1][1].saved.append(ref)
            self.list_(self.stack[-1][1])
        self.resting = True
        try:
            return tensor.detach()
        finally:
            self.resting = False

    def blame(self, error: BaseException) -> Group | None:
        """Return the call in which an error came up, if the run got as far as a module."""
        if self.failure[0] is error:
            return self.failure[1]
        return self.stack[-1][1] if self.stack else None


class Functions(TorchFunctionMode):
    """Tell a tracer which function of torch the forward calls."""

    def __init__(self, tracer: Tracer) -> None:
        """Remember whom to tell."""
        super().__init__()
        self.tracer = tracer

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Run a function under its name."""
        name = getattr(func, "__name__", type(func).__name__).strip("_")
        return self.tracer.call(func, name, args, kwargs or {})

"""Gradient descent with momentum, without the 1.3 s that the first optimiser of torch.optim takes.

torch imports its compiler with it, whichever it is. Those of torch.optim work as well, since this
one has their methods: `train(..., optimiser=torch.optim.Adam, lr=1e-3)`.
"""

from collections.abc import Iterable

import torch
from torch import nn


class SGD:
    r"""Stochastic gradient descent, equal to torch.optim.SGD to the last bit.

    v ← momentum v + (dw + weight_decay w),  w ← w − lr v

    With nesterov the step is that of a v one update ahead: w ← w − lr (dw + momentum v).
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        """Start at rest: the first velocity of a weight is its first gradient."""
        self.param_groups = [{"params": list(params), "lr": lr}]
        self.momentum, self.weight_decay, self.nesterov = momentum, weight_decay, nesterov
        self.velocity: list[torch.Tensor | None] = [None] * len(self.param_groups[0]["params"])

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for w in self.param_groups[0]["params"]:
            w.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update each weight that has a gradient."""
        for i, w in enumerate(self.param_groups[0]["params"]):
            if w.grad is None:
                continue
            dw = w.grad.add(w, alpha=self.weight_decay) if self.weight_decay else w.grad
            v = self.velocity[i]
            v = dw.clone() if v is None else v.mul_(self.momentum).add_(dw)
            self.velocity[i] = v
            move = dw.add(v, alpha=self.momentum) if self.nesterov else v
            w.add_(move, alpha=-self.param_groups[0]["lr"])

    def state_dict(self) -> dict:
        """Return what a checkpoint needs."""
        return {"velocity": self.velocity}

    def load_state_dict(self, state: dict) -> None:
        """Go on from what `state_dict` returned."""
        weights = self.param_groups[0]["params"]
        self.velocity = [
            v if v is None else v.to(w.device, w.dtype)
            for v, w in zip(state["velocity"], weights, strict=True)
        ]

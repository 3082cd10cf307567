"""Run by torchrun in test_distributed: what several processes agree on, as JSON."""

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from small_networks import drawing, plain

from cnnbook import data, training
from cnnbook.training import checkpoint, distributed

folder = Path(sys.argv[1])
full = training.standardise(data.load("textures"))
few = replace(full, x_train=full.x_train[:100], y_train=full.y_train[:100])
quiet = partial(training.train, progress=False, validation=20, every=5)

with distributed.processes():
    rank = distributed.rank()
    # ranks start with different weights: those of process 0 count
    model = training.build(drawing, rank)
    whole = quiet(model, few, 20, batch=10, patience=9)
    state = {k: v.double().sum().item() for k, v in model.state_dict().items()}

    path, written, save = folder / "run.pt", [], checkpoint.save
    checkpoint.save = lambda *state: (written.append(1), save(*state))
    quiet(training.build(drawing, 0), few, 10, batch=10, patience=9, checkpoint=path)
    parts = quiet(training.build(drawing, 5), few, 20, batch=10, patience=9, checkpoint=path)

    refused = diverged = ""
    try:
        quiet(plain(), few, batch=9)
    except ValueError as error:
        refused = str(error)
    try:
        quiet(training.build(plain, 0), few, 300, batch=10, lr=1e6)
    except FloatingPointError as error:
        diverged = str(error)
    found = {
        "history": whole.to_json(),
        "state": state,
        "parts": parts.to_json(),
        "written": len(written),
        "refused": refused,
        "diverged": diverged,
        "evaluated": training.evaluate(model, few.x_test, few.y_test, batch=70),
        "part": distributed.part(torch.arange(10)).tolist(),
    }
    (folder / f"{rank}.json").write_text(json.dumps(found))

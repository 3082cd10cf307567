"""Run a study and write its result file: `python -m cnnbook.experiments NAME`."""

import argparse
import datetime
import json
import os
import platform
from functools import partial

import numpy as np
import torch

from cnnbook.experiments import (
    RESULTS,
    covariate_shift,
    denoising,
    depth_sweep,
    loss_cut,
    normalisation,
    overfitting,
    pooling,
    pooling_textures,
    reduced_models,
    residual,
    residual_surgery,
    separable,
    separable_speed,
    shuffled_pixels,
)


def pooling_study() -> dict:
    """Run the study of pooling, and its part on textures."""
    return pooling.study(workers=os.cpu_count()) | {"textures": pooling_textures.study()}


STUDIES = {
    "covariate-shift": partial(covariate_shift.study, workers=os.cpu_count()),
    "denoising": partial(denoising.study, workers=os.cpu_count()),
    "depth-sweep": depth_sweep.study,
    "loss-cut": partial(loss_cut.study, workers=os.cpu_count()),
    "normalisation": partial(normalisation.study, workers=os.cpu_count()),
    "overfitting": overfitting.study,
    "pooling": pooling_study,
    "reduced-models": partial(reduced_models.study, workers=os.cpu_count()),
    "residual": partial(residual.study, workers=os.cpu_count()),
    "residual-surgery": partial(residual_surgery.study, workers=os.cpu_count()),
    "separable": partial(separable.study, workers=os.cpu_count()),
    "separable-speed": separable_speed.study,
    "shuffled-pixels": shuffled_pixels.study,
}


def main(arguments: list[str] | None = None) -> None:
    """Run the study that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m cnnbook.experiments")
    parser.add_argument("name", choices=STUDIES)
    name = parser.parse_args(arguments).name
    torch.set_num_threads(1)  # the order of additions, so the result, depends on it
    record = {
        "command": f"python -m cnnbook.experiments {name}",
        "date": datetime.date.today().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
        **STUDIES[name](),
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()

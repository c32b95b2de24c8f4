"""Comparison of training methods: arms that differ in some recipe fields, each with the same seeds.

Every run is an ordinary training run in a folder of its own: an interrupted study continues, a finished run
is not repeated, and each can be looked at alone.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import platform
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from rbonn_hw import results
from rbonn_hw.errors import ConfigError
from rbonn_hw.keeper import end_with_parent
from rbonn_hw.models.boxes import TOP1
from rbonn_hw.train import checkpoint, data, loop
from rbonn_hw.train.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is compared.

    Attributes:
        name: Short name; also of the result file.
        question: One sentence, stands in the result.
        base: What all runs share; its seed and method are replaced.
        arms: Label to the fields in which this arm differs from ``base``.
        baseline: Label of the arm that the others are compared with, seed by seed.
        seeds: Seeds of every arm; 3 at least.
    """

    name: str
    question: str
    base: Recipe
    arms: Mapping[str, Mapping[str, Any]]
    baseline: str
    seeds: tuple[int, ...] = (0, 1, 2)

    def __post_init__(self) -> None:
        if len(set(self.seeds)) < 3 or len(set(self.seeds)) != len(self.seeds):
            raise ConfigError(f"study {self.name}: seeds {self.seeds} must be 3 or more different ones")
        if self.baseline not in self.arms:
            raise ConfigError(f"study {self.name}: no arm {self.baseline!r} among {list(self.arms)}")
        known = {field.name for field in dataclasses.fields(Recipe)}
        for label, changes in self.arms.items():
            for field in changes:
                if field not in known or field == "seed":
                    raise ConfigError(f"study {self.name}, arm {label!r}: {field!r} cannot be changed")
        for _ in self.runs():
            pass  # Each recipe checks itself at construction.

    def runs(self) -> Iterator[tuple[str, Recipe]]:
        """Yield (label, recipe) of every run; seeds vary slowest, so that a part of a study is balanced."""
        for seed in self.seeds:
            for label, changes in self.arms.items():
                yield label, dataclasses.replace(self.base, **changes, seed=seed)


@dataclass(frozen=True, slots=True)
class Run:
    """The end of one run.

    Attributes:
        label: Its arm.
        seed: Its seed.
        accuracy: Top-1, or mAP@0.5 of a detector, on the test split, 0 .. 1.
        losses: Mean training loss of each epoch.
        seconds: Wall time [s].
        metric: What the accuracy is.
    """

    label: str
    seed: int
    accuracy: float
    losses: tuple[float, ...]
    seconds: float
    metric: str = TOP1


def folder_of(out: Path, label: str, seed: int) -> Path:
    """Return where a run lives."""
    return out / f"{label.replace(' ', '_').replace('/', '_')}.seed{seed}"


def run_one(label: str, recipe: Recipe, data_dir: Path | None, out: Path, device: str) -> Run:
    """Train one arm with one seed, or continue, or recognise it.

    Raises:
        RbonnError: As :func:`rbonn_hw.train.loop.train`.
    """
    torch.set_num_threads(1)
    folder = folder_of(out, label, recipe.seed)
    loop.train(recipe, data.load(recipe.dataset, data_dir), folder, device=device)
    document = results.read_result(folder / checkpoint.RESULT, "rbonn train")
    return Run(
        label,
        recipe.seed,
        document["accuracy"]["test"],
        tuple(document["losses"]),
        document["seconds"],
        document.get("metric", TOP1),  # results of old name none
    )


def run_all(
    study: Study,
    data_dir: Path | None,
    out: Path,
    *,
    jobs: int,
    device: str,
    on_run: Callable[[Run], None] = lambda _: None,
) -> list[Run]:
    """Do every run of a study.

    Args:
        study: What to compare.
        data_dir: Data directory; see :func:`rbonn_hw.train.data.load`.
        out: Folder of the runs.
        jobs: Runs at a time, each in a process of its own with one PyTorch thread.
        device: PyTorch device of every run.
        on_run: Called in this process after each run.

    Returns:
        The runs in the order of :meth:`Study.runs`.

    Raises:
        ConfigError: ``jobs`` is not positive.
        RbonnError: As :func:`run_one`; runs under way are finished first.
    """
    if jobs < 1:
        raise ConfigError(f"jobs={jobs} must be at least 1")
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, spawn, end_with_parent, (os.getpid(),)) as pool:
        futures = [
            pool.submit(run_one, label, recipe, data_dir, out, device) for label, recipe in study.runs()
        ]
        try:
            for future in concurrent.futures.as_completed(futures):
                on_run(future.result())
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        return [future.result() for future in futures]


def summary(study: Study, runs: list[Run]) -> dict[str, Any]:
    """Return arm by arm: accuracies, mean and deviation, and the difference to the baseline seed by seed."""
    by_arm = {label: [run for run in runs if run.label == label] for label in study.arms}
    reference = {run.seed: run.accuracy for run in by_arm[study.baseline]}
    arms: dict[str, Any] = {}
    for label, changes in study.arms.items():
        accuracy = [run.accuracy for run in by_arm[label]]
        difference = [run.accuracy - reference[run.seed] for run in by_arm[label]]
        spread = statistics.stdev(difference) if label != study.baseline else 0.0
        arms[label] = {
            "changes": dict(changes),
            "accuracy": accuracy,
            "mean": statistics.mean(accuracy),
            "standard_deviation": statistics.stdev(accuracy),
            "difference": statistics.mean(difference),
            "difference_standard_error": spread / len(difference) ** 0.5,
            "loss": [statistics.mean(part) for part in zip(*(r.losses for r in by_arm[label]), strict=True)],
            "seconds": statistics.mean(run.seconds for run in by_arm[label]),
        }
    return arms


def write(study: Study, runs: list[Run], provenance: str, device: str, path: Path) -> None:
    """Write the result file of a study.

    Args:
        study: What was compared.
        runs: All its runs.
        provenance: Where the data came from; see :class:`rbonn_hw.train.data.Dataset`.
        device: PyTorch device of the runs.
        path: The file.
    """
    document = {
        "study": study.name,
        "question": study.question,
        "baseline": study.baseline,
        "seeds": list(study.seeds),
        "base": dataclasses.asdict(study.base),
        "metric": runs[0].metric,
        "data": provenance,
        "ran_on": f"{device}, PyTorch {torch.__version__}, {platform.machine()}",
        "arms": summary(study, runs),
    }
    results.write_result(path, document, {"arms": "executed"})

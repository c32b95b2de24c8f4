"""Studies: balanced order, honest arithmetic, and runs that are recognised when the study is run again."""

import dataclasses
import json
from pathlib import Path

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.train import study
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Run, Study

BASE = Recipe(network="digits", dataset="digits", epochs=1, batch_size=32, train_frames=64)
STUDY = Study(
    name="small",
    question="Does it run?",
    base=BASE,
    arms={"ste": {"method": "ste"}, "rbonn": {"method": "rbonn", "tau": 0.5}},
    baseline="ste",
)


def test_a_part_of_the_runs_holds_every_arm_alike() -> None:
    runs = list(STUDY.runs())

    assert [(label, recipe.seed) for label, recipe in runs[:3]] == [("ste", 0), ("rbonn", 0), ("ste", 1)]
    assert runs[1][1] == dataclasses.replace(BASE, method="rbonn", tau=0.5, seed=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": (0, 1)}, "3 or more different"),
        ({"seeds": (0, 1, 1)}, "3 or more different"),
        ({"baseline": "adam"}, "no arm 'adam'"),
        ({"arms": {"ste": {"metod": "ste"}}}, "'metod' cannot be changed"),
        ({"arms": {"ste": {"seed": 4}}}, "'seed' cannot be changed"),
        ({"arms": {"ste": {"tau": 2.0}}}, "tau"),
    ],
)
def test_a_study_that_is_none_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        dataclasses.replace(STUDY, **change)  # type: ignore[arg-type]


def test_the_summary_compares_seed_by_seed() -> None:
    accuracy = {"ste": (0.5, 0.6, 0.7), "rbonn": (0.6, 0.6, 0.9)}
    runs = [
        Run(label, seed, accuracy[label][seed], (2.0 + seed, 1.0 + seed), 10.0)
        for seed in (2, 0, 1)
        for label in ("rbonn", "ste")
    ]

    arms = study.summary(STUDY, runs)

    assert arms["ste"]["difference"] == 0.0
    assert arms["rbonn"]["mean"] == pytest.approx(0.7)
    assert arms["rbonn"]["standard_deviation"] == pytest.approx(0.03**0.5)
    # Differences 0.1, 0.0, 0.2: their mean, and their deviation 0.1 over the root of 3.
    assert arms["rbonn"]["difference"] == pytest.approx(0.1)
    assert arms["rbonn"]["difference_standard_error"] == pytest.approx(0.1 / 3**0.5)
    assert arms["rbonn"]["loss"] == [3.0, 2.0]


@pytest.mark.slow
def test_every_run_is_done_once_and_the_result_says_on_what(tmp_path: Path) -> None:
    first = study.run_all(STUDY, None, tmp_path, jobs=2, device="cpu")
    state = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")}
    done: list[Run] = []
    second = study.run_all(STUDY, None, tmp_path, jobs=1, device="cpu", on_run=done.append)

    assert [(run.label, run.seed) for run in first] == [(x, r.seed) for x, r in STUDY.runs()]
    assert second == first
    assert sorted(run.seed for run in done) == [0, 0, 1, 1, 2, 2]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")} == state
    study.write(STUDY, first, "published files", "cpu", tmp_path / "small.json")
    document = json.loads((tmp_path / "small.json").read_text())
    assert (document["data"], document["metric"]) == ("published files", "top-1")
    assert document["ran_on"].startswith("cpu, PyTorch")
    assert document["origin"] == {"arms": "executed"}
    assert 0 <= document["arms"]["rbonn"]["mean"] <= 1


def test_no_jobs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="jobs=0"):
        study.run_all(STUDY, None, tmp_path, jobs=0, device="cpu")

"""rbonn_hw.compiler.step_times: steps follow each other, and add up."""

import time

import pytest

from rbonn_hw.compiler.step_times import StepTimes


def test_each_step_gets_the_time_until_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 101.0, 103.5, 110.0])
    monkeypatch.setattr(time, "process_time", lambda: next(clock))
    said: list[str] = []
    steps = StepTimes(said.append, 4.0)
    for step in ("a", "b", "a"):
        steps.begin(step, f"doing {step}")
    assert steps.total() == {"loading FINN": 4.0, "a": 7.5, "b": 2.5}
    assert said == ["doing a", "doing b", "doing a"]

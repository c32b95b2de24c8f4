"""Random networks through every level: a few here, hundreds by `make fuzz`; and their judge is judged."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from rbonn_hw import api
from rbonn_hw.errors import ModelError
from rbonn_hw.packing import Ints
from rbonn_hw.results import read_result
from rbonn_hw.sim import dataflow, functional
from rbonn_hw.sim.dataflow import Stalls
from tests.fuzz_networks import trial
from tests.fuzz_networks.networks import Drawn, draw
from tests.fuzz_networks.trial import attempt

SEEDS = (1, 2, 3)
"""A border of -1; a shortcut, a concat and a depthwise layer; a resize. The last two draw their foldings."""
EVERY = {
    "shortcut", "concat", "slice", "shuffle", "max-pool", "average-pool", "GlobalAveragePool", "resize",
    "depthwise", "groups", "dilation", "stride", "border", "border of -1", "zeros around -1/+1",
    "alpha per filter", "activation of 1 bit", "activation of {0, 1}", "activation of 8 bits", "PRelu",
}  # fmt: skip


@pytest.mark.verilator
@pytest.mark.parametrize("seed", SEEDS)
def test_every_level_gives_the_same_integers(seed: int, tmp_path: Path) -> None:
    outcome = attempt(seed, tmp_path)
    assert outcome.verdict == "equal", outcome.said
    assert outcome.integers > 0


def test_a_seed_draws_the_same_network_again() -> None:
    one, other = draw(1), draw(1)
    assert one.network == other.network
    assert one.wish == other.wish
    np.testing.assert_array_equal(one.frames, other.frames)


def test_networks_are_of_every_kind_and_follow_their_frames() -> None:
    features: set[str] = set()
    for seed in range(100):
        drawn = draw(seed)
        assert np.ptp(drawn.outputs, axis=0).any()
        features |= set(drawn.features)
    assert features >= EVERY


def without_rtl(build: Path, integers: Ints, *, stall: float = 0.0, seed: int = 0, **faults: int) -> Any:
    """Give what the other levels say in the place of the RTL, with a fault."""
    simulator = functional.Simulator(build)
    outputs = simulator.run(integers, threads=1)[simulator.graph.output]
    outputs.flat[0] ^= faults.get("bit", 0)
    timing = dataflow.simulate(dataflow.read_stages(build), len(integers), Stalls(stall, stall, seed))
    return SimpleNamespace(
        outputs=outputs,
        frame_end_cycles=timing.frame_end_cycles + faults.get("late", 0) * (seed > 0),
        ii_cycles=(timing.ii_cycles or 0) + faults.get("slow", 0),
    )


def other_oracle(seed: int) -> Drawn:
    drawn = draw(seed)
    outputs = drawn.outputs.copy()
    outputs[0, 0] += 1
    return dataclasses.replace(drawn, outputs=outputs)


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"bit": 1}, "functional-rtl"),
        ({"late": 1}, "the dataflow model is off by 1 cycles"),
        ({"slow": 1}, "II of the model"),
        ({}, "onnx-qonnx"),
    ],
)
def test_every_fault_is_seen(
    faults: dict[str, int], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "build_accelerator", lambda *_, **__: None)
    monkeypatch.setattr(
        trial,
        "simulate",
        lambda build, integers, *, model, **run: without_rtl(build, integers, **run, **faults),
    )
    monkeypatch.setattr(trial, "draw", draw if faults else other_oracle)
    outcome = attempt(2, tmp_path)
    assert outcome.verdict == "fault"
    assert said in outcome.said


def test_a_refusal_is_no_fault_and_an_exception_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, verdict in ((ModelError("not so"), "refused"), (ValueError("oh"), "fault")):
        monkeypatch.setattr(api, "compile", Mock(side_effect=error))
        outcome = attempt(1, tmp_path)
        assert outcome.verdict == verdict
        assert str(error) in outcome.said


def test_the_run_that_is_committed_found_nothing() -> None:
    path = Path(__file__).resolve().parents[2] / "build_flows" / "fuzz_networks.json"
    document = read_result(path, "make fuzz")
    assert document["verdicts"]["fault"] == 0
    assert document["faults"] == {}
    assert sum(document["verdicts"].values()) == document["networks"]
    assert document["verdicts"]["equal"] >= 0.8 * document["networks"]
    assert document["integers"] > 0

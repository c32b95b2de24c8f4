"""One network through every level: ONNX Runtime, QONNX, FINN's graph, functional, dataflow, RTL."""

import json
import resource
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx

from rbonn_hw import api
from rbonn_hw.api.dataflow import model_error
from rbonn_hw.compiler import finn_session, golden
from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.verdict import Answers
from rbonn_hw.errors import RbonnError, SimulationError
from rbonn_hw.packing import Ints
from rbonn_hw.sim import functional
from rbonn_hw.sim.accelerator import build_accelerator, simulate
from rbonn_hw.sim.dataflow import read_stages
from rbonn_hw.sim.dataflow import simulate as simulate_dataflow
from rbonn_hw.sim.native import QUICK
from tests.fuzz.limit import limited
from tests.fuzz_networks.folding import drawn_folding
from tests.fuzz_networks.networks import Drawn, draw

MOST_SECONDS = 900
"""Processor and wall time of a trial: longer is a hang [s]."""
FINN_FRAMES = 2
Verdict = Literal["equal", "refused", "fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a network.

    Attributes:
        seed: It draws network, frames and choices.
        verdict: "equal": every level gives the same integers, and the model every frame's cycle; "refused"
            with a message of ours; else "fault".
        said: The message; with a fault all there is to know.
        features: What is in the network.
        kernels: Modules of the accelerator.
        choices: How it was compiled.
        integers: Integers that were compared with the RTL's.
        rounded: Frames in which a float32 sum lay so close to a step that its rounding decides.
        ii_cycles: Cycles between frames of the RTL.
        estimated_cycles: The same by the slowest layer alone, as `rbonn compile` says.
        seconds: Processor time, programs that were started included [s].
    """

    seed: int
    verdict: Verdict
    said: str
    features: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    choices: Mapping[str, Any]
    integers: int = 0
    rounded: int = 0
    ii_cycles: int = 0
    estimated_cycles: int = 0
    seconds: float = 0.0


def attempt(seed: int, folder: Path) -> Outcome:
    """Draw a network, take it through every level in ``folder``, and judge."""
    before, drawn = _processor_seconds(), draw(seed)
    choices = {**drawn.wish, "own_folding": drawn.own_folding, "stall": drawn.stall}
    try:
        with limited(MOST_SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _run(drawn, seed, folder)
    except SimulationError as error:
        found = {"verdict": "fault", "said": f"{type(error).__name__}: {error}"}
    except RbonnError as error:
        found = {"verdict": "refused", "said": f"{type(error).__name__}: {error}"}
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        found = {"verdict": "fault", "said": traceback.format_exc()[-3000:]}
    seconds = round(_processor_seconds() - before, 2)
    return Outcome(seed=seed, features=drawn.features, choices=choices, seconds=seconds, **found)


def _run(drawn: Drawn, seed: int, folder: Path) -> dict[str, Any]:
    network, build = folder / "network.onnx", folder / "build"
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(drawn.network, network)
    folding = None
    if drawn.own_folding:
        finn_session.start(folder / "finn")
        folding = folder / "folding.json"
        folding.write_text(json.dumps(drawn_folding(network, np.random.default_rng([seed, 1 << 20]))))
    compiled = api.compile(network, build, folding=folding, allow_misfit=True, **drawn.wish)
    model = build_accelerator(build, optimization=QUICK)
    scale, is_class = AnswerScale.read(build), bool(drawn.wish.get("label_select"))
    floats = golden.network_frames(build, drawn.frames)
    integers = golden.to_integers(build, floats)
    reference, judge = golden.reference_answers(build, scale, floats)
    plain = simulate(build, integers, model=model)
    paused = simulate(build, integers, model=model, stall=drawn.stall, seed=seed)
    simulator = functional.Simulator(build)
    stored: dict[str, Ints] = {
        "functional": simulator.run(integers, threads=1)[simulator.graph.output],
        "finn": golden.finn_outputs(build, integers[:FINN_FRAMES], lambda _: None),
        "rtl": plain.outputs,
        "rtl with pauses": paused.outputs,
    }
    answers: dict[str, Answers] = {"onnx": golden.float_answers(scale, drawn.outputs), "qonnx": reference}
    for name, values in stored.items():
        answers[name] = golden.accelerator_answers(build, scale, values, label_select=is_class)
    verdicts = judge.pairs(answers)
    faults = [f"{pair}: {verdict}" for pair, verdict in verdicts.items() if verdict.frames]
    off = [
        model_error(build, plain.frame_end_cycles, stall=0.0, seed=0),
        model_error(build, paused.frame_end_cycles, stall=drawn.stall, seed=seed),
    ]
    faults += [f"the dataflow model is off by {error} cycles" for error in off if error != 0]
    timing = simulate_dataflow(read_stages(build), len(integers))
    if timing.ii_cycles != plain.ii_cycles:
        faults.append(f"II of the model {timing.ii_cycles}, of the RTL {plain.ii_cycles}")
    return {
        "verdict": "fault" if faults else "equal",
        "said": "; ".join(faults),
        "kernels": tuple(sorted({str(node["kernel"]) for node in compiled.document["nodes"]})),
        "integers": sum(int(values.size) for values in stored.values()),
        "rounded": sum(verdict.rounded for verdict in verdicts.values()),
        "ii_cycles": int(plain.ii_cycles or 0),
        "estimated_cycles": int(compiled.document["estimated_ii_cycles"]),
    }


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)

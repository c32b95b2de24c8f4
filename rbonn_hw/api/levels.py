"""The executions of a compiled network: what each answers, and what it has within."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.api.dataflow import model_error
from rbonn_hw.api.standstill import explained
from rbonn_hw.compiler import golden
from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.difference import Difference, first_difference
from rbonn_hw.compiler.tensors import InnerTensor, Tensors, finn_tensors, inner_tensors, reference_tensors
from rbonn_hw.compiler.verdict import Answers, Judge
from rbonn_hw.errors import SimulationError
from rbonn_hw.packing import Ints
from rbonn_hw.results import read_result
from rbonn_hw.sim import functional
from rbonn_hw.sim.accelerator import instances_for, simulate
from rbonn_hw.sim.recording import recorded, recording_model

TITLES = {
    "qonnx": "QONNX execution",
    "finn": "FINN graph",
    "functional": "functional simulator",
    "rtl": "RTL (Verilator)",
}


class Levels:
    """Every execution of one build on the same frames; each is run once.

    Args:
        build_dir: Folder of ``rbonn compile``.
        frames: ``[n, ...]`` as they are given.
        stall: Chance per cycle that input or output of the RTL pauses.
        seed: Of these pauses.
        instances: Models of the RTL that share the frames; None for one a processor, without pauses.
        progress: Called with what is executed, its frames done, and its frames in all.

    Raises:
        ShapeError: The frames are not the network's.
        ConfigError: The folder holds no compiled accelerator.
    """

    def __init__(
        self,
        build_dir: Path,
        frames: NDArray[Any],
        *,
        stall: float,
        seed: int,
        instances: int | None,
        progress: Callable[[str, int, int], None],
    ) -> None:
        self.build_dir, self._given, self._progress = build_dir, frames, progress
        self._stall, self._seed, self._instances = stall, seed, instances
        self._floats = golden.network_frames(build_dir, frames)
        self._integers = golden.to_integers(build_dir, self._floats)
        self._scale = AnswerScale.read(build_dir)
        compiled = read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
        self._label_select = bool(compiled["label_select"])
        self._reference: tuple[Answers, Judge] | None = None
        self._layers: list[InnerTensor] | None = None
        self._inside: dict[tuple[str, int, int], Tensors] = {}
        self.cycles: dict[str, int | None] = {}

    def pytorch(self, source: Path | None, outputs: NDArray[Any] | None) -> Answers:
        """Return what PyTorch answers: a trained network run now, or answers that came with the data.

        Raises:
            ConfigError: No trained network there.
        """
        if source is None:
            assert outputs is not None
            return golden.float_answers(self._scale, outputs)
        from rbonn_hw.models import evaluation, shipped, storage

        network = storage.load_network(shipped.resolve(source)).deployed()
        scores = evaluation.scores(network, np.ascontiguousarray(self._given))
        return golden.float_answers(self._scale, scores.reshape(len(scores), -1))

    def answers(self, level: str, limit: int | None) -> Answers:
        """Return what a level answers to the first ``limit`` frames; None for all.

        Raises:
            SimulationError: The RTL does not answer.
        """
        total = len(self._integers[:limit])
        title = TITLES[level]
        self._progress(title, 0, total)
        if level == "qonnx":
            found = self._referred()[0]
        else:
            run = {"finn": self._finn, "functional": self._functional, "rtl": self._rtl}[level]
            stored = run(self._integers[:limit], lambda done: self._progress(title, done, total))
            found = golden.accelerator_answers(
                self.build_dir, self._scale, stored, label_select=self._label_select
            )
        self._progress(title, total, total)
        return found

    def judge(self) -> Judge:
        """Return the judge of answers to these frames."""
        return self._referred()[1]

    def _referred(self) -> tuple[Answers, Judge]:
        if self._reference is None:
            self._reference = golden.reference_answers(self.build_dir, self._scale, self._floats)
        return self._reference

    def _finn(self, integers: Ints, progress: Callable[[int], None]) -> Ints:
        return golden.finn_outputs(self.build_dir, integers, progress)

    def _functional(self, integers: Ints, progress: Callable[[int], None]) -> Ints:
        simulator = functional.Simulator(self.build_dir)
        return simulator.run(integers, progress=progress)[simulator.graph.output]

    def _rtl(self, integers: Ints, progress: Callable[[int], None]) -> Ints:
        with explained(self.build_dir, len(integers), stall=self._stall, seed=self._seed):
            run = simulate(
                self.build_dir,
                integers,
                stall=self._stall,
                seed=self._seed,
                progress=progress,
                instances=self._instances or (1 if self._stall else instances_for(len(integers))),
            )
        self.cycles = {
            "ii_cycles": run.ii_cycles,
            "latency_cycles": run.latency_cycles,
            "instances": run.instances,
            "simulated_cycles": run.simulated_cycles,
            "dataflow_error_cycles": model_error(
                self.build_dir, run.frame_end_cycles, stall=self._stall, seed=self._seed
            ),
        }
        return run.outputs

    def layers(self) -> list[InnerTensor]:
        """Return what the layers make, in the order of the graph."""
        if self._layers is None:
            self._layers = inner_tensors(self.build_dir)
        return self._layers

    def tensors(self, level: str, frame: int, after: int) -> Tensors:
        """Return what a level has within one frame; nothing for a level that does not show it.

        Args:
            level: The level.
            frame: Number of the frame.
            after: Frames that run before it, in the RTL, which has a past.
        """
        key = (level, frame, after if level == "rtl" else 0)
        if key not in self._inside:
            one = slice(frame, frame + 1)
            self._progress(f"{TITLES.get(level, level)}, within frame {frame}", 0, 1)
            if level == "qonnx":
                self._inside[key] = reference_tensors(self.build_dir, self._floats[one])
            elif level == "finn":
                self._inside[key] = finn_tensors(self.build_dir, self._integers[one])
            elif level == "functional":
                names = [layer.name for layer in self.layers()]
                found = functional.run(self.build_dir, self._integers[one], outputs=names)
                self._inside[key] = {name: values[0] for name, values in found.items()}
            elif level == "rtl":
                self._inside[key] = self._rtl_tensors(frame, after)
            else:
                self._inside[key] = {}
            self._progress(f"{TITLES.get(level, level)}, within frame {frame}", 1, 1)
        return self._inside[key]

    def _rtl_tensors(self, frame: int, after: int) -> Tensors:
        inner = [layer for layer in self.layers() if layer.number is not None]
        run = simulate(
            self.build_dir,
            self._integers[frame - after : frame + 1],
            stall=self._stall,
            seed=self._seed,
            model=recording_model(self.build_dir, [layer.stream for layer in inner]),
        )
        found = {}
        for layer, words in zip(inner, run.taps, strict=True):
            frames = recorded(words, layer.stream)
            if len(frames) > after:
                found[layer.name] = frames[after]
        last = next(layer for layer in self.layers() if layer.number is None)
        return {**found, last.name: run.outputs[after].reshape(last.stream.shape)}


def locate(levels: Levels, pair: tuple[str, str], answers: Mapping[str, Answers], frame: int) -> Difference:
    """Find where two levels begin to differ in a frame; in the answer, where no layer between can be told.

    The frame is run alone first; where it then shows nothing, in the RTL behind the frames before it.
    """
    title = "-".join(pair)
    for after in dict.fromkeys((0, frame if "rtl" in pair else 0)):
        try:
            one, other = (levels.tensors(level, frame, after) for level in pair)
        except SimulationError:  # alone it may not even end
            continue
        found = first_difference(title, frame, levels.layers(), one, other, after=after)
        if found is not None:
            return found
    return _in_answer(title, frame, answers[pair[0]], answers[pair[1]])


def _in_answer(pair: str, frame: int, one: Answers, other: Answers) -> Difference:
    """Return the first difference of two answers: of integers, else of floats, else of classes."""
    known = [
        (a[frame], b[frame])
        for a, b in (
            (one.integers, other.integers),
            (one.outputs, other.outputs),
            (one.classes, other.classes),
        )
        if a is not None and b is not None and a.shape[1:] == b.shape[1:]
    ]
    a, b = next(((a, b) for a, b in known if np.any(a != b)), known[-1])
    channel = int(np.argmax(np.abs(a.astype(np.float64) - b)))
    return Difference(
        pair=pair,
        frame=frame,
        layer="",
        kernel="",
        tensor="answer",
        channel=channel,
        position=(),
        values=(float(a[channel]), float(b[channel])),
        integers=int(np.sum(a != b)),
        agree=0,
        unseen=(),
    )

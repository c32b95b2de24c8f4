"""Simulates a design with Verilator: words in, words out, and the cycle of every beat.

The clock is driven from C++ (``harness/stream_driver.cpp``); words travel through binary files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbonn_hw import drafts
from rbonn_hw.errors import ConfigError, DeadlockError, ShapeError, SimulationError
from rbonn_hw.packing import Words
from rbonn_hw.sim.design import Design, Probe, StreamPins, kernel_design
from rbonn_hw.sim.native import HARNESS_DIR, OPTIMIZED
from rbonn_hw.sim.stream_log import ALL_CYCLES, check_reached
from rbonn_hw.sim.verilated import Verilation, compiled, verilated_name
from rbonn_hw.toolchain import run_tool

__all__ = ["Design", "Model", "Probe", "Run", "StreamPins", "build", "kernel_design"]

TAPS = HARNESS_DIR / "taps.vlt"
_LINT = ("-Wall",)
_NO_LINT = ("-Wno-fatal", "-Wno-lint", "-Wno-style")
# An unknown value becomes an arbitrary one, registers without reset start arbitrary: see stream_model.cpp.
_UNKNOWN = ("--x-assign", "unique", "--x-initial", "unique")


@dataclass(frozen=True, slots=True)
class Run:
    """What one simulation gave.

    Attributes:
        outputs: Words of each output, [beats, bytes].
        cycles: Clock cycles up to and including that of the last output beat; the first cycle in which
            input was offered counts as one [cycles].
        beat_cycles: Cycle of every output beat, per output; cycle 0 is the first out of reset.
        in_cycles: Cycle of every input beat, per input.
        taps: Words of each tap, [beats, bytes].
        recorded: What :mod:`rbonn_hw.sim.stream_log` reads, of inputs, outputs and probes; None unless it was
            asked for.
    """

    outputs: tuple[Words, ...]
    cycles: int
    beat_cycles: tuple[NDArray[np.int64], ...]
    in_cycles: tuple[NDArray[np.int64], ...]
    taps: tuple[Words, ...] = ()
    recorded: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A compiled design.

    Attributes:
        design: What was compiled.
        program: The simulator.
        folder: Folder it runs in; relative memory files are found there.
        trace: Whether it can write a waveform.
    """

    design: Design
    program: Path
    folder: Path
    trace: bool

    def run(
        self,
        inputs: Sequence[Words],
        expected_beats: Sequence[int],
        *,
        in_stall: float = 0.0,
        out_stall: float = 0.0,
        seed: int = 0,
        waveform: Path | None = None,
        window: tuple[int, int] | None = None,
        most_changes: int = 0,
        idle_limit: int = 100_000,
        progress: Callable[[int], None] | None = None,
        progress_beats: int = 0,
    ) -> Run:
        """Stream words in until the expected ones came out.

        Args:
            inputs: Words of each input, [beats, bytes]; unused high bits are 0.
            expected_beats: Beats that each output will send; one more is an error.
            in_stall: Chance per cycle that an idle source pauses, 0 <= in_stall < 1.
            out_stall: Chance per cycle that a sink is not ready, 0 <= out_stall < 1.
            seed: Seeds the pauses, so that a failure repeats.
            waveform: FST file to write; the model must have been built with ``trace=True``.
            window: First and last cycle of waveform and record; None for all, of the waveform reset included.
            most_changes: Changes of valid or ready, of inputs, outputs and probes together, that are recorded
                at most; 0 records none.
            idle_limit: Cycles without any transfer after which the design counts as deadlocked [cycles].
            progress: Called with the beats of output 0 so far.
            progress_beats: How often to call it, in beats of output 0; 0 is never.

        Raises:
            ShapeError: Words that are not those of the design's streams.
            ConfigError: A stall outside its range, a waveform from a model built without trace, or a run that
                ended before the window.
            SimulationError: A memory file is missing, an assertion failed, an output broke the stream rules
                or sent a surplus beat, or input was left over.
            DeadlockError: Nothing moved for ``idle_limit`` cycles; the message lists the stuck streams.
        """
        _check_words(self.design, inputs, expected_beats)
        self._check_settings(in_stall, out_stall, waveform)
        with drafts.scratch("simulate") as folder:
            for number, words in enumerate(inputs):
                np.ascontiguousarray(words).tofile(folder / f"in{number}.bin")
            command = [
                self.program.absolute(), folder, seed, in_stall, out_stall, idle_limit,
                progress_beats if progress else 0, waveform.absolute() if waveform else "-",
                *(window or ALL_CYCLES), most_changes, *expected_beats,
            ]  # fmt: skip
            log = run_tool(
                [str(word) for word in command],
                install_hint="build the model again",
                cwd=self.folder,
                on_line=_beat_reader(progress) if progress else None,
            )
            cycles = self._cycles(folder / "verdict", log)
            if window is not None and (waveform is not None or most_changes):
                check_reached(window[0], cycles)
            return self._collect(folder, cycles)

    def _check_settings(self, in_stall: float, out_stall: float, waveform: Path | None) -> None:
        for name, chance in (("in_stall", in_stall), ("out_stall", out_stall)):
            if not 0.0 <= chance < 1.0:
                raise ConfigError(f"{name}={chance} must be at least 0 and below 1, such as 0.3")
        if waveform is not None and not self.trace:
            raise ConfigError(f"a waveform ({waveform}) needs a model built with trace=True")

    def _cycles(self, verdict: Path, log: str) -> int:
        """Read the driver's verdict; returns the cycles of a good one."""
        kind, _, message = verdict.read_text().rstrip().partition("\n")
        if kind == "deadlock":
            raise DeadlockError(f"{self.design.top}: {message}")
        if kind == "fault":
            if "$readmem file not found" in message:
                message += f"; relative names are looked up in {self.folder.absolute()}"
            said = "".join(f"\n  {line}" for line in log.splitlines() if "%Error" in line)
            raise SimulationError(f"{self.design.top}, {message}{said}")
        return int(kind.removeprefix("done "))

    def _collect(self, folder: Path, cycles: int) -> Run:
        outputs = tuple(
            np.fromfile(folder / f"out{number}.bin", dtype=np.uint8).reshape(-1, pins.word_bytes)
            for number, pins in enumerate(self.design.outputs)
        )
        beat_cycles, in_cycles = (
            tuple(np.fromfile(folder / f"{stem}{number}.cycles", dtype=np.int64) for number in range(count))
            for stem, count in (("out", len(self.design.outputs)), ("in", len(self.design.inputs)))
        )
        taps = tuple(
            np.fromfile(folder / f"tap{number}.bin", dtype=np.uint8).reshape(-1, tap.word_bytes)
            for number, tap in enumerate(self.design.taps)
        )
        streams = folder / "streams.bin"
        recorded = np.fromfile(streams, dtype=np.int64) if streams.is_file() else None
        return Run(outputs, cycles, beat_cycles, in_cycles, taps, recorded)


def build(design: Design, build_dir: Path, *, trace: bool = False, optimization: str = OPTIMIZED) -> Model:
    """Compile a design, or find it compiled below ``build_dir``.

    Args:
        design: The design.
        build_dir: Folder for the compiled model; one folder may hold many.
        trace: Whether :meth:`Model.run` can write a waveform; slower.
        optimization: Of the C++ compiler; :data:`rbonn_hw.sim.native.QUICK` for a model that runs little.

    Raises:
        ToolError: A tool is missing, or the sources do not pass Verilator.
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    parameters = (
        f'-G{name}="{value}"' if isinstance(value, str) else f"-G{name}={int(value)}"
        for name, value in design.parameters.items()
    )
    libraries = (word for path in design.libraries for word in ("-v", str(path.absolute())))
    verilation = Verilation(
        top=design.top,
        sources=(*(source.absolute() for source in design.sources), *([TAPS] if design.taps else [])),
        options=("--assert", *_UNKNOWN, *(_LINT if design.lint else _NO_LINT), *parameters, *libraries),
        harness=("stream_model.cpp",),
        headers=(("ports.hpp", _ports_header(design, trace=trace)),),
        product="model",
        trace=trace,
        optimization=optimization,
    )
    program = compiled(verilation, build_dir)
    return Model(design, program, design.memory_dir or build_dir, trace)


def _stream_name(pins: StreamPins) -> str:
    """Return the common stem of the port names, such as ``in0``."""
    for suffix in ("_data_i", "_data_o", "_tdata", "_TDATA"):
        pins_name = pins.data.removesuffix(suffix)
        if pins_name != pins.data:
            return pins_name
    return pins.data


def _ports_header(design: Design, *, trace: bool) -> str:
    """Return the tables that harness/stream_model.cpp asks for."""

    def streams(pins: Sequence[StreamPins]) -> str:
        return " ".join(
            f'X("{_stream_name(p)}", {verilated_name(p.valid)}, {verilated_name(p.ready)}, '
            f"{verilated_name(p.data)}, {p.word_bytes})"
            for p in pins
        )

    def net(name: str) -> str:
        return f"{verilated_name(design.top)}__DOT__{verilated_name(name)}"

    taps = " ".join(f"X({net(t.valid)}, {net(t.ready)}, {net(t.data)}, {t.word_bytes})" for t in design.taps)
    probes = " ".join(f'X("{p.label}", {net(p.valid)}, {net(p.ready)})' for p in design.probes)
    return (
        "#pragma once\n"
        f"#define RBONN_CLOCK {verilated_name(design.clock)}\n"
        f"#define RBONN_RESET {verilated_name(design.reset)}\n"
        f"#define RBONN_RESET_ACTIVE {int(not design.reset_active_low)}\n"
        f"#define RBONN_TRACE {int(trace)}\n"
        f"#define RBONN_INPUTS(X) {streams(design.inputs)}\n"
        f"#define RBONN_OUTPUTS(X) {streams(design.outputs)}\n"
        f"#define RBONN_PROBES(X) {probes}\n"
        f"#define RBONN_TAPS(X) {taps}\n"
    )


def _check_words(design: Design, inputs: Sequence[Words], expected_beats: Sequence[int]) -> None:
    if len(inputs) != len(design.inputs):
        raise ShapeError(f"{design.top} has {len(design.inputs)} input streams, but {len(inputs)} were given")
    if len(expected_beats) != len(design.outputs) or min(expected_beats, default=0) < 0:
        raise ShapeError(
            f"expected_beats={list(expected_beats)} must hold one count for each of the "
            f"{len(design.outputs)} output streams of {design.top}"
        )
    for pins, words in zip(design.inputs, inputs, strict=True):
        if words.dtype != np.uint8 or words.ndim != 2 or words.shape[1] != pins.word_bytes:
            raise ShapeError(
                f"words of {pins.data} are {words.dtype} {list(words.shape)}, but must be uint8 "
                f"[beats, {pins.word_bytes}] for its {pins.width_bits} bits; use rbonn_hw.packing.pack"
            )
        used = pins.width_bits - 8 * (pins.word_bytes - 1)
        if words.size and int(words[:, -1].max()) >> used:
            raise ShapeError(
                f"words of {pins.data} have bits above its {pins.width_bits} bits set; clear them"
            )


def _beat_reader(progress: Callable[[int], None]) -> Callable[[str], None]:
    def read(line: str) -> None:
        if line.startswith("beats "):
            progress(int(line.split()[1]))

    return read

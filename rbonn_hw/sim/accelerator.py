"""Simulates a compiled accelerator: frames in, answers and cycle counts out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError
from rbonn_hw.packing import Ints, Words, pack, unpack, word_bytes
from rbonn_hw.results import read_result
from rbonn_hw.sim.frames import check_frames
from rbonn_hw.sim.model import Design, Model, Probe, StreamPins, build
from rbonn_hw.sim.native import OPTIMIZED
from rbonn_hw.spec.accelerator import AcceleratorInterface, FrameStream
from rbonn_hw.toolchain import cpu_count

FRAMES_AN_INSTANCE = 8
"""Frames at least that an instance is started for: four intervals, and filling the accelerator anew."""


@dataclass(frozen=True, slots=True)
class AcceleratorRun:
    """What the simulation of an accelerator gave.

    Attributes:
        outputs: Integers of every frame, [n, *output shape]; BIPOLAR as BINARY.
        cycles: From the first input beat to the last output beat, both included [cycles].
        latency_cycles: From the first input beat to the last output beat of the first frame [cycles].
        frame_end_cycles: Cycle of the last output beat of each frame, [n].
        ii_cycles: Longest interval between the ends of two frames, over the second half of the frames; None
            for a single frame [cycles].
        mean_interval_cycles: Mean of those intervals [cycles].
        steady: Whether they are at least three, and all equal: only then is ``ii_cycles`` the figure of the
            steady state, and otherwise a bound that more frames would sharpen.
        taps: Words of each recorded stream, [beats, bytes]; see :mod:`rbonn_hw.sim.recording`.
        instances: Models that shared the frames, each from its own reset. All figures above but ``outputs``
            are those of the first one, which ran the first frames.
        simulated_cycles: Cycles that all of them ran together [cycles].
        recorded: What :mod:`rbonn_hw.sim.stream_log` reads, of the input, the output and the probes; None
            unless it was asked for.
    """

    outputs: Ints
    cycles: int
    latency_cycles: int
    frame_end_cycles: NDArray[np.int64]
    ii_cycles: int | None
    mean_interval_cycles: float | None
    steady: bool
    taps: tuple[Words, ...] = ()
    instances: int = 1
    simulated_cycles: int = 0
    recorded: NDArray[np.int64] | None = None


def interface(build_dir: Path) -> AcceleratorInterface:
    """Read the interface of the accelerator in a build folder.

    Raises:
        ConfigError: The folder holds no compiled accelerator.
    """
    return AcceleratorInterface.from_result(
        read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
    )


def accelerator_design(build_dir: Path) -> Design:
    """Return the RTL of the accelerator in a build folder.

    Raises:
        ConfigError: The folder holds no compiled accelerator.
    """
    rtl_dir = (build_dir / "rtl").absolute()
    listing = rtl_dir / "sources.txt"
    if not listing.is_file():
        raise ConfigError(f"{listing} does not exist; run `rbonn compile NETWORK --out {build_dir}` first")
    found = interface(build_dir)
    return Design(
        top=found.top,
        sources=tuple(rtl_dir / name for name in listing.read_text().split()),
        inputs=(_pins("s_axis_0", found.input),),
        outputs=(_pins("m_axis_0", found.output),),
        clock="ap_clk",
        reset="ap_rst_n",
        reset_active_low=True,
        probes=tuple(Probe(probe.label, probe.valid, probe.ready) for probe in found.probes),
        memory_dir=rtl_dir,
        lint=False,
    )


def build_accelerator(build_dir: Path, *, trace: bool = False, optimization: str = OPTIMIZED) -> Model:
    """Compile the accelerator's RTL to a simulator in ``build_dir/sim``, or find it there; see :func:`build`.

    Raises:
        ConfigError: The folder holds no compiled accelerator.
        ToolError: Verilator or the C++ compiler is missing or refuses the sources.
    """
    folder = (build_dir / "sim").absolute()
    return build(accelerator_design(build_dir), folder, trace=trace, optimization=optimization)


def simulate(
    build_dir: Path,
    frames: Ints,
    *,
    stall: float = 0.0,
    seed: int = 0,
    waveform: Path | None = None,
    window: tuple[int, int] | None = None,
    most_changes: int = 0,
    idle_limit: int | None = None,
    progress: Callable[[int], None] | None = None,
    model: Model | None = None,
    instances: int = 1,
) -> AcceleratorRun:
    """Stream all frames through the accelerator, in one continuous run an instance.

    Args:
        build_dir: Folder written by ``rbonn compile``.
        frames: Integers [n, *input shape]; BIPOLAR as BINARY.
        stall: Chance per cycle that the source or the sink pauses, 0 <= stall < 1.
        seed: Seeds the pauses; of a further instance the next seed.
        waveform: FST file to write, of the first instance.
        window: First and last cycle of waveform and record; None for all.
        most_changes: Changes of the streams of the first instance that are recorded at most; 0 records none.
        idle_limit: Cycles without any transfer after which the accelerator counts as deadlocked; by default
            100 000 or the beats of an input frame, whichever is more [cycles].
        progress: Called with the number of frames whose answer is complete.
        model: The compiled accelerator where it is not the RTL; see :mod:`rbonn_hw.sim.netlist`.
        instances: Models that run at once, each on its share of the frames; see :func:`instances_for`.

    Raises:
        ShapeError: The frames are not those of the accelerator.
        ConfigError: The folder holds no compiled accelerator, or a setting is out of its range.
        SimulationError: See :meth:`rbonn_hw.sim.model.Model.run`.
        DeadlockError: Nothing moved; the message lists the stuck streams.
    """
    found = interface(build_dir)
    if instances < 1:
        raise ConfigError(f"instances={instances} must be at least 1")
    model = model or build_accelerator(build_dir, trace=waveform is not None)
    parts = np.array_split(frames, min(instances, max(1, len(frames))))
    counted = _Counter(len(parts), progress)

    def run_part(number: int) -> AcceleratorRun:
        return _run(
            model,
            found,
            parts[number],
            stall=stall,
            seed=seed + number,
            waveform=None if number else waveform,
            window=window,
            most_changes=0 if number else most_changes,
            idle_limit=idle_limit,
            progress=counted.of(number) if progress else None,
        )

    with ThreadPoolExecutor(len(parts), thread_name_prefix="instance") as pool:
        runs = list(pool.map(run_part, range(len(parts))))
    return replace(
        runs[0],
        outputs=np.concatenate([run.outputs for run in runs]),
        instances=len(runs),
        simulated_cycles=sum(run.simulated_cycles for run in runs),
    )


def instances_for(frames: int) -> int:
    """Return how many instances share frames by default: one a processor, with frames enough for an II."""
    return max(1, min(cpu_count(), frames // FRAMES_AN_INSTANCE))


class _Counter:
    """Adds up the frames that several instances have done."""

    def __init__(self, instances: int, report: Callable[[int], None] | None) -> None:
        self._done, self._report, self._lock = [0] * instances, report, Lock()

    def of(self, number: int) -> Callable[[int], None]:
        """Return what instance ``number`` calls with its own frames."""

        def count(done: int) -> None:
            with self._lock:
                self._done[number] = done
                if self._report is not None:
                    self._report(sum(self._done))

        return count


def _run(
    model: Model,
    found: AcceleratorInterface,
    frames: Ints,
    *,
    stall: float,
    seed: int,
    waveform: Path | None,
    window: tuple[int, int] | None,
    most_changes: int,
    idle_limit: int | None,
    progress: Callable[[int], None] | None,
) -> AcceleratorRun:
    words, beats = _frame_words(frames, found.input), found.output.beats
    run = model.run(
        [words],
        [len(frames) * beats],
        in_stall=stall,
        out_stall=stall,
        seed=seed,
        waveform=waveform,
        window=window,
        most_changes=most_changes,
        idle_limit=idle_limit or max(100_000, found.input.beats),
        progress=(lambda done: progress(done // beats)) if progress else None,
        progress_beats=beats,
    )
    element = found.output.element
    lanes = unpack(run.outputs[0], found.output.lanes, element.bits, signed=element.signed)
    start = int(run.in_cycles[0][0])
    ends = run.beat_cycles[0][beats - 1 :: beats] - start
    result = _result(lanes.reshape(len(frames), *found.output.shape), ends, run.taps)
    return replace(result, simulated_cycles=run.cycles, recorded=run.recorded)


def _result(outputs: Ints, ends: NDArray[np.int64], taps: tuple[Words, ...]) -> AcceleratorRun:
    intervals = np.diff(ends)
    later = intervals[len(intervals) // 2 :]
    return AcceleratorRun(
        outputs=outputs,
        cycles=int(ends[-1]) + 1,
        latency_cycles=int(ends[0]) + 1,
        frame_end_cycles=ends,
        ii_cycles=int(later.max()) if len(later) else None,
        mean_interval_cycles=float(later.mean()) if len(later) else None,
        steady=len(later) >= 3 and bool(np.all(later == later[0])),
        taps=taps,
    )


def _pins(name: str, stream: FrameStream) -> StreamPins:
    width_bits = 8 * word_bytes(stream.data_bits)
    return StreamPins(f"{name}_tvalid", f"{name}_tready", f"{name}_tdata", width_bits)


def _frame_words(frames: Ints, stream: FrameStream) -> Words:
    """Return the beats of all frames.

    Raises:
        ShapeError: Wrong shape, no frame at all, or a value out of the input's range.
    """
    check_frames(frames, stream.shape, stream.dtype)
    # Packing takes 64 bytes a bit, so a frame at a time.
    return np.concatenate([pack(frame.reshape(-1, stream.lanes), stream.element.bits) for frame in frames])

"""Timelines of simulations: ``timeline.json`` in the build folder, for the report, and trace files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.errors import ConfigError

if TYPE_CHECKING:
    from rbonn_hw.api.question import Question
    from rbonn_hw.sim.accelerator import AcceleratorRun
    from rbonn_hw.sim.stream_log import Recording, Window
    from rbonn_hw.spec.stage_graph import StageGraph

RESULT = "timeline.json"


def window_of(given: tuple[int, int] | None) -> "Window":
    """Return the cycles to record: those given, or all that fit.

    Raises:
        ConfigError: They are none.
    """
    from rbonn_hw.sim.stream_log import Window

    return Window() if given is None else Window(*given)


def write_rtl_timeline(question: "Question", compiled: str, result: "AcceleratorRun") -> str:
    """Write the timeline of an RTL simulation; see :func:`write_timeline`.

    Raises:
        ConfigError: As there; or the streams of compile.json are not those of its layers.
    """
    from rbonn_hw.sim.accelerator import interface
    from rbonn_hw.sim.dataflow import read_stages
    from rbonn_hw.sim.stream_log import read

    graph = read_stages(question.build_dir)
    readers = {stream: stage.name for stage in graph.stages for stream in stage.inputs}
    writers = {stream: stage.name for stage in graph.stages for stream in stage.outputs}
    labels = [f"{writers[stream]} -> {readers.get(stream)}" for stream in graph.internal]
    if labels != [probe.label for probe in interface(question.build_dir).probes]:
        raise ConfigError(
            f"{question.build_dir / 'compile.json'} has other streams in its netlist than its layers have; "
            "run `rbonn compile` again"
        )
    assert result.recorded is not None
    recording = read(result.recorded, graph.streams, window_of(question.window))
    run = {
        "compiled": compiled,
        "frames": len(result.frame_end_cycles),
        "stall": question.stall,
        "seed": question.seed,
        "level": "rtl",
    }
    return write_timeline(question.build_dir, graph, recording, run, question.trace)


def write_timeline(
    build_dir: Path,
    graph: "StageGraph",
    recording: "Recording",
    run: Mapping[str, Any],
    trace: Path | None,
) -> str:
    """Write the timeline of a run, and its trace where a file is given.

    Args:
        build_dir: Folder of the accelerator, which timeline.json is claimed in.
        graph: Its layers.
        recording: What its streams did.
        run: What else timeline.json says: ``compiled``, ``level``, ``frames``, ``stall``, ``seed``.
        trace: File to write; see :mod:`rbonn_hw.sim.trace_file`.

    Returns:
        Which cycles are recorded, and which of them the trace holds, as a sentence.

    Raises:
        ConfigError: The file cannot be written.
    """
    from rbonn_hw.results import write_result
    from rbonn_hw.sim.timeline import timeline
    from rbonn_hw.sim.timeline_bins import binned
    from rbonn_hw.sim.trace_file import write_trace

    found = timeline(graph, recording)
    document = {**run, **binned(found)}
    write_result(build_dir / RESULT, document, dict.fromkeys(("layers", "fifos"), "simulated"))
    said = f"cycles {found.first} to {found.end - 1} recorded"
    if trace is None:
        return said
    title = f"{build_dir.resolve().name}, {run['level']} simulation: 1 us is 1 clock cycle"
    held = write_trace(trace, found, title)
    said += f"; {trace} has cycles {held.first} to {held.end - 1}"
    return said if held.end == found.end else f"{said}, as more would not fit (--window FIRST LAST)"

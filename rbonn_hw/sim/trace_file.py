"""Timelines as trace files, for ui.perfetto.dev and chrome://tracing; see docs/howto/timeline.md.

The format has microseconds and no cycles: one of them is a clock cycle.
"""

import contextlib
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from rbonn_hw import drafts
from rbonn_hw.errors import ConfigError
from rbonn_hw.ownership import check_file
from rbonn_hw.sim.timeline import STATES, Fill, Spans, Timeline

MOST_EVENTS = 1_500_000
"""Spans and fills that a file holds; viewers open it in their memory, some hundred bytes each."""
STEPS = 32
"""Steps that a FIFO's filling or draining at one pace is drawn in at most."""
SUFFIXES = (".json", ".json.gz")
_COLOURS = ("good", "grey", "bad")
_HEADER = '{"otherData":{"made by":"rbonn simulate"'
_PROCESS = 1

Event = dict[str, Any]


def check_trace(path: Path) -> None:
    """Check that a trace may be written.

    Raises:
        ConfigError: The name is none of a trace, or the path is a folder, or a file that is no trace of ours.
    """
    if not path.name.endswith(SUFFIXES):
        raise ConfigError(f"trace {path}: the name must end in .json or .json.gz, such as {path}.json.gz")
    check_file(path, "simulate", is_ours=_is_trace(path))


def write_trace(path: Path, found: Timeline, title: str) -> Timeline:
    """Write a trace file.

    Args:
        path: Ends in ``.json`` or ``.json.gz``.
        found: What it shows.
        title: What the network's process is called.

    Returns:
        What it holds: all, or as much from its first cycle on as :data:`MOST_EVENTS` allow.

    Raises:
        ConfigError: See :func:`check_trace`.
    """
    check_trace(path)
    drawn = replace(found, fifos=tuple(map(_stepped, found.fifos)))
    held = shortened(drawn, _end(drawn))
    with drafts.file_beside(path) as draft, _opened(draft, is_packed=path.suffix == ".gz") as file:
        file.write(f'{_HEADER},"cycles":"1 us is 1 clock cycle"}},"traceEvents":[\n')
        for number, event in enumerate(_events(held, title)):
            file.write((",\n" if number else "") + json.dumps(event, separators=(",", ":")))
        file.write("\n]}\n")
    return held


@contextlib.contextmanager
def _opened(path: Path, *, is_packed: bool) -> Iterator[TextIO]:
    if not is_packed:
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    # No time and no name within, so that the same run gives the same file.
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8") as file,
    ):
        yield file


def _is_trace(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER.encode()
    except (OSError, EOFError, zlib.error):
        return False


def _end(found: Timeline) -> int:
    """Return the first cycle behind what fits a file."""
    begins = [layer.begins for layer in found.layers] + [fifo.cycles for fifo in found.fifos]
    cycles = np.concatenate([np.zeros(0, np.int64), *begins])
    if len(cycles) <= MOST_EVENTS:
        return found.end
    return max(found.first + 1, int(np.partition(cycles, MOST_EVENTS)[MOST_EVENTS]))


def shortened(found: Timeline, end: int) -> Timeline:
    """Return a timeline up to a cycle of it."""
    if end >= found.end:
        return found
    layers = (
        replace(layer, begins=layer.begins[kept], states=layer.states[kept], end=end)
        for layer in found.layers
        for kept in (layer.begins < end,)
    )
    fifos = (
        replace(fifo, cycles=cycles, words=np.interp(cycles, fifo.cycles, fifo.words).astype(np.int64))
        for fifo in found.fifos
        for cycles in (np.append(fifo.cycles[fifo.cycles < end], end),)
    )
    starts, ends = (
        {frame: cycle for frame, cycle in frames.items() if cycle < end}
        for frames in (found.frame_starts, found.frame_ends)
    )
    return Timeline(found.first, end, tuple(layers), tuple(fifos), starts, ends)


def _events(found: Timeline, title: str) -> Iterator[Event]:
    yield _named("process_name", title)
    for track, layer in enumerate(found.layers, 1):
        yield _named("thread_name", layer.name, track)
        yield {**_named("thread_sort_index", "", track), "args": {"sort_index": track}}
    for frame in sorted({*found.frame_starts, *found.frame_ends}):
        yield from _frame(found, frame)
    for track, layer in enumerate(found.layers, 1):
        yield from _slices(layer, track)
    for fifo in found.fifos:
        yield from _counts(fifo)


def _named(kind: str, name: str, track: int = 0) -> Event:
    return {"ph": "M", "pid": _PROCESS, "tid": track, "name": kind, "args": {"name": name}}


def _frame(found: Timeline, frame: int) -> Iterator[Event]:
    """Yield when a frame is in the accelerator; frames overlap, so each has its own id."""
    shared = {"cat": "frame", "pid": _PROCESS, "tid": 0, "id": frame, "name": f"frame {frame}"}
    begin = found.frame_starts.get(frame, found.first)
    end = found.frame_ends.get(frame)
    yield {"ph": "b", **shared, "ts": begin}
    yield {"ph": "e", **shared, "ts": found.end if end is None else end + 1}


def _slices(layer: Spans, track: int) -> Iterator[Event]:
    shared = {"ph": "X", "pid": _PROCESS, "tid": track}
    for begin, length, state in zip(
        layer.begins.tolist(), layer.lengths.tolist(), layer.states.tolist(), strict=True
    ):
        yield {**shared, "ts": begin, "dur": length, "name": STATES[state], "cname": _COLOURS[state]}


def _counts(fifo: Fill) -> Iterator[Event]:
    name = f"FIFO {fifo.name}: words of {fifo.depth_words}"
    for cycle, words in zip(fifo.cycles.tolist(), fifo.words.tolist(), strict=True):
        yield {"ph": "C", "pid": _PROCESS, "tid": 0, "ts": cycle, "name": name, "args": {"words": words}}


def _stepped(fifo: Fill) -> Fill:
    """Return a FIFO with more points on each line that rises or falls: viewers draw steps."""
    lengths, rises = np.diff(fifo.cycles), np.diff(fifo.words)
    steps = np.where(rises == 0, 1, np.minimum(lengths, STEPS))
    number = np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps)
    along = number * np.repeat(lengths, steps) // np.repeat(steps, steps)
    cycles = np.append(np.repeat(fifo.cycles[:-1], steps) + along, fifo.cycles[-1:])
    words = np.append(
        np.repeat(fifo.words[:-1], steps) + along * np.repeat(np.sign(rises), steps), fifo.words[-1:]
    )
    return replace(fifo, cycles=cycles, words=words)

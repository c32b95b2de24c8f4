"""rbonn_hw/sim/trace_file.py: what viewers of trace files ask for, and no file of its user overwritten."""

import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.sim import trace_file
from rbonn_hw.sim.timeline import BUSY, STARVED, Fill, Spans, Timeline
from rbonn_hw.sim.trace_file import STEPS, write_trace
from tests.sim.test_timeline import drawn


def events_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["traceEvents"]
    return found


def test_tracks_tile_the_window_in_the_order_of_the_layers(tmp_path: Path) -> None:
    _, found = drawn()

    held = write_trace(tmp_path / "one.json", found, "network")

    events = events_of(tmp_path / "one.json")
    assert held.end == found.end
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert list(names.values()) == [layer.name for layer in found.layers]
    order = {e["tid"]: e["args"]["sort_index"] for e in events if e["name"] == "thread_sort_index"}
    assert sorted(order, key=lambda track: order[track]) == list(names)
    tracks = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            tracks[event["tid"]].append(event)
    for track, layer in zip(names, found.layers, strict=True):
        slices = tracks[track]
        assert [event["ts"] for event in slices] == [0, *(e["ts"] + e["dur"] for e in slices[:-1])]
        assert slices[-1]["ts"] + slices[-1]["dur"] == found.end
        busy = sum(event["dur"] for event in slices if event["name"] == "busy")
        assert busy == layer.spent(BUSY)


def test_frames_overlap_and_each_ends_behind_its_last_beat(tmp_path: Path) -> None:
    timing, found = drawn()
    write_trace(tmp_path / "one.json", found, "network")
    events = [event for event in events_of(tmp_path / "one.json") if event.get("cat") == "frame"]
    ends = {event["id"]: event["ts"] for event in events if event["ph"] == "e"}
    begins = {event["id"]: event["ts"] for event in events if event["ph"] == "b"}
    assert list(ends) == list(begins) == [0, 1, 2]
    assert ends[2] == int(timing.out_cycles[0][-1]) + 1
    assert begins[1] < ends[0]


def test_a_packed_file_holds_the_same_and_is_the_same_again(tmp_path: Path) -> None:
    _, found = drawn()
    for name in ("one.json", "two.json.gz", "three.json.gz"):
        write_trace(tmp_path / name, found, "network")
    packed = (tmp_path / "two.json.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "one.json").read_bytes()
    assert packed == (tmp_path / "three.json.gz").read_bytes()


def test_a_fifo_that_fills_long_is_drawn_in_steps_that_lie_on_its_line(tmp_path: Path) -> None:
    points = np.array([0, 500, 507, 1000], np.int64)
    fifo = Fill("wait", 512, points, np.array([3, 503, 496, 496], np.int64))
    write_trace(tmp_path / "one.json", Timeline(0, 1000, (), (fifo,), {}, {}), "network")
    counts = [
        (event["ts"], event["args"]["words"])
        for event in events_of(tmp_path / "one.json")
        if event["ph"] == "C"
    ]
    assert len(counts) == STEPS + 7 + 2
    assert all(words == np.interp(cycle, points, fifo.words) for cycle, words in counts)
    assert [cycle for cycle, _ in counts] == sorted({cycle for cycle, _ in counts})


def test_what_does_not_fit_is_left_out_from_a_cycle_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, whole = drawn()
    monkeypatch.setattr(trace_file, "MOST_EVENTS", 300)

    held = write_trace(tmp_path / "one.json", whole, "network")

    events = events_of(tmp_path / "one.json")
    assert 0 < held.end < whole.end
    assert 200 < len([event for event in events if event["ph"] in "XC"]) <= 300 + len(whole.fifos)
    assert max(event["ts"] + event["dur"] for event in events if event["ph"] == "X") == held.end
    assert all(event["ts"] <= held.end for event in events if "ts" in event)


def test_names_and_files_that_are_not_its_own_are_refused(tmp_path: Path) -> None:
    spans = Spans("one", "rbonn_mvau", np.array([0], np.int64), np.array([STARVED], np.uint8), 9)
    found = Timeline(0, 9, (spans,), (), {}, {})
    with pytest.raises(ConfigError, match=r"must end in \.json or \.json\.gz, such as .*one\.fst\.json\.gz"):
        write_trace(tmp_path / "one.fst", found, "network")
    for name, content in (("mine.json", b'{"mine": 1}'), ("mine.json.gz", b"no gzip"), ("b.json.gz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match="did not make"):
            write_trace(tmp_path / name, found, "network")
        assert (tmp_path / name).read_bytes() == content
    for name in ("ours.json", "ours.json.gz"):
        write_trace(tmp_path / name, found, "network")
        write_trace(tmp_path / name, found, "again")

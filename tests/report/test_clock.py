"""rbonn_hw.report.clock: what bitstream.json says, where it is of this RTL; else that it is not known."""

import json
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.clock import clock
from rbonn_hw.results import write_result

PART = {"node": "Conv_0_mvau", "kernel": "RbonnMVAU", "cells": 5, "logic_ns": 2.5, "wire_ns": 4.25}
ROUTED: dict[str, Any] = {
    "rtl": "abc",
    "tool": "openxc7",
    "version": "nextpnr 1",
    "timing": {
        "period_ns": 10.0,
        "met": False,
        "fmax_mhz": 87.5,
        "critical_path": [{**PART, "signals": []}],
        "limit": "Conv_0_mvau limits the clock",
    },
    "origin": {"timing": "estimated"},
}
UNROUTED: dict[str, Any] = {
    "rtl": "abc",
    "logic_delay": {"delay_ns": 4.5, "cells": 6, "start": "a/Q", "end": "b/D", "from": "a", "to": "b"},
}


def write(folder: Path, document: dict[str, Any]) -> Path:
    values = {name: value for name, value in document.items() if name != "origin"}
    if "origin" in document and "timing" in document:
        write_result(folder / "bitstream.json", values, document["origin"])
    else:
        (folder / "bitstream.json").write_text(json.dumps(values))
    return folder


def test_a_routed_design_has_its_path_and_says_whether_its_clock_is_met(tmp_path: Path) -> None:
    found = clock(write(tmp_path, ROUTED), "abc")
    assert found["state"] == "100 MHz were asked for and missed; by nextpnr 1. Conv_0_mvau limits the clock"
    assert (found["fmax_mhz"], found["origin"], found["met"], found["path"]) == (
        87.5,
        "estimated",
        False,
        [PART],
    )


def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    assert clock(tmp_path, "") == {"state": "not known, as `rbonn bitstream` has not run"}
    write(tmp_path, ROUTED)
    assert clock(tmp_path, "other")["state"].startswith("not known, as bitstream.json is of other RTL")
    found = clock(write(tmp_path, UNROUTED), "abc")
    assert found["state"].startswith("not known; all before it is made")
    assert found["logic"] == {"delay_ns": 4.5, "cells": 6, "from": "a", "to": "b"}


@pytest.mark.parametrize("lost", ["timing", "origin", "version"])
def test_a_file_of_another_version_is_named(lost: str, tmp_path: Path) -> None:
    document = {name: value for name, value in ROUTED.items() if name != lost}
    with pytest.raises(ConfigError, match=r"bitstream\.json (is of another version|holds no)"):
        clock(write(tmp_path, document), "abc")

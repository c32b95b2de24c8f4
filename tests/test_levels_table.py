"""build_flows/benchmark_levels.json: every kernel is in the table, as it is today, and none is too deep."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.compiler.kernels import KERNELS

BUILD_FLOWS = Path(__file__).resolve().parents[1] / "build_flows"
TABLE: dict[str, Any] = json.loads((BUILD_FLOWS / "benchmark_levels.json").read_text())["kernels"]


@pytest.mark.parametrize("name", TABLE)
def test_no_path_has_more_than_four_luts_or_two_carry_chains(name: str) -> None:
    paths = [path for path in TABLE[name].values() if isinstance(path, dict) and "luts" in path]

    assert paths
    assert all(path["luts"] <= 4 and path["chains"] <= 2 for path in paths)


def test_the_table_was_made_of_the_kernels_of_today() -> None:
    specs = runpy.run_path(str(BUILD_FLOWS / "benchmark_levels.py"))["SPECS"]

    assert {f"rbonn_{name}" for name in KERNELS} <= {entry["module"] for entry in TABLE.values()}
    assert {name: spec.rtl_parameters() for name, spec in specs.items()} == {
        name: TABLE[name]["parameters"] for name in specs
    }

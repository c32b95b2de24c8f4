"""build_flows/benchmark_levels.json: every kernel is in the table, as it is today, and none is too deep."""

from pathlib import Path
from typing import Any

import pytest

from build_flows.benchmark_levels import SPECS
from rbonn_hw.compiler.kernels import KERNELS
from rbonn_hw.results import read_result

RESULT = Path(__file__).resolve().parents[1] / "build_flows" / "benchmark_levels.json"
TABLE: dict[str, Any] = read_result(RESULT, "python build_flows/benchmark_levels.py")["kernels"]


@pytest.mark.parametrize("name", TABLE)
def test_no_path_has_more_than_four_luts_or_two_carry_chains(name: str) -> None:
    paths = [path for path in TABLE[name].values() if isinstance(path, dict) and "luts" in path]

    assert paths
    assert all(path["luts"] <= 4 and path["chains"] <= 2 for path in paths)


def test_the_table_was_made_of_the_kernels_of_today() -> None:
    assert {f"rbonn_{name}" for name in KERNELS} <= {entry["module"] for entry in TABLE.values()}
    assert {name: spec.rtl_parameters() for name, spec in SPECS.items()} == {
        name: TABLE[name]["parameters"] for name in SPECS
    }

"""rbonn_hw.report.graph: blocks, layers and what leads where, with buffers inside the arrows."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.report.collect import Stages, join
from rbonn_hw.report.graph import BOX_HEIGHT, graph
from tests.report.documents import write_stages


def layer(name: str, kernel: str = "RbonnMVAU", cycles: int = 10) -> dict[str, Any]:
    area = {"lut": 1, "ff": 2, "ramb36": 0.0, "dsp": 0}
    return {"name": name, "kernel": kernel, "pe": 1, "simd": 1, "estimated_cycles": cycles, **area}


def stage(name: str, inputs: list[str], outputs: list[str]) -> dict[str, Any]:
    return {"name": name, "parameters": {"MW": 3}, "inputs": inputs, "outputs": outputs}


@pytest.fixture
def residual() -> dict[str, Any]:
    """Return the drawings of a fork, a branch of two layers, a shortcut through two buffers, and a join."""
    stages = [
        stage("in_conv", ["x"], ["a"]),
        stage("res_1_fork", ["a"], ["b", "c"]),
        stage("res_1_one", ["b"], ["d"]),
        stage("res_1_two", ["d"], ["e"]),
        stage("res_1_wait", ["c"], ["f"]),
        stage("res_1_wide", ["f"], ["g"]),
        stage("res_1_add", ["e", "g"], ["y"]),
    ]
    kernels = {"res_1_wait": "RbonnFIFO", "res_1_wide": "RbonnDWC"}
    cycles = {"res_1_two": 40}
    layers = [
        layer(one["name"], kernels.get(one["name"], "RbonnMVAU"), cycles.get(one["name"], 10))
        for one in stages
    ]
    return graph({"layers": layers}, stages)


def test_blocks_lead_to_their_layers_and_these_to_each_other(residual: dict[str, Any]) -> None:
    network = residual["network"]
    assert [(box["name"], box["link"], box["cycles"]) for box in network["boxes"]] == [
        ("in", "block-0", 10),
        ("res_1", "block-1", 40),
    ]
    assert len(network["arrows"]) == 1
    first, second = residual["blocks"]
    assert (first["from"], first["to"], second["from"]) == ([], [("res_1", "block-1")], [("in", "block-0")])
    names = [box["name"] for box in second["drawing"]["boxes"]]
    assert names == ["res_1_fork", "res_1_one", "res_1_two", "res_1_add"]
    links = {row["link"] for row in residual["layers"]}
    assert {box["link"] for block in residual["blocks"] for box in block["drawing"]["boxes"]} == links
    add = residual["layers"][-1]
    assert [name for name, _ in add["from"]] == ["res_1_two", "res_1_fork"]
    assert (add["to"], add["block_link"], add["parameters"]) == ([], "block-1", {"MW": 3})


def test_boxes_stand_below_what_feeds_them_and_the_shortcut_bends_around(residual: dict[str, Any]) -> None:
    drawing = residual["blocks"][1]["drawing"]
    rows = [box["y"] for box in drawing["boxes"]]
    assert rows == sorted(set(rows))
    assert min(b - a for a, b in pairwise(rows)) > BOX_HEIGHT
    bent = [path for path in drawing["arrows"] if "C" in path]
    assert (len(drawing["arrows"]), len(bent)) == (4, 1)
    right = max(float(number) for number in bent[0].replace("C", " ").replace("M", " ").split()[2::2])
    assert drawing["boxes"][0]["x"] + drawing["boxes"][0]["width"] < right <= drawing["width"]
    most = [box for box in drawing["boxes"] if box["share"] == 1]
    assert [(box["name"], box["filled"]) for box in most] == [("res_1_two", most[0]["width"])]
    assert all(box["y"] + box["height"] <= drawing["height"] for box in drawing["boxes"])


def test_the_report_has_it_and_needs_no_streams(tmp_path: Path) -> None:
    write_stages(tmp_path)
    stages = Stages.read(tmp_path, None, None)
    found = join(stages)[0]["graph"]
    assert [row["name"] for row in found["layers"]] == ["pad", "swg", "mvau0", "mvau1"]
    assert [name for name, _ in found["layers"][-1]["from"]] == ["mvau0"]
    assert graph(join(stages)[0], []) == {}

"""rbonn_hw.report.pipeline: what the dataflow simulator saw, on the page."""

import json
from pathlib import Path

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.collect import Stages, join
from rbonn_hw.report.pipeline import pipeline
from tests.report.documents import write_dataflow, write_stages


def test_layers_have_shares_and_fifos_their_fill(tmp_path: Path) -> None:
    write_stages(tmp_path)
    write_dataflow(tmp_path)

    report, origin = join(Stages.read(tmp_path, None, None))

    found = report["pipeline"]
    assert origin["pipeline"] == "simulated"
    assert [row["name"] for row in found["layers"]] == ["pad", "swg", "mvau0", "mvau1"]
    slowest = found["layers"][2]
    assert (slowest["busy"], slowest["estimated"], slowest["busy_share"]) == (1152, 1152, 1)
    pad = found["layers"][0]
    assert (pad["starved_share"], pad["blocked_share"]) == ((4608 - 400) / 4608, 0)
    assert [(fifo["name"], fifo["share"]) for fifo in found["fifos"]] == [("fifo0", 0.75)]


def test_a_simulation_of_another_compilation_is_not_shown(tmp_path: Path) -> None:
    write_stages(tmp_path)
    write_dataflow(tmp_path, key="of another")

    assert join(Stages.read(tmp_path, None, None))[0]["pipeline"] == {}


@pytest.mark.parametrize("lost", ["frames", "stages", "fifos"])
def test_a_file_of_another_version_is_named(tmp_path: Path, lost: str) -> None:
    write_dataflow(tmp_path)
    document = json.loads((tmp_path / "dataflow.json").read_text())
    del document[lost]

    with pytest.raises(ConfigError, match=r"dataflow\.json is of another version"):
        pipeline(document, [])

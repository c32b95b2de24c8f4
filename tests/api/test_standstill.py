"""rbonn_hw/api/standstill.py: RTL that stands still is said to, with the FIFO and the depth that it needs."""

from pathlib import Path

import pytest

from rbonn_hw.api.standstill import explained
from rbonn_hw.errors import DeadlockError
from rbonn_hw.results import write_result
from tests.sim.dataflow.test_simulate import fork_and_join


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_the_fifo_its_reader_and_a_depth_are_named(tmp_path: Path, stall: float) -> None:
    write_result(tmp_path / "compile.json", {"stage_graph": fork_and_join(2).to_document()}, {})

    with (
        pytest.raises(DeadlockError, match=r"(?s)for 9\n.* FIFO wait before join is full") as caught,
        explained(tmp_path, 2, stall=stall, seed=1),
    ):
        raise DeadlockError("nothing moved for 9")

    needed = int(str(caught.value).split()[-1])
    write_result(tmp_path / "compile.json", {"stage_graph": fork_and_join(needed).to_document()}, {})
    with (
        pytest.raises(DeadlockError, match="the dataflow model of its layers goes on"),
        explained(tmp_path, 2, stall=stall, seed=1),
    ):
        raise DeadlockError("nothing moved for 9")

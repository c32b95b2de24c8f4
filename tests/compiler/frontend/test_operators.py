"""Networks of operators that strangers' networks have: integer graph against QONNX execution, bit for bit."""

from pathlib import Path

import pytest

from rbonn_hw.compiler.frontend import lower
from tests.compiler.frontend.checks import check_contract, check_frames, frames
from tests.compiler.frontend.networks import export
from tests.compiler.frontend.operators import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_equals_reference(name: str, tmp_path: Path) -> None:
    make, shape = NETWORKS[name]
    for seed in range(2):
        lowered = lower(export(make(), shape, tmp_path / f"{seed}.onnx", seed=seed))
        check_contract(lowered.lowered)
        check_frames(lowered, frames(lowered.reference, 4))
        assert lowered.exact

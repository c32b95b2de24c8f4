"""Networks of operators that strangers' networks have: integer graph against QONNX execution, bit for bit."""

from pathlib import Path

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from torch import nn

from rbonn_hw.compiler.frontend import compose, execute, lower
from tests.compiler.frontend.checks import check_contract, check_frames, frames
from tests.compiler.frontend.moving import NETWORKS
from tests.compiler.frontend.networks import export, lively
from tests.compiler.frontend.operators import C, Skipping, conv, head, units


@pytest.mark.parametrize("name", NETWORKS)
def test_equals_reference(name: str, tmp_path: Path) -> None:
    make, shape = NETWORKS[name]
    network, seed = lively(make, shape)
    lowered = lower(export(network, shape, tmp_path / "network.onnx", seed=seed))
    check_contract(lowered.lowered)
    x = frames(lowered.reference, 3)
    check_frames(lowered, x)
    assert lowered.exact
    # The reference has been rewritten by us; PyTorch has not.
    for frame in x:
        with torch.no_grad():
            expected = network(torch.from_numpy(frame[None]))
        np.testing.assert_allclose(compose(lowered, frame[None]), expected, rtol=1e-5, atol=1e-5)


def test_two_branches_of_any_scales_meet_in_one_unit(tmp_path: Path) -> None:
    """Scales as statistics give them; float32 rounds the reference's own sums, so they agree closely."""
    branch = nn.Sequential(conv(C, C, 1), nn.BatchNorm2d(C), nn.ReLU(), units(0.21734))
    network = Skipping(branch, *head(C * 36))
    network.stem[3] = nn.Sequential(nn.ReLU(), units(0.31171))
    network.after[0] = nn.Sequential(nn.ReLU(), qnn.QuantIdentity(bit_width=4))
    lowered = lower(export(network, (1, 3, 8, 8), tmp_path / "net.onnx"))

    check_contract(lowered.lowered)
    for frame in frames(lowered.reference, 4):
        expected = execute(lowered.reference, frame[None])
        np.testing.assert_allclose(compose(lowered, frame[None]), expected, atol=1e-5)
    factors = [node for node in lowered.lowered.graph.node if node.op_type == "Mul" and "factor" in node.name]
    assert len(factors) == 2

"""The functional simulator against QONNX's execution of the lowered graph: networks of every operator."""

import copy
from pathlib import Path

import numpy as np
import onnx
import pytest

from rbonn_hw.compiler import finn_session
from rbonn_hw.compiler.frontend import execute, lower
from rbonn_hw.compiler.infer import infer_hardware_layers
from rbonn_hw.packing import Ints
from rbonn_hw.sim.functional import Simulator
from rbonn_hw.sim.functional.engine import paths
from rbonn_hw.sim.functional.graph import Graph
from tests.compiler.frontend.catalogue import NETWORKS as FORMS
from tests.compiler.frontend.moving import EACH_KERNEL
from tests.compiler.frontend.moving import NETWORKS as MOVING
from tests.compiler.frontend.networks import export, lively
from tests.compiler.frontend.strangers import STRANGERS

FRAMES = 5
BREVITAS = {
    name: {**FORMS, **MOVING}[name]
    for name in (
        *EACH_KERNEL,
        "downsampling",
        "shared accumulator",
        "zero padding of +-1",
        "alpha per filter",
    )
}
"""One of each kernel or mode of one that the files of other tools lack."""


@pytest.fixture(autouse=True, scope="module")
def finn(tmp_path_factory: pytest.TempPathFactory) -> None:
    finn_session.start(tmp_path_factory.mktemp("finn"))


def agree(network: Path) -> None:
    lowered = lower(network).lowered
    graph = Graph.of(infer_hardware_layers(copy.deepcopy(lowered)).model.graph)
    kind = graph.tensors[graph.input].element
    shape = (FRAMES, *graph.tensors[graph.input].shape)
    frames: Ints = np.random.default_rng(0).integers(kind.min, kind.max + 1, shape)

    expected = execute(lowered, frames.astype(np.float32))
    for path in paths():
        answers = Simulator(graph).run(frames, path=path)[graph.output]
        np.testing.assert_array_equal(answers, expected.reshape(answers.shape))
    assert len(np.unique(expected)) > 1


@pytest.mark.parametrize("name", STRANGERS)
def test_files_of_other_tools(name: str, tmp_path: Path) -> None:
    onnx.save(STRANGERS[name](), tmp_path / "network.onnx")
    agree(tmp_path / "network.onnx")


@pytest.mark.parametrize("name", BREVITAS)
def test_networks_of_brevitas(name: str, tmp_path: Path) -> None:
    make, shape = BREVITAS[name]
    module, seed = lively(make, shape)
    agree(export(module, shape, tmp_path / "network.onnx", seed=seed))

"""What a problem says of a network, against the graph that is built from it."""

import copy
from pathlib import Path
from typing import Any

import onnx
import pytest
from torch import nn

from rbonn_hw.compiler import finn_session
from rbonn_hw.compiler.fold_network import Wish, fold_network
from rbonn_hw.compiler.folding import base_type
from rbonn_hw.compiler.frontend import lower
from rbonn_hw.compiler.hardware_nodes import specialize
from rbonn_hw.compiler.infer import infer_hardware_layers
from rbonn_hw.compiler.summary import layer_cost
from rbonn_hw.spec.device import device
from rbonn_hw.spec.summary import NAMES, SHELL, Resources
from tests.compiler.frontend.image import IMAGE
from tests.compiler.frontend.networks import Residual, binary_conv, binary_linear, export, integers, sign
from tests.compiler.frontend.sketch import Sketch

PART = "xc7z020clg400-1"


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Hardware layers of a residual network, without buffers."""
    folder = tmp_path_factory.mktemp("options")
    network = nn.Sequential(
        integers(8, 1.0),
        binary_conv(3, 8, 3),
        nn.BatchNorm2d(8),
        integers(4),
        Residual(8),
        nn.MaxPool2d(2),
        sign(),
        nn.Flatten(),
        binary_linear(8 * 9, 10),
    )
    finn_session.start(folder / "finn")
    lowered = lower(export(network, (1, 3, 8, 8), folder / "residual.onnx"))
    return specialize(infer_hardware_layers(lowered.lowered), PART)


def costs(model: Any, *, registers: bool) -> Resources:
    """Sum the layers of a built graph."""
    nodes = [node for node in model.graph.node if registers or base_type(node) != "RbonnRegister"]
    return sum((layer_cost(node, PART).resources for node in nodes), start=Resources())


@pytest.mark.parametrize("target", [300, 900, 4000])
def test_the_problem_counts_what_the_graph_then_has(
    layers: Any, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Layers, FIFOs and width converters, also those within windows; all but the register stages."""
    from rbonn_hw.compiler import fold_network as module

    said = []
    monkeypatch.setattr(
        module, "next_step", lambda problem, _, choice: said.append(problem.resources(choice))
    )
    before = layers.model.SerializeToString()

    folded = fold_network(copy.deepcopy(layers), PART, Wish(target, 1.0), {})

    assert said == [costs(folded.model, registers=False)]
    assert folded.solver["cycles"] <= target
    assert layers.model.SerializeToString() == before


def test_a_share_is_kept_with_shell_and_register_stages(layers: Any) -> None:
    budget = device(PART)
    for share in (0.12, 0.2):
        folded = fold_network(layers, PART, Wish(None, share), {})
        total = costs(folded.model, registers=True) + SHELL
        assert all(getattr(total, name) <= share * getattr(budget, name) for name in NAMES)
        assert folded.solver["within_share"]


def test_a_pixel_that_is_repeated_comes_in_parts(tmp_path: Path) -> None:
    """A row of one pixel in one beat would be a memory of one word: 4 channels at a time are no option."""
    g = Sketch()
    x = g.relu(g.op("GlobalAveragePool", g.stem()), 1 / 16)
    onnx.save(g.model(g.head(g.relu(g.conv(g.resized(x, 2, 2), 4, 4)), 16), IMAGE), tmp_path / "net.onnx")
    finn_session.start(tmp_path / "finn")
    model = specialize(infer_hardware_layers(lower(tmp_path / "net.onnx").lowered), PART)
    folded = fold_network(model, PART, Wish(None, 1.0), {})
    (upsample,) = (node.name for node in folded.model.graph.node if base_type(node) == "RbonnUpsample")
    assert int(folded.folding[upsample]["PE"]) < 4


def test_more_of_the_part_is_never_slower(layers: Any) -> None:
    cycles = [
        fold_network(layers, PART, Wish(None, share), {}).solver["cycles"] for share in (0.06, 0.12, 0.5)
    ]
    assert cycles == sorted(cycles, reverse=True)
    assert len(set(cycles)) > 1


def test_what_was_given_is_kept_and_the_rest_follows(layers: Any) -> None:
    given = {"layer_1_Conv_mvau": {"PE": 2, "SIMD": 9}}
    folded = fold_network(layers, PART, Wish(2000, 1.0), given)
    assert folded.folding["layer_1_Conv_mvau"]["PE"] == 2
    assert folded.folding["layer_1_Conv_mvau"]["SIMD"] == 9
    window = next(node for node in folded.model.graph.node if base_type(node) == "RbonnWindow")
    assert folded.folding[window.name] == {"SIMD": 9}


def test_what_does_not_fit_names_the_quickest_that_does(layers: Any) -> None:
    folded = fold_network(layers, PART, Wish(40, 0.06), {})
    assert not folded.solver["within_share"]
    quickest = fold_network(layers, PART, Wish(None, 0.06), {}).solver["cycles"]
    assert folded.best_fit_cycles == pytest.approx(quickest, rel=0.2)


def test_a_target_beyond_what_routes_with_ease_is_met_with_the_least_of_what_is_scarcest(
    layers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rbonn_hw.compiler import fold_network as module

    worst = []
    for routable in (1.0, 0.01):
        monkeypatch.setattr(module, "ROUTABLE", routable)
        folded = fold_network(layers, PART, Wish(300, 1.0), {})
        assert folded.solver["within_share"]
        assert folded.solver["cycles"] <= 300
        worst.append(max(costs(folded.model, registers=False).shares(device(PART)).values()))
    assert worst[1] < worst[0]

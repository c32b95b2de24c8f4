"""The exported file: stock QONNX execution answers with PyTorch's bits, for every kind of layer."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.change_batchsize import ChangeBatchSize
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.errors import ConfigError
from rbonn_hw.export import qonnx_file
from rbonn_hw.models import evaluation, storage
from rbonn_hw.models.layers import BiasedPReLU, Norm
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.weights import SignedConv
from rbonn_hw.models.zoo import DIGITS, network
from rbonn_hw.spec.input import METADATA_KEY, InputMeaning

FRAMES = 64


def pixels(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, (count, *DIGITS.frame), dtype=np.uint8)


@pytest.fixture(scope="module")
def net() -> Network:
    """The demo's network with gammas of either sign, odd biases, and slopes of which some are 0."""
    made = build(DIGITS, seed=0)
    generator = torch.Generator().manual_seed(1)

    def noise(like: torch.Tensor) -> torch.Tensor:
        return torch.randn(like.shape, generator=generator)

    for module in made.modules():
        if isinstance(module, Norm):
            module.weight.data = 3 * noise(module.weight)
            module.bias.data = noise(module.bias)
        if isinstance(module, BiasedPReLU):
            module.prelu.weight.data = noise(module.prelu.weight).clamp(min=0)
            module.after.bias.data = noise(module.after.bias)
        if isinstance(module, SignedConv):
            module.bias.bias.data = noise(module.bias.bias)
    made.train()
    for _ in range(3):
        made(torch.from_numpy(pixels(32)).float())
    return made.eval()


@pytest.fixture(scope="module")
def exported(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export folder, with its checkpoint folder beside it."""
    folder = tmp_path_factory.mktemp("export")
    storage.save_network(folder / "train", net)
    labels = np.arange(FRAMES, dtype=np.int64) % 10
    qonnx_file.export(folder / "train", folder / "out", (pixels(FRAMES), labels))
    return folder / "out"


def test_qonnx_execution_equals_pytorch_bit_for_bit(net: Network, exported: Path) -> None:
    golden = np.load(exported / qonnx_file.GOLDEN_FILE)
    model = ModelWrapper(str(exported / qonnx_file.QONNX_FILE))
    model = model.transform(ChangeBatchSize(FRAMES)).transform(InferShapes())
    name_in, name_out = model.graph.input[0].name, model.graph.output[0].name

    answers = execute_onnx(model, {name_in: golden["frames"].astype(np.float32)})[name_out]

    np.testing.assert_array_equal(answers, golden["outputs"])
    np.testing.assert_array_equal(answers, evaluation.scores(net, golden["frames"]))
    assert len(np.unique(answers)) > 100  # a network that answers everything alike would prove nothing


def test_file_is_the_agreed_one(exported: Path) -> None:
    model = onnx.load(str(exported / qonnx_file.QONNX_FILE))
    shape = [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim]
    kinds = {node.op_type for node in model.graph.node}

    assert shape == [1, 1, 8, 8]
    said = {entry.key: entry.value for entry in model.metadata_props}[METADATA_KEY]
    assert InputMeaning.from_json(said, "x") == InputMeaning(), "pixels 0 .. 255 as they are"
    assert {opset.version for opset in model.opset_import if opset.domain == ""} == {13}
    assert kinds == {
        *("Quant", "BipolarQuant", "Conv", "Mul", "Add", "Pad", "PRelu", "MaxPool", "AveragePool"),
        *("Flatten", "MatMul"),
    }


def test_input_is_bytes_and_both_branches_share_a_scale(exported: Path) -> None:
    model = ModelWrapper(str(exported / qonnx_file.QONNX_FILE))
    quants = model.get_nodes_by_op_type("Quant")
    scales = {float(model.get_initializer(node.input[1])) for node in quants}
    bits = [float(model.get_initializer(node.input[3])) for node in quants]

    assert scales == {1.0}
    assert bits == [8.0] + [4.0] * 6


def test_golden_vectors_and_result(exported: Path) -> None:
    golden = np.load(exported / qonnx_file.GOLDEN_FILE)
    result = json.loads((exported / qonnx_file.RESULT_FILE).read_text())

    assert golden["frames"].dtype == np.uint8
    assert golden["outputs"].shape == (FRAMES, 10)
    assert result["frames"] == FRAMES
    assert result["accuracy"]["pytorch"] == float((golden["outputs"].argmax(1) == golden["labels"]).mean())
    assert result["wall_seconds"] > 0
    assert result["origin"] == {"accuracy": "executed", "wall_seconds": "measured"}
    assert sorted(path.name for path in exported.iterdir()) == sorted([".rbonn.json", *qonnx_file.FILES])


def test_same_checkpoint_is_not_exported_again_and_a_new_one_is(exported: Path) -> None:
    train, out = exported.parent / "train", exported.parent / "again"
    labels = np.zeros(FRAMES, dtype=np.int64)

    tests = [(pixels(FRAMES), labels)] * 2 + [(pixels(FRAMES)[:9], labels[:9])]
    first, second, third = (qonnx_file.export(train, out, test) for test in tests)

    assert [done.was_finished for done in (first, second, third)] == [False, True, False]
    assert third.frames == 9
    assert np.load(out / qonnx_file.GOLDEN_FILE)["frames"].shape[0] == 9


def test_without_test_frames_there_are_no_golden_vectors(exported: Path) -> None:
    train, out = exported.parent / "train", exported.parent / "again"
    qonnx_file.export(train, out, (pixels(2), np.zeros(2, dtype=np.int64)))

    first, second = (qonnx_file.export(train, out, None) for _ in range(2))

    assert (first.accuracy, first.frames, first.was_finished, second.was_finished) == (None, 0, False, True)
    assert sorted(path.name for path in out.iterdir()) == [
        ".rbonn.json",
        qonnx_file.RESULT_FILE,
        qonnx_file.QONNX_FILE,
    ]
    former = (exported / qonnx_file.QONNX_FILE).read_bytes()
    assert (out / qonnx_file.QONNX_FILE).read_bytes() == former


def test_packed_network_gives_the_same_answers(net: Network, exported: Path) -> None:
    packed = exported.parent / "packed.safetensors"
    storage.save_packed(packed, net, storage.describe(exported.parent / "train"))
    test = pixels(FRAMES), np.zeros(FRAMES, dtype=np.int64)

    qonnx_file.export(packed, exported.parent / "of_packed", test)

    outputs = np.load(exported.parent / "of_packed" / qonnx_file.GOLDEN_FILE)["outputs"]
    np.testing.assert_array_equal(outputs, np.load(exported / qonnx_file.GOLDEN_FILE)["outputs"])


def test_network_without_integer_arithmetic_is_refused(tmp_path: Path) -> None:
    storage.save_network(tmp_path / "paper", build(network("digits", form="paper"), seed=0))
    storage.save_network(tmp_path / "real", build(DIGITS, seed=0), method="real")

    for name in ("paper", "real"):
        with pytest.raises(ConfigError, match="has no integer arithmetic; deploy the form 'hardware'"):
            qonnx_file.export(tmp_path / name, tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_missing_checkpoint_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run `rbonn train"):
        qonnx_file.export(tmp_path / "nothing", tmp_path / "out", None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="is a file; name a folder"):
        qonnx_file.export(exported.parent / "train", tmp_path / "file", None)

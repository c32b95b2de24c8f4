"""rbonn_hw/compiler/input_meaning.py: who says what the input is, and what is believed."""

from pathlib import Path

import onnx
import pytest
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend import lower
from rbonn_hw.compiler.input_meaning import ASSUMED, FILE, OPTION, TYPE, DeclaredInput, declared, settle
from rbonn_hw.errors import ConfigError
from rbonn_hw.spec.input import InputMeaning
from tests.cli.pixel_network import save_pixel_network


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return save_pixel_network(tmp_path / "pixels.onnx")


def with_metadata(path: Path, key: str, value: str) -> Path:
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, {key: value})
    onnx.save(proto, path)
    return path


def settled(path: Path, given: InputMeaning | None = None) -> DeclaredInput:
    found = declared(path, given)
    lowered = lower(path, input_type=found.meaning.dtype if found else "")
    return settle(lowered.reference, lowered.head, found)


def test_the_command_line_comes_before_the_file_and_that_before_an_assumption(network: Path) -> None:
    assumed = settled(network)
    assert (assumed.meaning, assumed.origin, assumed.warning) == (InputMeaning(), ASSUMED, "")

    with_metadata(network, "rbonn.input", '{"scale": "1/255"}')
    in_file = settled(network)
    assert (in_file.meaning.scale.divisor, in_file.origin) == (255.0, FILE)
    # Pixels of 0 .. 1 are two integers of a quantizer of whole numbers.
    assert "reach 2 of the 256 levels" in in_file.warning
    assert "reach 2 of the 256" in in_file.notes[1]

    assert settled(network, InputMeaning()) == DeclaredInput(InputMeaning(), OPTION)
    assert DeclaredInput.from_result({"input_meaning": in_file.to_document()}) == in_file


def test_metadata_of_the_graph_as_qonnx_writes_it(network: Path) -> None:
    model = ModelWrapper(str(network))
    model.set_metadata_prop("rbonn.input", '{"range": [0, 1]}')
    model.save(str(network))
    assert settled(network).meaning == InputMeaning.from_range(0, 1)


def test_onnx_has_a_key_of_its_own_for_the_range(network: Path) -> None:
    with_metadata(network, "Image.NominalPixelRange", "Normalized_0_1")
    assert settled(network).meaning == InputMeaning.from_range(0, 1)


def test_a_declaration_in_the_file_that_is_none(network: Path) -> None:
    with_metadata(network, "rbonn.input", '{"scale": 7}')
    with pytest.raises(ConfigError, match=r"pixels\.onnx: metadata rbonn\.input: input scale 7"):
        declared(network, None)


def test_integers_by_type_of_the_tensor_or_by_declaration(network: Path) -> None:
    integers = InputMeaning(kind="integers", dtype="INT4")
    assert settled(network, integers) == DeclaredInput(integers, OPTION)
    reference = lower(network, input_type="INT4").reference
    assert reference.get_tensor_datatype(reference.graph.input[0].name) == DataType["INT4"]

    model = ModelWrapper(str(network))
    model.set_tensor_datatype("x", DataType["UINT8"])
    model.save(str(network))
    assert settled(network) == DeclaredInput(InputMeaning(kind="integers", dtype="UINT8"), TYPE)
    assert settled(network, InputMeaning()).meaning.kind == "uint8", "the same numbers"
    with pytest.raises(ConfigError, match="annotated as UINT8, and declared as uint8 pixels x, scaled"):
        settled(network, InputMeaning.from_range(0, 1))

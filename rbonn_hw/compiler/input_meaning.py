"""What the input of a compiled network means: who said so, and whether it can be right.

The command line comes before the network file, and that before an assumption: uint8 pixels as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships no stubs
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.input_table import Order, few_levels, pixel_table
from rbonn_hw.errors import ConfigError, UnsupportedOperatorError
from rbonn_hw.results import Document
from rbonn_hw.spec.input import METADATA_KEY, NOMINAL_RANGE_KEY, NOMINAL_RANGES, InputMeaning

OPTION, FILE, TYPE, ASSUMED = "command line", "network file", "type of the input tensor", "not declared"
ANSWERS: Final = (
    "say what the network was trained on: --input-scale 1/255 for images of 0 .. 1 (with --input-mean and "
    "--input-std after Normalize), --input-range -1 1, --input-range 0 255 for pixels as they are, or "
    "--input FILE"
)


@dataclass(frozen=True, slots=True)
class DeclaredInput:
    """A declaration and who made it.

    Attributes:
        meaning: The declaration.
        origin: One of OPTION, FILE, TYPE and ASSUMED.
        warning: Why it looks wrong; empty if it does not.
    """

    meaning: InputMeaning
    origin: str
    warning: str = ""

    @property
    def notes(self) -> list[str]:
        """What the user should know, a line each."""
        lines = [f"input: {self.meaning.text} ({self.origin})"]
        if self.warning and self.origin != ASSUMED:
            lines.append(f"input: {self.warning}")
        return lines

    def to_document(self) -> Document:
        """Return the entry of ``compile.json``."""
        return {"declaration": self.meaning.to_document(), "origin": self.origin, "warning": self.warning}

    @classmethod
    def from_result(cls, compiled: Mapping[str, Any]) -> "DeclaredInput":
        """Read the entry of ``compile.json``."""
        entry = compiled["input_meaning"]
        meaning = InputMeaning.from_document(entry["declaration"])
        return cls(meaning, str(entry["origin"]), str(entry["warning"]))


def declared(network: Path, given: InputMeaning | None) -> DeclaredInput | None:
    """Return the declaration of the command line or the file; None if there is neither.

    Raises:
        ConfigError: The file's own cannot be read.
    """
    if given is not None:
        return DeclaredInput(given, OPTION)
    try:
        proto = onnx.load(network, load_external_data=False)
    except (DecodeError, ValueError, OSError):
        return None  # The frontend reads the file again, and says what is wrong with it.
    # QONNX's set_metadata_prop() writes to the graph, ONNX's own helper to the model.
    entries = {entry.key: entry.value for entry in (*proto.graph.metadata_props, *proto.metadata_props)}
    if METADATA_KEY in entries:
        where = f"{network}: metadata {METADATA_KEY}"
        return DeclaredInput(InputMeaning.from_json(entries[METADATA_KEY], where), FILE)
    span = NOMINAL_RANGES.get(entries.get(NOMINAL_RANGE_KEY, ""))
    return None if span is None else DeclaredInput(InputMeaning.from_range(*span), FILE)


def settle(reference: ModelWrapper, head: ModelWrapper, found: DeclaredInput | None) -> DeclaredInput:
    """Complete a declaration by what the lowered network knows of its input, and judge it.

    Args:
        reference: The network.
        head: From the network's input to the accelerator's integers.
        found: The declaration, if there is one.

    Raises:
        ConfigError: It contradicts the type of the input tensor or its channels.
    """
    annotated = reference.get_tensor_datatype(reference.graph.input[0].name)
    if annotated.is_integer():
        return _typed(annotated.name, found)
    made = found or DeclaredInput(InputMeaning(), ASSUMED)
    if made.meaning.kind != "uint8":
        return made
    stored = head.get_tensor_datatype(head.graph.output[0].name)
    try:
        table = pixel_table(head, Order.of(head), made.meaning)
    except UnsupportedOperatorError as error:
        return DeclaredInput(made.meaning, made.origin, f"no table from pixels to integers: {error}")
    warning = few_levels(table, int(stored.max()) - int(stored.min()) + 1)
    return DeclaredInput(made.meaning, made.origin, warning)


def _typed(dtype: str, found: DeclaredInput | None) -> DeclaredInput:
    """Return the declaration of an input tensor of integers."""
    typed = InputMeaning(kind="integers", dtype=dtype)
    if found is None or found.meaning == typed:
        return DeclaredInput(typed, TYPE if found is None else found.origin)
    if dtype == "UINT8" and found.meaning in (InputMeaning(), InputMeaning(layout="HWC")):
        return found
    raise ConfigError(
        f"the input tensor is annotated as {dtype}, and declared as {found.meaning.text} ({found.origin}); "
        "leave the declaration away, or the annotation"
    )

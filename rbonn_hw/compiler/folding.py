"""Folding: how many elements each layer handles per clock cycle.

A folding is FINN's JSON: ``{node name: {"PE": 4, "SIMD": 8}}``. :mod:`rbonn_hw.compiler.fold_network` chooses
one; a user's file overrides it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError, FoldingError

Folding = dict[str, dict[str, int | str]]
CHANNEL_ATTRIBUTE = {
    "RbonnThreshold": "NumChannels",
    "RbonnPool": "NumChannels",
    "RbonnAdd": "NumChannels",
    "RbonnDuplicate": "NumChannels",
    "RbonnLabelSelect": "Labels",
    "RbonnUpsample": "NumChannels",
    "RbonnConcat": "Block",
    "RbonnSelect": "Block",
}


def divisors(n: int) -> list[int]:
    """Return the divisors of ``n``, ascending."""
    return [divisor for divisor in range(1, n + 1) if n % divisor == 0]


def base_type(node: NodeProto) -> str:
    """Return the operator's name without FINN's back-end suffix."""
    return str(node.op_type).removesuffix("_rtl")


def read_folding(path: Path) -> Folding:
    """Read FINN's folding JSON; its ``Defaults`` entry is ignored.

    Raises:
        ConfigError: The file is absent, not JSON, or not of that form.
    """
    try:
        document: Any = documents.parse(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"folding file {path}: {error}; expected JSON like {{'conv1_mvau': {{'PE': 4}}}}"
        ) from None
    if not isinstance(document, dict) or not all(isinstance(entry, dict) for entry in document.values()):
        raise ConfigError(
            f"folding file {path}: expected an object of objects, like {{'conv1_mvau': {{'PE': 4}}}}"
        )
    return {name: dict(entry) for name, entry in document.items() if name != "Defaults"}


def read_given(model: ModelWrapper, path: Path) -> Folding:
    """Read a folding file and apply it, so that what is wrong with it is said at once.

    Raises:
        ConfigError: It cannot be read, or is not of this network; as :func:`apply_folding`, naming the file.
    """
    given = read_folding(path)
    try:
        apply_folding(model, given)
    except (ConfigError, FoldingError) as error:
        raise type(error)(f"folding file {path}: {error}") from None
    return given


def apply_folding(model: ModelWrapper, folding: Mapping[str, Mapping[str, int | str]]) -> None:
    """Set the attributes on the nodes and check that each divides what it folds.

    Raises:
        ConfigError: A node or attribute does not exist.
        FoldingError: A value does not divide; the message lists those that do.
    """
    nodes = {node.name: node for node in model.graph.node}
    for name, entry in folding.items():
        if name not in nodes:
            raise ConfigError(f"no node is called {documents.shown(name)}; the graph has {sorted(nodes)}")
        operator = getCustomOp(nodes[name])
        known = operator.get_nodeattr_types()
        for attribute, value in entry.items():
            if attribute not in known:
                raise ConfigError(f"{name!r} has no attribute {documents.shown(attribute)}; try PE or SIMD")
            _check_value(f"{attribute} of {name}", value, known[attribute])
            operator.set_nodeattr(attribute, value)
        try:
            operator.verify_node()
        except FoldingError as error:
            raise FoldingError(f"node {name!r}: {error}") from None


def _check_value(what: str, value: Any, known: tuple[Any, ...]) -> None:
    """Check a value from a folding file against what FINN declares of the attribute.

    Raises:
        ConfigError: Another type, or none of the values that exist.
    """
    kind, whole = known[0], isinstance(value, int) and not isinstance(value, bool)
    given = f"{what} is {documents.shown(value)}"
    if kind == "i" and not (whole and 0 <= value < 1 << 31):
        raise ConfigError(f"{given}, must be an integer below 2^31; 1 always works")
    if kind == "s" and not isinstance(value, str):
        raise ConfigError(f"{given}, must be a text")
    if kind not in ("i", "s"):
        raise ConfigError(f"{what} cannot be chosen; leave it out")
    if len(known) > 3 and value not in known[3]:
        raise ConfigError(f"{given}, must be one of {sorted(known[3])}")

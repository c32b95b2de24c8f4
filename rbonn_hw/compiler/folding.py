"""Folding: how many elements each layer handles per clock cycle.

A folding is FINN's JSON: ``{node name: {"PE": 4, "SIMD": 8}}``. :func:`fold_for_cycles` picks, layer by
layer, the smallest parallelism that keeps a layer within a cycle target; a user's file overrides it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError, FoldingError

Folding = dict[str, dict[str, int]]
MAX_LANES = 1024
"""Widest window that a layer takes at once, to keep routing sane [elements]."""
PLUMBING_SLACK = 2
"""How much quicker than the target layers without weights are made: they are small, and come in bursts."""
CHANNEL_ATTRIBUTE = {
    "RbonnMVAU": "MH",
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


def fold_for_cycles(model: ModelWrapper, target_cycles: int) -> Folding:
    """Choose the smallest folding with which no layer takes more than ``target_cycles`` a frame.

    A layer that cannot be that fast is made as fast as it can be; the report shows it as the bottleneck.

    Args:
        model: FINN hardware layers.
        target_cycles: Cycles between frames, at least 1 [cycles].
    """
    if target_cycles < 1:
        raise ConfigError(f"target_cycles={target_cycles} must be at least 1")
    folding: Folding = {}
    light = max(1, target_cycles // PLUMBING_SLACK)
    for node in model.graph.node:
        kind = base_type(node)
        if kind == "RbonnMVAU":
            folding[node.name] = _fold_mvau(model, node, target_cycles)
        elif kind == "RbonnDepthwise":
            folding[node.name] = _fold_depthwise(node, target_cycles)
        elif kind in CHANNEL_ATTRIBUTE:
            folding[node.name] = _fold_lanes(node, "PE", light)
    return folding | fold_windows(model, target_cycles)


def fold_windows(model: ModelWrapper, target_cycles: int) -> Folding:
    """Choose for each window what suits the layer that it feeds, as that is folded now."""
    return {
        node.name: _fold_window(model, node, target_cycles)
        for node in model.graph.node
        if base_type(node) == "RbonnWindow"
    }


def _fold_lanes(node: NodeProto, attribute: str, target_cycles: int) -> dict[str, int]:
    operator = getCustomOp(node)
    for lanes in divisors(operator.get_nodeattr(CHANNEL_ATTRIBUTE[base_type(node)])):
        operator.set_nodeattr(attribute, lanes)
        if operator.get_exp_cycles() <= target_cycles:
            break
    return {attribute: lanes}


def _fold_depthwise(node: NodeProto, target_cycles: int) -> dict[str, int]:
    """Raise PE to all channels, then take several taps at once."""
    operator = getCustomOp(node)
    channels, taps = operator.get_nodeattr("NumChannels"), operator.get_nodeattr("Taps")
    choices = [{"PE": pe, "SIMD": 1} for pe in divisors(channels)]
    choices += [{"PE": channels, "SIMD": simd} for simd in divisors(taps)[1:]]
    for choice in choices:
        for attribute, value in choice.items():
            operator.set_nodeattr(attribute, value)
        if operator.get_exp_cycles() <= target_cycles:
            break
    return choice


def _fold_window(model: ModelWrapper, node: NodeProto, target_cycles: int) -> dict[str, int]:
    """Give beats as the layer behind takes them, more a beat only where that is too slow."""
    operator, consumer = getCustomOp(node), model.find_consumer(node.output[0])
    # How many elements come at a time is not the window's choice, and must not hold it up here.
    operator.set_nodeattr("inLanes", operator.get_nodeattr("NumChannels"))
    taken = 1 if consumer is None else int(getCustomOp(consumer).get_folded_input_shape()[-1])
    legal = operator.legal_simd()
    choices = [simd for simd in legal if simd >= taken] or list(legal[-1:])
    for simd in choices:
        operator.set_nodeattr("SIMD", simd)
        if operator.get_exp_cycles() <= target_cycles:
            break
    return {"SIMD": simd}


def _fold_mvau(model: ModelWrapper, node: NodeProto, target_cycles: int) -> dict[str, int]:
    """Choose among the SIMDs that the window generator can feed: parts of a pixel, or whole pixels."""
    operator = getCustomOp(node)
    mw, mh = operator.get_nodeattr("MW"), operator.get_nodeattr("MH")
    producer = model.find_producer(node.input[0])
    windowed = producer is not None and base_type(producer) == "RbonnWindow"
    channels = getCustomOp(producer).get_nodeattr("NumChannels") if windowed else mw
    legal_simd = [
        simd for simd in divisors(mw) if simd <= MAX_LANES and (channels % simd == 0 or simd % channels == 0)
    ]
    costs = {(pe, simd): _mvau_cycles(operator, pe, simd) for simd in legal_simd for pe in divisors(mh)}
    quick = [fold for fold, cycles in costs.items() if cycles <= target_cycles]
    # Least hardware that is quick enough, else the quickest; among equals few PEs (accumulators).
    pe, simd = (
        min(quick, key=lambda fold: (fold[0] * fold[1], fold[0]))
        if quick
        else min(costs, key=costs.__getitem__)
    )
    _mvau_cycles(operator, pe, simd)
    return {"PE": pe, "SIMD": simd}


def _mvau_cycles(operator: Any, pe: int, simd: int) -> int:
    operator.set_nodeattr("PE", pe)
    operator.set_nodeattr("SIMD", simd)
    return int(operator.get_exp_cycles())


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


def apply_file(model: ModelWrapper, path: Path, chosen: Folding) -> Folding:
    """Apply a folding file over a folding that was chosen, which gets its entries; return what the file says.

    Raises:
        ConfigError: It cannot be read, or is not of this network; as :func:`apply_folding`, naming the file.
    """
    given = read_folding(path)
    for name, entry in given.items():
        chosen.setdefault(name, {}).update(entry)
    try:
        apply_folding(model, chosen)
    except (ConfigError, FoldingError) as error:
        raise type(error)(f"folding file {path}: {error}") from None
    return given


def apply_folding(model: ModelWrapper, folding: Mapping[str, Mapping[str, int]]) -> None:
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

"""A compiled network as a dataflow top of the twins, with its parameters as headers and golden vectors.

    python -m hls.network BUILD FOLDER      BUILD is a folder of rbonn compile, FOLDER what to write

The graph is the RTL's: the same kernels, folding and memory rows. A FIFO is no kernel here but the depth of
its stream, and a register stage nothing at all. Depths are those of the RTL and ``SLACK`` words more, because
a kernel of Vitis HLS may hold back some words longer than its RTL twin.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onnx import NodeProto

from hls.golden import Example
from hls.kernels import WEIGHT_ROM
from hls.netlist import STREAM_DEPTH, Design, Instance, Stream, Table
from rbonn_hw.compiler import finn_session, golden
from rbonn_hw.errors import RbonnError
from rbonn_hw.packing import Ints
from rbonn_hw.spec._stream import StreamPort
from rbonn_hw.spec.fifo import FifoSpec
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.register import RegisterSpec

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

SLACK = 32
"""Words that a stream with a FIFO holds beyond those of the RTL [words]."""
TABLES = {
    "WeightFile": ("WeightRow", "Tiles"),
    "ThresholdFile": ("ThresholdRow", "ThresholdRows"),
    "FlipFile": ("FlipRow", "Folds"),
}
"""Type and number of rows in the twin's configuration, by memory of the RTL."""


def network_design(build_dir: Path) -> Design:
    """Return the dataflow top of a build folder.

    Raises:
        ConfigError: The folder holds no compiled network.
        SpecError: A layer has no twin; :func:`hls.netlist.write_design` finds it.
    """
    model = golden.load(build_dir, "finn")
    finn_session.start(build_dir / "finn")
    names, depths = _streams(model)
    instances, ports = [], dict[str, StreamPort]()
    for node, operator in _operators(model):
        spec = operator.spec()
        if isinstance(spec, FifoSpec | RegisterSpec):
            continue
        inputs = tuple(names[tensor] for tensor in node.input[: len(spec.inputs)])
        outputs = tuple(names[tensor] for tensor in node.output)
        ports |= zip((*inputs, *outputs), (*spec.inputs, *spec.outputs), strict=True)
        instances.append(Instance(node.name, spec, inputs, outputs, tuple(_tables(model, node, operator))))
    source, sink = names[model.graph.input[0].name], names[model.graph.output[0].name]
    inner = [Stream(name, port, depths[name]) for name, port in ports.items() if name not in (source, sink)]
    return Design(
        "network_top",
        tuple(instances),
        (Stream(source, ports[source]),),
        (Stream(sink, ports[sink]),),
        tuple(inner),
    )


def network_example(build_dir: Path, frames: int) -> Example:
    """Return the network with random frames, and what FINN's graph over the golden models answers."""
    design = network_design(build_dir)
    x = golden.network_frames(build_dir, golden.random_frames(build_dir, frames, seed=1))
    stored = golden.to_integers(build_dir, x)
    answers = golden.finn_outputs(build_dir, stored, lambda _: None)
    model = golden.load(build_dir, "finn")
    given, said = (
        _carried(model, values.name, tensor)
        for values, tensor in ((model.graph.input[0], stored), (model.graph.output[0], answers))
    )
    return Example(design, [given], [said])


def _carried(model: "ModelWrapper", tensor: str, values: Ints) -> Ints:
    """Return the values that travel: bits for BIPOLAR."""
    return (values + 1) // 2 if model.get_tensor_datatype(tensor).name == "BIPOLAR" else values


def _operators(model: "ModelWrapper") -> Iterator[tuple[NodeProto, Any]]:
    """Yield nodes and their operators, producers first."""
    from qonnx.custom_op.registry import getCustomOp
    from qonnx.transformation.general import SortGraph

    for node in model.transform(SortGraph()).graph.node:
        yield node, getCustomOp(node)


def _streams(model: "ModelWrapper") -> tuple[dict[str, str], dict[str, int]]:
    """Return the stream of each tensor, one on both sides of a FIFO or register, and depths by stream."""
    first, depths = dict[str, str](), dict[str, int]()
    for node, operator in _operators(model):
        spec = operator.spec()
        if isinstance(spec, FifoSpec | RegisterSpec):
            origin = first.setdefault(node.input[0], node.input[0])
            first[node.output[0]] = origin
            deeper = spec.depth + SLACK if isinstance(spec, FifoSpec) else 0
            depths[origin] = depths.get(origin, STREAM_DEPTH) + deeper
        else:
            for tensor in (*node.input[: len(spec.inputs)], *node.output):
                first.setdefault(tensor, tensor)
    names = {origin: f"stream_{re.sub(r'[^0-9A-Za-z]', '_', origin)}" for origin in first.values()}
    names[first[model.graph.output[0].name]] = "out"
    names[first[model.graph.input[0].name]] = "in"
    by_name = {names[origin]: depths.get(origin, STREAM_DEPTH) for origin in first.values()}
    return {tensor: names[origin] for tensor, origin in first.items()}, by_name


def _tables(model: "ModelWrapper", node: NodeProto, operator: Any) -> Iterator[Table]:
    """Yield the memories of a node, in the order of the twin's arguments."""
    spec = operator.spec()
    parameters = [model.get_initializer(name) for name in node.input[len(spec.inputs) :]]
    for file, (_, text) in operator.memory_images(parameters).items():
        storage = WEIGHT_ROM[spec.block_rom] if file == "WeightFile" and isinstance(spec, MvauSpec) else ""
        yield Table(*TABLES[file], text, storage)


def main() -> int:
    """Write the network; return the exit code, 2 for a folder or a layer that cannot be taken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("build", type=Path, help="folder of rbonn compile")
    parser.add_argument("folder", type=Path, help="where to write; created if need be")
    parser.add_argument("--frames", type=int, default=4, help="random frames (default %(default)s)")
    arguments = parser.parse_args()
    try:
        network_example(arguments.build, arguments.frames).write(arguments.folder)
    except RbonnError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

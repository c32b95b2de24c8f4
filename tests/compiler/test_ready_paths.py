"""Ready paths: no longer than two kernels in any network, and cut where it is cheapest."""

from collections.abc import Collection
from itertools import combinations
from pathlib import Path

import pytest
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler import finn_session
from rbonn_hw.compiler.build import CompileOptions, compile_network
from rbonn_hw.compiler.stitch import stitch
from rbonn_hw.errors import SpecError
from tests.compiler.frontend.catalogue import NETWORKS
from tests.compiler.frontend.networks import export

ENDS_READY = {"RbonnMVAU_rtl", "RbonnFIFO_rtl", "RbonnRegister_rtl", "RbonnWindow_rtl"}
"""Kernels whose ready leaves from a register; tests/synth/test_kernels.py asks the netlist."""
Stream = tuple[str, str]


def compiled(name: str, folder: Path) -> ModelWrapper:
    """Compile a network of the catalogue and return its layers."""
    make, shape = NETWORKS[name]
    network, out = export(make(), shape, folder / "network.onnx"), folder / "out"
    compile_network(network, out, CompileOptions(target_cycles=600), lambda _: None)
    finn_session.start(out / "finn")
    return ModelWrapper(str(out / "finn.onnx"))


def streams_of(model: ModelWrapper) -> dict[Stream, int]:
    """Return the streams between layers, register stages left out, and their widths [bits]."""
    found = {}
    for node in model.graph.node:
        if node.op_type == "RbonnRegister_rtl":
            continue
        for tensor in node.output:
            consumer = model.find_consumer(tensor)
            if consumer is not None and consumer.op_type == "RbonnRegister_rtl":
                consumer = model.find_consumer(consumer.output[0])
            if consumer is not None:
                lanes = getCustomOp(node).get_folded_output_shape(list(node.output).index(tensor))[-1]
                bits = int(model.get_tensor_datatype(tensor).bitwidth())
                found[node.name, consumer.name] = int(lanes) * bits
    return found


def longest(streams: Collection[Stream], stages: Collection[Stream], ends: Collection[str]) -> int:
    """Return the kernels on the longest path of ready, by following every path to its end."""

    def crossed(kernel: str) -> int:
        if kernel in ends:
            return 0
        beyond = [crossed(to) for at, to in streams if at == kernel and (at, to) not in stages]
        return 1 + max(beyond, default=0)

    return max(crossed(kernel) for stream in streams for kernel in stream)


@pytest.mark.parametrize("name", ["downsampling", "shared pool"])
def test_paths_are_cut_at_least_cost(name: str, tmp_path: Path) -> None:
    model = compiled(name, tmp_path)
    widths = streams_of(model)
    ends = {node.name for node in model.graph.node if node.op_type in ENDS_READY}
    stages = {
        (model.find_producer(node.input[0]).name, model.find_consumer(node.output[0]).name)
        for node in model.graph.node
        if node.op_type == "RbonnRegister_rtl"
    }

    assert longest(widths, stages, ends) == 2
    assert longest(widths, (), ends) > 2
    inner = [stream for stream in widths if not ends & set(stream)]
    covers = (
        chosen
        for count in range(len(inner) + 1)
        for chosen in combinations(inner, count)
        if longest(inner, chosen, ends) <= 2
    )
    cost = min(sum(widths[stream] + 2 for stream in chosen) for chosen in covers)
    assert sum(widths[stream] + 2 for stream in stages) == cost


def test_a_path_of_three_kernels_is_refused(tmp_path: Path) -> None:
    model = compiled("downsampling", tmp_path)
    stage = next(node for node in model.graph.node if node.op_type == "RbonnRegister_rtl")
    before, after = model.find_producer(stage.input[0]), model.find_consumer(stage.output[0])
    after.input[0] = stage.input[0]
    model.graph.node.remove(stage)

    with pytest.raises(SpecError, match=f"crosses 3 kernels.*{before.name}, {after.name}"):
        stitch(model, "accelerator", tmp_path / "rtl")

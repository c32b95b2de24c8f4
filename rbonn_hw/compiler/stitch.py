"""Stitching without Vivado: one Verilog netlist of the layers, in the folder that FINN's rtlsim expects.

The netlist holds instances and wires only. Internal valid and ready wires are public to Verilator, so that a
deadlock can be reported by stream.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler.ready_paths import check_ready_paths
from rbonn_hw.errors import SpecError
from rbonn_hw.results import write_text
from rbonn_hw.spec.accelerator import InternalStream

PUBLIC = "/* verilator public_flat_rd */"


@dataclass(frozen=True, slots=True)
class StitchedDesign:
    """What the netlist consists of."""

    top: str
    sources: tuple[str, ...]
    streams: tuple[InternalStream, ...]


@dataclass(frozen=True, slots=True)
class _Port:
    node: NodeProto
    name: str
    width_bits: int


def stitch(model: ModelWrapper, top: str, rtl_dir: Path, home: Path | None = None) -> StitchedDesign:
    """Write the netlist and copy every source and memory image beside it.

    Sets the metadata with which FINN's ``execute_onnx`` runs the stitched design in mode ``rtlsim``.

    Args:
        model: Layers with generated HDL (FINN's PrepareIP), one input and one output.
        top: Module name of the accelerator.
        rtl_dir: Folder to write; ``sources.txt`` in it lists the files to compile, in order.
        home: Where the folder will lie in the end, if it is moved.

    Raises:
        SpecError: Two layers exchange streams of unequal widths, or a path of ready is too long.
    """
    check_ready_paths(model)
    home = home or rtl_dir
    rtl_dir.mkdir(parents=True, exist_ok=True)
    writers, readers = _ports(model)
    streams = [
        InternalStream(f"{writers[tensor].node.name} -> {readers[tensor].node.name}", *_wires(ind)[1:])
        for ind, tensor in enumerate(_internal(model))
    ]
    write_text(rtl_dir / f"{top}.v", _netlist(model, top, writers, readers))
    sources = [*_copy_sources(model, rtl_dir), f"{top}.v"]
    write_text(rtl_dir / "sources.txt", "".join(f"{name}\n" for name in sources))
    write_text(rtl_dir / "all_verilog_srcs.txt", "".join(f"{home / name}\n" for name in sources))
    names = {
        "s_axis": [["s_axis_0", readers[model.graph.input[0].name].width_bits]],
        "m_axis": [["m_axis_0", writers[model.graph.output[0].name].width_bits]],
        "aximm": [],
        "axilite": [],
    }
    for key, value in (
        ("wrapper_filename", str(home / f"{top}.v")),
        ("vivado_stitch_proj", str(home)),
        ("vivado_stitch_ifnames", json.dumps(names)),
    ):
        model.set_metadata_prop(key, value)
    return StitchedDesign(top, tuple(sources), tuple(streams))


def _ports(model: ModelWrapper) -> tuple[dict[str, _Port], dict[str, _Port]]:
    """Return which port writes and which reads each streamed tensor."""
    writers: dict[str, _Port] = {}
    readers: dict[str, _Port] = {}
    for node in model.graph.node:
        names = getCustomOp(node).get_verilog_top_module_intf_names()
        for tensor, (port, width) in zip(node.input, names["s_axis"], strict=False):
            readers[tensor] = _Port(node, port, width)
        for tensor, (port, width) in zip(node.output, names["m_axis"], strict=True):
            writers[tensor] = _Port(node, port, width)
    return writers, readers


def _internal(model: ModelWrapper) -> list[str]:
    output = model.graph.output[0].name
    return [tensor for node in model.graph.node for tensor in node.output if tensor != output]


def _wires(ind: int) -> tuple[str, str, str]:
    """Return data, valid and ready wire of internal stream number ``ind``."""
    return (f"stream{ind}_tdata", f"stream{ind}_tvalid", f"stream{ind}_tready")


def _netlist(model: ModelWrapper, top: str, writers: dict[str, _Port], readers: dict[str, _Port]) -> str:
    source, sink = model.graph.input[0].name, model.graph.output[0].name
    wires = {tensor: _wires(ind) for ind, tensor in enumerate(_internal(model))}
    lines = [
        "// SPDX-License-Identifier: BSD-3-Clause",
        "// Generated: the accelerator as a netlist of its layers.",
        f"module {top} (",
        '  (* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axis_0:m_axis_0, ASSOCIATED_RESET ap_rst_n" *)',
        '  (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 ap_clk CLK" *)',
        "  input ap_clk,",
        "  input ap_rst_n,",
        f"  input [{readers[source].width_bits - 1}:0] s_axis_0_tdata,",
        "  input s_axis_0_tvalid,",
        "  output s_axis_0_tready,",
        f"  output [{writers[sink].width_bits - 1}:0] m_axis_0_tdata,",
        "  output m_axis_0_tvalid,",
        "  input m_axis_0_tready",
        ");",
    ]
    for tensor, (data, valid, ready) in wires.items():
        if writers[tensor].width_bits != readers[tensor].width_bits:
            raise SpecError(
                f"stream {tensor!r}: {writers[tensor].node.name} writes {writers[tensor].width_bits} bits, "
                f"{readers[tensor].node.name} reads {readers[tensor].width_bits}; insert a width converter"
            )
        lines += [
            f"  // {writers[tensor].node.name} -> {readers[tensor].node.name}",
            f"  wire [{writers[tensor].width_bits - 1}:0] {data};",
            f"  wire {valid} {PUBLIC};",
            f"  wire {ready} {PUBLIC};",
        ]
    wires[source] = ("s_axis_0_tdata", "s_axis_0_tvalid", "s_axis_0_tready")
    wires[sink] = ("m_axis_0_tdata", "m_axis_0_tvalid", "m_axis_0_tready")
    for node in model.graph.node:
        lines += _instance(node, wires)
    return "\n".join([*lines, "endmodule", ""])


def _instance(node: NodeProto, wires: dict[str, tuple[str, str, str]]) -> Iterator[str]:
    operator = getCustomOp(node)
    names = operator.get_verilog_top_module_intf_names()
    pins = [".ap_clk(ap_clk)", ".ap_rst_n(ap_rst_n)"]
    for tensors, ports in ((node.input, names["s_axis"]), (node.output, names["m_axis"])):
        for tensor, (port, _) in zip(tensors, ports, strict=False):
            for suffix, wire in zip(("TDATA", "TVALID", "TREADY"), wires[tensor], strict=True):
                pins.append(f".{port}_{suffix}({wire})")
    yield f"  {operator.get_nodeattr('gen_top_module')} {node.name} ("
    yield ",\n".join(f"    {pin}" for pin in [*pins, *_tied_off(operator)])
    yield "  );"


def _tied_off(operator: object) -> Iterator[str]:
    """Return pins for the AXI-Lite port that FINN's padding layer always has."""
    if type(operator).__name__ == "FMPadding_rtl":
        for signal, value in (("AWVALID", "1'b0"), ("AWADDR", "5'd0"), ("WVALID", "1'b0"), ("WDATA", "32'd0"),
                              ("WSTRB", "4'd0"), ("BREADY", "1'b0"), ("ARVALID", "1'b0"), ("ARADDR", "5'd0"),
                              ("RREADY", "1'b0")):  # fmt: skip
            yield f".s_axilite_{signal}({value})"


def _copy_sources(model: ModelWrapper, rtl_dir: Path) -> list[str]:
    """Copy HDL and memory images; headers are copied, and not listed."""
    names: dict[str, None] = {}
    for node in model.graph.node:
        operator = getCustomOp(node)
        files = [Path(file) for file in operator.get_rtl_file_list(abspath=True)]
        folder = Path(operator.get_nodeattr("code_gen_dir_ipgen"))
        for file in files + sorted(folder.glob("*.mem")):
            shutil.copyfile(file, rtl_dir / file.name)
            if file.suffix in (".sv", ".v"):
                names[file.name] = None
    # Packages must be compiled before what imports them.
    return sorted(names, key=lambda name: not name.endswith("_pkg.sv"))

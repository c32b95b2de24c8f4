"""The Verilog wrapper of a kernel: AXI4-Stream names and byte-padded widths outside, our ports inside.

A wrapper is a netlist of one instance; the logic is in ``rbonn_hw/rtl``.
"""

from collections.abc import Iterator, Mapping, Sequence

from rbonn_hw.packing import word_bytes
from rbonn_hw.spec._stream import KernelSpec, StreamPort


def padded_bits(port: StreamPort) -> int:
    """Return the AXI4-Stream width: whole bytes [bits]."""
    return 8 * word_bytes(port.width_bits)


def wrapper_text(
    top: str, spec: KernelSpec, strings: Mapping[str, str], open_outputs: Sequence[str] = ()
) -> str:
    """Return the Verilog of module ``top`` around ``spec.MODULE``.

    Args:
        top: Module name; FINN's node name.
        spec: The kernel.
        strings: String parameters, such as memory files.
        open_outputs: Output streams that the module has beyond those of ``spec``; nobody is ever ready there.
    """
    inputs = [(f"in{i}_V", port) for i, port in enumerate(spec.inputs)]
    outputs = [(f"out{i}_V", port) for i, port in enumerate(spec.outputs)]
    buses = ":".join(name for name, _ in inputs + outputs)
    parameters = [f".{name}({value})" for name, value in spec.rtl_parameters().items()]
    parameters += [f'.{name}("{value}")' for name, value in strings.items()]
    ports = ["input ap_clk", "input ap_rst_n", *_port_list(inputs, outputs)]
    pins = [".clk_i(ap_clk)", ".rst_i(~ap_rst_n)", *_pin_list(inputs, outputs)]
    pins += [
        pin
        for name in open_outputs
        for pin in (f".{name}_valid_o()", f".{name}_ready_i(1'b0)", f".{name}_data_o()")
    ]
    padding = [
        f"  assign {name}_TDATA[{padded_bits(port) - 1}:{port.width_bits}] = 0;"
        for name, port in outputs
        if padded_bits(port) > port.width_bits
    ]
    attributes = (
        f'  (* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF {buses}, ASSOCIATED_RESET ap_rst_n" *)\n'
        '  (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 ap_clk CLK" *)\n'
    )
    return "\n".join(
        [
            "// SPDX-License-Identifier: BSD-3-Clause",
            f"// Generated: {spec.MODULE} with AXI4-Stream names.",
            f"module {top} (",
            attributes + ",\n".join(f"  {port}" for port in ports),
            ");",
            *padding,
            f"  {spec.MODULE} #(\n    " + ",\n    ".join(parameters),
            "  ) kernel (\n    " + ",\n    ".join(pins),
            "  );",
            "endmodule",
            "",
        ]
    )


Named = list[tuple[str, StreamPort]]


def _port_list(inputs: Named, outputs: Named) -> Iterator[str]:
    for name, port in inputs:
        yield f"input [{padded_bits(port) - 1}:0] {name}_TDATA"
        yield f"input {name}_TVALID"
        yield f"output {name}_TREADY"
    for name, port in outputs:
        yield f"output [{padded_bits(port) - 1}:0] {name}_TDATA"
        yield f"output {name}_TVALID"
        yield f"input {name}_TREADY"


def _pin_list(inputs: Named, outputs: Named) -> Iterator[str]:
    for name, port in inputs:
        yield f".{port.name}_valid_i({name}_TVALID)"
        yield f".{port.name}_ready_o({name}_TREADY)"
        yield f".{port.name}_data_i({name}_TDATA[{port.width_bits - 1}:0])"
    for name, port in outputs:
        yield f".{port.name}_valid_o({name}_TVALID)"
        yield f".{port.name}_ready_i({name}_TREADY)"
        yield f".{port.name}_data_o({name}_TDATA[{port.width_bits - 1}:0])"

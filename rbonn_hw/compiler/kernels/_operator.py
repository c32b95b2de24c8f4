"""What our FINN operators have in common: a kernel specification under FINN's operator interface.

A concrete operator reads its specification from the node attributes (:meth:`KernelOperator.spec`), says its
tensor shapes, and computes with the golden model. Widths, folded shapes, cycles, resource estimates, Verilog
wrapper and the list of sources follow from the specification.

Activations travel as BINARY where they are BIPOLAR in the network; both are one bit on a stream.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import finn.custom_op.fpgadataflow as base_operators
import finn.custom_op.fpgadataflow.rtl as rtl_operators
import numpy as np
from finn.custom_op.fpgadataflow.hwcustomop import HWCustomOp
from finn.custom_op.fpgadataflow.rtlbackend import RTLBackend
from numpy.typing import NDArray
from onnx import NodeProto
from qonnx.core.datatype import BaseDataType, DataType
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.kernels._wrapper import wrapper_text
from rbonn_hw.packing import Ints
from rbonn_hw.spec._stream import KernelSpec, StreamPort

RTL_DIR = Path(__file__).resolve().parents[2] / "rtl"
AttributeTypes = dict[str, tuple[Any, ...]]


class KernelOperator(HWCustomOp):
    """A FINN operator over a :class:`KernelSpec`; its Python execution is the golden model."""

    STREAM_INPUTS: ClassVar[int] = 1
    """Leading node inputs that are streams; the others are parameters held in the kernel's memories."""
    SOURCES: ClassVar[tuple[str, ...]] = ()
    """SystemVerilog files in ``rbonn_hw/rtl`` that the kernel needs, packages and leaf cells first."""

    @abstractmethod
    def attributes(self) -> AttributeTypes:
        """Return the node attributes beyond those of every FINN operator."""

    @abstractmethod
    def spec(self) -> KernelSpec:
        """Return the kernel's specification for the present node attributes."""

    @abstractmethod
    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Compute the outputs.

        Args:
            inputs: Stream tensors in the node's normal shapes.
            parameters: The remaining node inputs (weights, thresholds), as stored in the graph.

        Returns:
            One array per output; any shape with the right element order.
        """

    def memory_images(self, parameters: Sequence[NDArray[Any]]) -> Mapping[str, tuple[str, str]]:
        """Return ``{RTL parameter: (file name suffix, $readmemh text)}``; none unless overridden."""
        del parameters
        return {}

    def rtl_string_parameters(self) -> Mapping[str, str]:
        """Return further string parameters of the RTL module; none unless overridden."""
        return {}

    def open_outputs(self) -> Sequence[str]:
        """Return output streams that the RTL module has beyond those in use; none unless overridden."""
        return ()

    # FINN's operator interface

    def get_nodeattr_types(self) -> AttributeTypes:
        """Return FINN's attributes and ours."""
        types: AttributeTypes = super().get_nodeattr_types()
        types.update(self.attributes())
        return types

    def _port(self, ports: tuple[StreamPort, ...], ind: int) -> StreamPort | None:
        return ports[ind] if ind < len(ports) else None

    def input_datatype_name(self, ind: int) -> str:
        """Return the QONNX name of input ``ind``; override where the type is not the port's."""
        return self.spec().inputs[ind].dtype.qonnx_name

    def output_datatype_name(self, ind: int) -> str:
        """Return the QONNX name of output ``ind``."""
        return self.spec().outputs[ind].dtype.qonnx_name

    def get_input_datatype(self, ind: int = 0) -> BaseDataType:
        """Return the type of stream input ``ind``."""
        return DataType[self.input_datatype_name(ind)]

    def get_output_datatype(self, ind: int = 0) -> BaseDataType:
        """Return the type of output ``ind``."""
        return DataType[self.output_datatype_name(ind)]

    def get_folded_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, beats, lanes)."""
        port = self.spec().inputs[ind]
        return (1, port.beats, port.lanes)

    def get_folded_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (1, beats, lanes)."""
        port = self.spec().outputs[ind]
        return (1, port.beats, port.lanes)

    def get_instream_width(self, ind: int = 0) -> int:
        """Return the width of stream ``ind``, 0 for a parameter [bits]."""
        port = self._port(self.spec().inputs, ind)
        return 0 if port is None else port.width_bits

    def get_outstream_width(self, ind: int = 0) -> int:
        """Return the width of output stream ``ind`` [bits]."""
        return self.spec().outputs[ind].width_bits

    def get_exp_cycles(self) -> int:
        """Return the cycles between frames [cycles]."""
        return self.spec().cycles_per_frame

    def lut_estimation(self, fpgapart: str) -> int:
        """Return the estimated LUTs."""
        del fpgapart
        return self.spec().area().lut

    def bram_estimation(self, fpgapart: str) -> int:
        """Return the estimated RAMB18."""
        del fpgapart
        return self.spec().area().ramb18

    def dsp_estimation(self, fpgapart: str) -> int:
        """Return the estimated DSP48."""
        del fpgapart
        return self.spec().area().dsp

    def infer_node_datatype(self, model: ModelWrapper) -> None:
        """Write the output types into the graph."""
        for ind, name in enumerate(self.onnx_node.output):
            model.set_tensor_datatype(name, self.get_output_datatype(ind))

    def make_shape_compatible_op(self, model: ModelWrapper) -> NodeProto:
        """Return a node that shows ONNX shape inference our output shape."""
        del model
        return self.make_const_shape_op(self.get_normal_output_shape())

    def verify_node(self) -> None:
        """Raise where the attributes contradict each other."""
        self.spec()

    def execute_node(self, context: dict[str, NDArray[np.float32]], graph: Any) -> None:
        """Compute with the golden model."""
        del graph
        tensors = [context[name] for name in self.onnx_node.input]
        streams = [np.rint(tensor).astype(np.int64) for tensor in tensors[: self.STREAM_INPUTS]]
        results = self.golden(streams, tensors[self.STREAM_INPUTS :])
        for ind, (name, result) in enumerate(zip(self.onnx_node.output, results, strict=True)):
            shape = tuple(self.get_normal_output_shape(ind))
            # FINN's tensors are float32, which holds integers up to 2^24; wider sums need the next type.
            wide = np.abs(result).max(initial=0) > 1 << 24
            context[name] = np.asarray(result, dtype=np.float64 if wide else np.float32).reshape(shape)


class RtlKernelOperator(RTLBackend):
    """The RTL variant: mixed in before a :class:`KernelOperator` by :func:`register`."""

    def generate_hdl(self, model: ModelWrapper, fpgapart: str, clk: float) -> None:
        """Write the memory images and the Verilog wrapper into the node's code generation folder."""
        del fpgapart, clk
        folder = Path(str(self.get_nodeattr("code_gen_dir_ipgen")))
        top = self.onnx_node.name
        names = list(self.onnx_node.input)[self.STREAM_INPUTS :]
        strings = dict(self.rtl_string_parameters())
        for parameter, (suffix, text) in self.memory_images(
            [model.get_initializer(n) for n in names]
        ).items():
            file = folder / f"{top}_{suffix}.mem"
            file.write_text(text)
            strings[parameter] = f"./{file.name}"
        (folder / f"{top}.v").write_text(wrapper_text(top, self.spec(), strings, self.open_outputs()))
        for attribute, value in (("gen_top_module", top), ("ipgen_path", folder), ("ip_path", folder)):
            self.set_nodeattr(attribute, str(value))

    def get_rtl_file_list(self, abspath: bool = False) -> list[str]:
        """Return the SystemVerilog sources and the wrapper."""
        wrapper = f"{self.get_nodeattr('gen_top_module')}.v"
        sources = ["rbonn_assert.svh", *self.SOURCES]
        if not abspath:
            return [*sources, wrapper]
        folder = Path(str(self.get_nodeattr("code_gen_dir_ipgen")))
        return [*(str(RTL_DIR / source) for source in sources), str(folder / wrapper)]

    def code_generation_ipi(self) -> list[str]:
        """Return the Tcl that adds this node to a Vivado block design."""
        top, cell = self.get_nodeattr("gen_top_module"), self.onnx_node.name
        return [
            *(f"add_files -norecurse {file}" for file in self.get_rtl_file_list(abspath=True)),
            f"create_bd_cell -type module -reference {top} {cell}",
        ]

    def execute_node(self, context: dict[str, NDArray[np.float32]], graph: Any) -> None:
        """Run FINN's RTL simulation in mode ``rtlsim``, else the golden model."""
        if self.get_nodeattr("exec_mode") != "rtlsim":
            super(RTLBackend, self).execute_node(context, graph)
            return
        # FINN streams every node input; ours beyond the streams are in memories.
        every = list(self.onnx_node.input)
        del self.onnx_node.input[self.STREAM_INPUTS :]
        try:
            RTLBackend.execute_node(self, context, graph)
        finally:
            self.onnx_node.input.extend(every[self.STREAM_INPUTS :])


def register(name: str, operator: type[KernelOperator]) -> type[KernelOperator]:
    """Add operator ``name`` and its variant ``name_rtl`` to FINN's registries; returns the variant."""
    variant = type(f"{name}_rtl", (RtlKernelOperator, operator), {"__doc__": f"RTL variant of {name}."})
    base_operators.custom_op[name] = operator
    rtl_operators.custom_op[f"{name}_rtl"] = variant
    return variant

"""One short simulation of every kernel, beat by beat: the timing diagrams of the documentation.

    python -m build_flows.waves [KERNEL ..]

Each kernel's RTL gets two or three small vectors from a source that never pauses, into a sink that is always
ready, so that the cycles in which beats pass say everything: what valid and ready were in between. The
result is ``waves.json`` beside this file; kernels that are not named keep what is there.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints, pack, unpack
from rbonn_hw.results import read_result, write_result
from rbonn_hw.sim.model import build, kernel_design
from rbonn_hw.spec._stream import KernelSpec, StreamPort
from rbonn_hw.spec.add import AddSpec
from rbonn_hw.spec.concat import ConcatSpec
from rbonn_hw.spec.depthwise import DepthwiseSpec
from rbonn_hw.spec.duplicate import DuplicateSpec
from rbonn_hw.spec.dwc import DwcSpec
from rbonn_hw.spec.fifo import FifoSpec
from rbonn_hw.spec.labelselect import LabelSelectSpec
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.pool import PoolSpec
from rbonn_hw.spec.register import RegisterSpec
from rbonn_hw.spec.select import SelectSpec
from rbonn_hw.spec.threshold import ThresholdSpec
from rbonn_hw.spec.upsample import UpsampleSpec
from rbonn_hw.spec.window import WindowSpec
from rbonn_hw.synth.kernels import instance_of

RESULT = Path(__file__).resolve().parent / "waves.json"
BIT, INT4, INT5, INT6 = (IntType(bits, signed=bits > 1) for bits in (1, 4, 5, 6))
UINT2 = IntType(2, signed=False)

CASES: Mapping[str, KernelSpec] = {
    "add": AddSpec(channels=4, pe=2, input0=INT4, input1=INT4, output=INT5, vectors=3),
    "concat": ConcatSpec(channels0=2, channels1=4, pe=2, input0=INT4, input1=INT4, output=INT4, vectors=3),
    "depthwise": DepthwiseSpec(channels=2, taps=4, pe=1, input=INT4, weight_bits=1, vectors=2),
    "duplicate": DuplicateSpec(lanes=2, dtype=INT4, copies=2, beats=6),
    "dwc": DwcSpec(in_lanes=2, out_lanes=6, dtype=INT4, beats=9),
    "fifo": FifoSpec(depth=8, lanes=2, dtype=INT4, beats=6),
    "labelselect": LabelSelectSpec(labels=4, pe=2, input=INT6, vectors=3),
    "mvau": MvauSpec(mw=8, mh=4, pe=2, simd=4, xnor=True, vectors=3),
    "pool": PoolSpec(
        kind="max", channels=1, pe=1, height=4, width=4, kernel_h=2, kernel_w=2, input=INT4, output=INT4
    ),
    "register": RegisterSpec(lanes=2, dtype=INT4, beats=6),
    "select": SelectSpec(channels=4, kept=(1, 2), pe=1, element=INT4, vectors=3),
    "threshold": ThresholdSpec(channels=4, pe=2, steps=3, input=INT6, output=UINT2, vectors=3),
    "upsample": UpsampleSpec(channels=1, pe=1, height=2, width=3, scale_h=2, scale_w=2, element=INT4),
    "window": WindowSpec(
        channels=1, in_lanes=1, out_lanes=2, dtype=INT4, height=3, width=3, kernel_h=2, kernel_w=2
    ),
}


def drawn(spec: KernelSpec) -> dict[str, Any]:
    """Simulate a kernel on one frame; return parameters, and values and cycles of every stream's beats."""
    rng = np.random.default_rng(2)
    values = [_values(rng, port) for port in spec.inputs]
    words = [pack(value, port.dtype.bits) for value, port in zip(values, spec.inputs, strict=True)]
    with tempfile.TemporaryDirectory(prefix="rbonn-waves-") as name:
        folder = Path(name)
        instance = instance_of("wave", spec)
        for file, text in instance.memories.items():
            (folder / file).write_text(text)
        files = {key: value for key, value in instance.parameters.items() if isinstance(value, str)}
        model = build(kernel_design(spec, files), folder)
        run = model.run(words, [port.beats for port in spec.outputs])
    given = [_stream(*row) for row in zip(spec.inputs, values, run.in_cycles, strict=True)]
    answers = [
        unpack(out, port.lanes, port.dtype.bits, signed=port.dtype.signed)
        for out, port in zip(run.outputs, spec.outputs, strict=True)
    ]
    taken = [_stream(*row) for row in zip(spec.outputs, answers, run.beat_cycles, strict=True)]
    return {
        "module": spec.MODULE,
        "parameters": spec.rtl_parameters(),
        "inputs": given,
        "outputs": taken,
        "cycles": run.cycles,
    }


def _values(rng: np.random.Generator, port: StreamPort) -> Ints:
    return rng.integers(port.dtype.min, port.dtype.max + 1, (port.beats, port.lanes))


def _stream(port: StreamPort, values: Ints, cycles: Ints) -> dict[str, Any]:
    return {
        "name": port.name,
        "type": port.dtype.qonnx_name,
        "values": values.tolist(),
        "cycles": cycles.tolist(),
    }


def run(names: list[str]) -> int:
    """Simulate the named kernels, or all of them, and write the file."""
    kernels: dict[str, Any] = {}
    if RESULT.is_file():
        kernels = dict(read_result(RESULT, "python -m build_flows.waves")["kernels"])
    for name in names or CASES:
        kernels[name] = drawn(CASES[name])
        sys.stdout.write(f"{name}: {kernels[name]['cycles']} cycles\n")
    document = {
        "what": "beats of one frame through each kernel's RTL: their values, and the cycles they passed in",
        "kernels": {name: kernels[name] for name in CASES if name in kernels},
    }
    write_result(RESULT, document, {"kernels": "simulated"})
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))

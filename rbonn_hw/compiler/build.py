"""The compile stage: a QONNX file in, a build folder with graph, RTL and reports out.

The steps are FINN's where FINN has them (layer specialization, HDL generation), and ours elsewhere.
Nothing is written before the network has been lowered, converted and folded without error.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from finn.transformation.fpgadataflow.prepare_ip import PrepareIP
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw import drafts
from rbonn_hw.compiler import answer, finn_session
from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.calibration import calibrate_if_wanted
from rbonn_hw.compiler.driver_side import refusals
from rbonn_hw.compiler.fold_network import Folded, Wish, fold_network
from rbonn_hw.compiler.folding import read_given
from rbonn_hw.compiler.frontend import Lowered, lower
from rbonn_hw.compiler.graph_file import save_graph
from rbonn_hw.compiler.hardware_nodes import datatype, specialize
from rbonn_hw.compiler.infer import infer_hardware_layers
from rbonn_hw.compiler.input_meaning import declared, settle
from rbonn_hw.compiler.label_select import append_label_select, check_arg_max
from rbonn_hw.compiler.stages import set_depths, stage_graph
from rbonn_hw.compiler.step_times import StepTimes
from rbonn_hw.compiler.stitch import StitchedDesign, stitch
from rbonn_hw.compiler.summary import layer_cost, summarize
from rbonn_hw.errors import ConfigError, ModelError
from rbonn_hw.ownership import Claim
from rbonn_hw.results import Document, Origin, fingerprint, package_fingerprint, write_result, write_text
from rbonn_hw.spec.input import InputMeaning
from rbonn_hw.spec.stage_graph import StageGraph

TOP = "accelerator"
GRAPHS = ("reference", "head", "lowered", "tail", "finn")
FOLDING = "folding.json"
PARTS = ("rtl", "finn", *(f"{name}.onnx" for name in GRAPHS), FOLDING, answer.FILE)
DOCUMENT = "compile.json"
OUTPUTS = (*PARTS, DOCUMENT)
"""What the compile stage writes in a build folder; the last one says that the rest is whole."""
ORIGIN: dict[str, Origin] = {
    "nodes": "estimated",
    "processor_seconds": "measured",
    "wall_seconds": "measured",
    "estimated_ii_cycles": "estimated",
    "summary": "estimated",
    "solver": "estimated",
    "solver.wall_seconds": "measured",
}
DEFAULT_TARGET_CYCLES = 10_000
Progress = Callable[[str], None]
FifoDepths = Literal["safe", "exact"]
Sizing = Callable[[StageGraph], Mapping[str, int]]
"""Returns the depth of each FIFO of a graph, by instance [words]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions:
    """Choices of the compile stage.

    Attributes:
        part: Device.
        clk_period_ns: Clock period that frames per second are computed with [ns].
        target_cycles: Cycles between frames that the folding aims at; None aims at
            :data:`DEFAULT_TARGET_CYCLES` without insisting on it [cycles].
        fit: Share of the part within which the folding is as quick as can be, instead of a target; or None.
        folding: FINN folding JSON that overrides the chosen folding, or None.
        label_select: Append an arg-max, so that the accelerator answers with a class.
        input: What the network's input means; None for what the file says.
        quantize_input: Width of a quantizer to put in front of a network that has none, or None [bits].
        calibration: .npz with frames that this quantizer is chosen on, or None.
        fifo_depths: ``safe`` by rule, or ``exact``: the least that cost no cycle.
    """

    part: str = "xc7z020clg400-1"
    clk_period_ns: float = 10.0
    target_cycles: int | None = None
    fit: float | None = None
    folding: Path | None = None
    label_select: bool = False
    input: InputMeaning | None = None
    quantize_input: int | None = None
    calibration: Path | None = None
    fifo_depths: FifoDepths = "safe"

    def __post_init__(self) -> None:
        if not 0.5 <= self.clk_period_ns <= 1000:
            raise ConfigError(f"clk_period_ns={self.clk_period_ns} must lie in 0.5 .. 1000; 10 is 100 MHz")
        if self.target_cycles is not None and self.target_cycles < 1:
            raise ConfigError(f"target_cycles={self.target_cycles} must be at least 1")
        if self.fit is not None and not 0 < self.fit <= 1:
            raise ConfigError(f"fit={self.fit} must be above 0 and at most 1; 0.85 leaves room for routing")
        if self.fit is not None and self.target_cycles is not None:
            raise ConfigError(
                "a target and fit are two wishes: as small as can be, as quick as can be; give one"
            )

    @property
    def wish(self) -> Wish:
        """Return what the folding should be."""
        if self.fit is not None:
            return Wish(None, self.fit)
        return Wish(self.target_cycles or DEFAULT_TARGET_CYCLES, 1.0)


def compile_network(
    network: Path,
    out: Path,
    options: CompileOptions,
    progress: Progress,
    sizing: Sizing | None = None,
    loading_seconds: float = 0.0,
) -> Document:
    """Compile ``network`` into folder ``out``; see the module docstring.

    Args:
        network: QONNX file.
        out: Build folder.
        options: Choices.
        progress: Called with a line of text at the start of each step.
        sizing: How FIFOs get exact depths, if they shall.
        loading_seconds: What loading FINN took, for the result [s].

    Returns:
        The content of ``compile.json``.

    Raises:
        ConfigError: Something in ``out`` that would be overwritten is not rbonn's.
        RbonnError: The network cannot be compiled; ``out`` is as it was.
    """
    started, steps = time.monotonic(), StepTimes(progress, loading_seconds)
    out = out.resolve()
    claimed = claim(network, out, options)
    claimed.check()
    with drafts.scratch("compile") as scratch:
        finn_session.start(scratch)
        steps.begin("lowering", "lowering to integers by threshold tabulation")
        found = declared(network, options.input)
        calibration = calibrate_if_wanted(network, found, options.quantize_input, options.calibration)
        lowered = lower(
            network,
            input_type=found.meaning.dtype if found else "",
            quantizer=None if calibration is None else calibration.quantizer,
        )
        meaning = settle(lowered.reference, lowered.head, found)
        steps.begin("inference and folding", "inferring and folding FINN hardware layers")
        folded = _hardware_graph(lowered, options)
    model = folded.model
    if sizing is not None:
        steps.begin("FIFO sizes", "sizing FIFOs by simulation")
        set_depths(model, sizing(stage_graph(model)))
    steps.begin("RTL", f"generating RTL of {len(model.graph.node)} layers")
    with drafts.folder_in(out, "compile") as draft:
        model, design = _generate(model, draft, out, options)
        graphs = (lowered.reference, lowered.head, lowered.lowered, lowered.tail, model)
        for name, graph in zip(GRAPHS, graphs, strict=True):
            save_graph(graph, draft / f"{name}.onnx")
        AnswerScale.of(lowered).write(draft)
        write_text(draft / FOLDING, json.dumps(folded.folding, indent=2) + "\n")
        document = _document(model, design, lowered, options)
        document["input_meaning"] = meaning.to_document()
        document["output_range"] = [int(lowered.output.low.min()), int(lowered.output.high.max())]
        document["package_refuses"] = refusals(lowered, meaning, label_select=options.label_select)
        document["input_quantizer"] = None if calibration is None else calibration.to_document()
        document["notes"] += [*([] if calibration is None else [calibration.note]), *meaning.notes]
        document["notes"] += [f"no package yet: {line}" for line in document["package_refuses"]]
        document["summary"] = summarize(
            model,
            part=options.part,
            clk_period_ns=options.clk_period_ns,
            target_cycles=options.target_cycles,
            share=options.wish.share,
            next_step=folded.next_step,
            best_fit_cycles=folded.best_fit_cycles,
        ).to_document()
        document["solver"] = folded.solver
        document["key"] = compile_key(network, options)
        document["processor_seconds"] = steps.total()
        document["wall_seconds"] = round(time.monotonic() - started, 2)
        write_result(draft / DOCUMENT, document, ORIGIN)
        _install(draft, claimed)
    finn_session.start(out / "finn")
    return document


def claim(network: Path, out: Path, options: CompileOptions) -> Claim:
    """Return what a compilation writes and reads; a folding file of the build folder stays as it is."""
    kept = options.folding is not None and options.folding.resolve() == (out / FOLDING).resolve()
    names = tuple(name for name in OUTPUTS if not (kept and name == FOLDING))
    return Claim(out, "compile", names, inputs=(network, options.folding, options.calibration))


def _generate(
    model: ModelWrapper, draft: Path, out: Path, options: CompileOptions
) -> tuple[ModelWrapper, StitchedDesign]:
    """Generate and stitch the RTL in a draft of the build folder ``out``, whose paths the graph gets."""
    finn_session.start(draft / "finn")
    model = model.transform(PrepareIP(options.part, options.clk_period_ns))
    design = stitch(model, TOP, draft / "rtl", home=out / "rtl")
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.s.startswith(str(draft).encode()):
                attribute.s = str(out).encode() + attribute.s.removeprefix(str(draft).encode())
    return model, design


def _install(draft: Path, claimed: Claim) -> None:
    """Move a whole build to its place."""
    claimed.record()
    (claimed.folder / DOCUMENT).unlink(missing_ok=True)
    for name in claimed.names:
        drafts.put(draft / name, claimed.folder / name)
    claimed.seal()


def compile_key(network: Path, options: CompileOptions) -> str:
    """Return what the build depends on: the file, the options, and this package.

    Raises:
        ModelError: The file cannot be read.
    """
    try:
        content = network.read_bytes()
    except OSError as error:
        raise ModelError(f"{network}: {error.strerror}; give the path of a QONNX file") from None
    folding = (
        options.folding.read_bytes() if options.folding is not None and options.folding.is_file() else b""
    )
    frames = options.calibration
    data = frames.read_bytes() if frames is not None and frames.is_file() else b""
    return fingerprint(content, folding, data, repr(asdict(options)), package_fingerprint())


def _hardware_graph(lowered: Lowered, options: CompileOptions) -> Folded:
    model = infer_hardware_layers(lowered.lowered)
    if options.label_select:
        check_arg_max(lowered)
        model = append_label_select(model)
    model = specialize(model, options.part)
    given = {} if options.folding is None else read_given(model, options.folding)
    folded = fold_network(model, options.part, options.wish, given)
    for node in folded.model.graph.node:
        # Python execution of FINN's own layers is called cppsim; ours takes it as the golden model.
        getCustomOp(node).set_nodeattr("exec_mode", "cppsim")
    return folded


def _stream(model: ModelWrapper, tensor: str, lanes: int, beats: int) -> Document:
    return {
        "shape": [int(size) for size in model.get_tensor_shape(tensor)[1:]],
        "dtype": datatype(model, tensor),
        "lanes": lanes,
        "beats": beats,
    }


def _document(
    model: ModelWrapper, design: StitchedDesign, lowered: Lowered, options: CompileOptions
) -> Document:
    source, sink = model.graph.input[0].name, model.graph.output[0].name
    first, last = getCustomOp(model.find_consumer(source)), getCustomOp(model.find_producer(sink))
    folded_in, folded_out = first.get_folded_input_shape(), last.get_folded_output_shape()
    nodes = [_node_entry(node, options.part) for node in model.graph.node]
    return {
        "top": design.top,
        "part": options.part,
        "clk_period_ns": options.clk_period_ns,
        "input": _stream(model, source, int(folded_in[-1]), int(np.prod(folded_in[:-1]))),
        "output": _stream(model, sink, int(folded_out[-1]), int(np.prod(folded_out[:-1]))),
        "label_select": options.label_select,
        "nodes": nodes,
        "estimated_ii_cycles": max(int(node["cycles_per_frame"]) for node in nodes),
        "probes": [asdict(stream) for stream in design.streams],
        "stage_graph": stage_graph(model).to_document(),
        "fifo_depths": options.fifo_depths,
        "notes": list(lowered.notes),
    }


def _node_entry(node: Any, part: str) -> Document:
    operator = getCustomOp(node)
    known = operator.get_nodeattr_types()
    cost = layer_cost(node, part)
    return {
        "name": cost.name,
        "kernel": cost.kernel,
        "pe": operator.get_nodeattr("PE") if "PE" in known else None,
        "simd": operator.get_nodeattr("SIMD") if "SIMD" in known else None,
        "cycles_per_frame": cost.cycles_per_frame,
        "area": asdict(cost.resources),
    }

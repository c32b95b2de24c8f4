"""Kernels side by side in one netlist, each mapped by itself, as ``rbonn synth`` maps a network's layers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rbonn_hw.memory import depthwise_weight_words, flip_words, mvau_weight_words, threshold_words
from rbonn_hw.packing import Words, pack, readmemh_text
from rbonn_hw.ref.stimulus import random_mvau_case, random_threshold_case
from rbonn_hw.results import write_text
from rbonn_hw.spec._stream import KernelSpec
from rbonn_hw.spec.depthwise import DepthwiseSpec
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.select import SelectSpec
from rbonn_hw.spec.threshold import ThresholdSpec
from rbonn_hw.synth.yosys import Synthesis, synthesize

RTL_DIR = Path(__file__).resolve().parents[1] / "rtl"


@dataclass(frozen=True, slots=True)
class Instance:
    """One module with parameters.

    Attributes:
        module: Name of a module in ``rbonn_hw/rtl``.
        parameters: Overrides; strings are quoted for Verilog.
        memories: Files that the parameters name, and their text.
    """

    module: str
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    memories: Mapping[str, str] = field(default_factory=dict)


def instance_of(name: str, spec: KernelSpec) -> Instance:
    """Return a kernel with random contents in its memories, whose files begin with ``name``."""
    memories = _memories(spec)
    files = {parameter: f"{name}_{parameter}.mem" for parameter in memories}
    texts = {files[parameter]: readmemh_text(*content) for parameter, content in memories.items()}
    return Instance(spec.MODULE, {**spec.rtl_parameters(), **files}, texts)


def _memories(spec: KernelSpec) -> dict[str, tuple[Words, int]]:
    """Return the rows and their width [bits] by the parameter that names their file."""
    match spec:
        case MvauSpec():
            case = random_mvau_case(spec, 4, seed=1)
            found = {"WeightFile": (mvau_weight_words(spec, case.weights), spec.weight_row_bits)}
            if spec.threshold is not None and case.thresholds is not None:
                rows = threshold_words(spec.threshold, case.thresholds)
                found["ThresholdFile"] = (rows, spec.threshold.threshold_row_bits)
            return found
        case ThresholdSpec():
            thresholds, _, flip = random_threshold_case(spec, 4, seed=1)
            found = {"ThresholdFile": (threshold_words(spec, thresholds, flip), spec.threshold_row_bits)}
            if flip is not None:
                found["FlipFile"] = (flip_words(spec, flip), spec.pe)
            return found
        case DepthwiseSpec():
            weights = np.random.default_rng(1).choice([-1, 1], (spec.taps, spec.channels))
            return {"WeightFile": (depthwise_weight_words(spec, weights), spec.weight_row_bits)}
        case SelectSpec():
            return {"KeepFile": (pack(np.array(spec.keep, np.int64)[:, None], 1), 1)}
        case _:
            return {}


def synthesize_side_by_side(
    instances: Mapping[str, Instance],
    folder: Path,
    *,
    sources: Sequence[Path] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Synthesis:
    """Map every instance by itself; the top module ``side_by_side`` only holds them.

    Args:
        instances: By instance name.
        folder: Folder to write.
        sources: Files of modules that are not in ``rbonn_hw/rtl``.
        progress: Called with one line for each step done.

    Raises:
        ToolError: Yosys is missing, or refuses a module.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines, data = ["module side_by_side (input logic clk_i);"], sorted(RTL_DIR.glob("*.svh"))
    for name, instance in instances.items():
        pairs = (
            f'.{key}("{value}")' if isinstance(value, str) else f".{key}({value})"
            for key, value in instance.parameters.items()
        )
        lines.append(f"  {instance.module} #({', '.join(pairs)}) {name} (.clk_i(clk_i));")
        for file, text in instance.memories.items():
            write_text(folder / file, text)
            data.append(folder / file)
    top = folder / "side_by_side.sv"
    write_text(top, "\n".join([*lines, "endmodule", ""]))
    return synthesize(
        [*sorted(RTL_DIR.glob("*.sv")), *sources, top],
        "side_by_side",
        folder / "work",
        data=data,
        per_instance=True,
        progress=progress,
    )

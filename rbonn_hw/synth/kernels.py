"""Kernels side by side in one netlist, each mapped by itself, as ``rbonn synth`` maps a network's layers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rbonn_hw.memory import flip_words, mvau_weight_words, threshold_words
from rbonn_hw.packing import readmemh_text
from rbonn_hw.ref.stimulus import random_mvau_case, random_threshold_case
from rbonn_hw.results import write_text
from rbonn_hw.spec._stream import KernelSpec
from rbonn_hw.spec.mvau import MvauSpec
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
    memories: dict[str, tuple[str, str]] = {}
    if isinstance(spec, MvauSpec):
        mvau_case = random_mvau_case(spec, 4, seed=1)
        rows = mvau_weight_words(spec, mvau_case.weights)
        memories["WeightFile"] = (f"{name}_weights.mem", readmemh_text(rows, spec.weight_row_bits))
        unit, thresholds, flip = spec.threshold, mvau_case.thresholds, None
    elif isinstance(spec, ThresholdSpec):
        case = random_threshold_case(spec, 4, seed=1)
        unit, thresholds, flip = spec, case.thresholds, case.flip
    else:
        unit = thresholds = flip = None
    if unit is not None and thresholds is not None:
        rows = threshold_words(unit, thresholds, flip)
        memories["ThresholdFile"] = (f"{name}_thresholds.mem", readmemh_text(rows, unit.threshold_row_bits))
    if unit is not None and flip is not None:
        memories["FlipFile"] = (f"{name}_flip.mem", readmemh_text(flip_words(unit, flip), unit.pe))
    files = {parameter: file for parameter, (file, _) in memories.items()}
    return Instance(spec.MODULE, {**spec.rtl_parameters(), **files}, dict(memories.values()))


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

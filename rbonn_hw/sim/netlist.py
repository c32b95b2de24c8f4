"""The post-synthesis check: a mapped netlist, simulated with cell models, against the RTL it was made from.

Cells are those that Yosys ships (an oracle that is not ours); it has none for block RAM, so those two are in
``sim/cells``. The netlist is driven by the very harness that drives the RTL.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rbonn_hw.errors import MismatchError
from rbonn_hw.packing import Ints
from rbonn_hw.sim.accelerator import accelerator_design, interface, simulate
from rbonn_hw.sim.model import Model, build
from rbonn_hw.toolchain import yosys_share

CELLS_DIR = Path(__file__).resolve().parent / "cells"


@dataclass(frozen=True, slots=True)
class NetlistCheck:
    """What was compared, and equal.

    Attributes:
        frames: Frames through both.
        cycles: Cycles that both took, without pauses [cycles].
        stalled_cycles: Cycles that both took with pauses of source and sink [cycles].
    """

    frames: int
    cycles: int
    stalled_cycles: int


def build_netlist(build_dir: Path, verilog: Path) -> Model:
    """Compile the netlist of the accelerator in ``build_dir`` to a simulator, or find it compiled.

    Args:
        build_dir: Folder written by ``rbonn compile``.
        verilog: The mapped netlist in Verilog.

    Raises:
        ConfigError: The folder holds no compiled accelerator.
        ToolError: A tool is missing, or the netlist holds a cell without a model.
    """
    blocks = tuple(CELLS_DIR / name for name in ("rbonn_block_ram.sv", "RAMB18E1.sv", "RAMB36E1.sv"))
    design = replace(
        accelerator_design(build_dir),
        sources=(verilog, *blocks),
        libraries=(yosys_share() / "xilinx" / "cells_sim.v",),
        probes=(),
    )
    return build(design, (build_dir / "sim").absolute())


def check_netlist(build_dir: Path, verilog: Path, *, count: int, seed: int = 0) -> NetlistCheck:
    """Stream the same frames through RTL and netlist, without and with pauses, and compare every beat.

    Frames are random over the input's whole range; the first two hold its least and its greatest value.

    Args:
        build_dir: Folder written by ``rbonn compile``.
        verilog: The mapped netlist in Verilog.
        count: Frames, at least 2.
        seed: Seeds the frames and the pauses.

    Raises:
        MismatchError: Answers or cycle counts differ; the message has the first frame that does.
        ConfigError: The folder holds no compiled accelerator.
        SimulationError: One of them broke the rules of its streams.
        DeadlockError: One of them stopped.
        ToolError: See :func:`build_netlist`.
    """
    frames = _frames(build_dir, count, seed)
    netlist = build_netlist(build_dir, verilog)
    cycles = []
    for stall in (0.0, 0.3):
        expected = simulate(build_dir, frames, stall=stall, seed=seed)
        actual = simulate(build_dir, frames, stall=stall, seed=seed, model=netlist)
        _compare(expected.outputs, actual.outputs, "answers")
        _compare(expected.frame_end_cycles, actual.frame_end_cycles, "cycles of the last beat")
        cycles.append(expected.cycles)
    return NetlistCheck(len(frames), *cycles)


def _frames(build_dir: Path, count: int, seed: int) -> Ints:
    stream = interface(build_dir).input
    element = stream.element
    generator = np.random.default_rng(seed)
    frames = generator.integers(element.min, element.max, (max(count, 2), *stream.shape), endpoint=True)
    frames[0], frames[1] = element.min, element.max
    return frames


def _compare(expected: Ints, actual: Ints, what: str) -> None:
    differing = [n for n in range(len(expected)) if np.any(expected[n] != actual[n])]
    if differing:
        first = differing[0]
        raise MismatchError(
            f"netlist and RTL differ in the {what} of {len(differing)} of {len(expected)} frames; first in "
            f"frame {first}: RTL {np.ravel(expected[first])[:8].tolist()}, netlist "
            f"{np.ravel(actual[first])[:8].tolist()}; synthesis changed the circuit"
        )

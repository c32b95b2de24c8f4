"""Records what passes on the streams between the layers of an accelerator."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rbonn_hw.packing import Ints, Words, unpack
from rbonn_hw.sim.accelerator import accelerator_design
from rbonn_hw.sim.design import Tap
from rbonn_hw.sim.model import Model, build
from rbonn_hw.spec.accelerator import FrameStream


def recording_model(build_dir: Path, streams: Sequence[FrameStream]) -> Model:
    """Compile the accelerator to a simulator that records its internal streams, or find it compiled.

    Args:
        build_dir: Folder written by ``rbonn compile``.
        streams: All internal streams, in the order of the netlist.

    Raises:
        ConfigError: The folder holds no compiled accelerator.
        ToolError: Verilator or the C++ compiler is missing or refuses the sources.
    """
    design = accelerator_design(build_dir)
    taps = tuple(
        Tap(probe.valid, probe.ready, probe.valid.replace("_tvalid", "_tdata"), stream.data_bits)
        for probe, stream in zip(design.probes, streams, strict=True)
    )
    return build(replace(design, taps=taps), (build_dir / "sim").absolute())


def recorded(words: Words, stream: FrameStream) -> Ints:
    """Return the frames ``[n, *shape]`` that passed as whole ones."""
    lanes = unpack(words, stream.lanes, stream.element.bits, signed=stream.element.signed)
    whole = len(words) // stream.beats
    return np.asarray(lanes[: whole * stream.beats].reshape(whole, *stream.shape), np.int64)

"""Compiling: a QONNX file in, a build folder with RTL out."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rbonn_hw.api.progress import Progress, silent
from rbonn_hw.errors import ConfigError

if TYPE_CHECKING:
    from rbonn_hw.compiler.build import CompileOptions, FifoDepths
    from rbonn_hw.ownership import Claim
    from rbonn_hw.results import Document
    from rbonn_hw.spec.input import InputMeaning
    from rbonn_hw.spec.summary import Summary


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled accelerator.

    Attributes:
        build_dir: Its folder.
        document: Content of compile.json.
        summary: Whether it fits, and how fast it is; estimated.
        was_finished: True if nothing had changed since it was compiled.
    """

    build_dir: Path
    document: "Document"
    summary: "Summary"
    was_finished: bool


def compile(
    network: Path | str,
    out: Path | str,
    *,
    part: str = "xc7z020clg400-1",
    clock_mhz: float = 100.0,
    target_cycles: int | None = None,
    target_fps: float | None = None,
    fit: float | None = None,
    folding: Path | str | None = None,
    label_select: bool = False,
    input_meaning: "InputMeaning | None" = None,
    quantize_input: int | None = None,
    calibration: Path | str | None = None,
    fifo_depths: "FifoDepths" = "safe",
    allow_misfit: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> Compiled:
    """Compile a QONNX file of quantized layers into folded, buffered, stitched RTL.

    Args:
        network: QONNX file.
        out: Build folder.
        part: Device; see :mod:`rbonn_hw.spec.device`.
        clock_mhz: Clock that rates are computed with, 1 .. 1000 [MHz].
        target_cycles: Cycles between frames that are wanted; None and no ``target_fps`` aims at 10,000
            without insisting on it [cycles].
        target_fps: Frames per second that are wanted, instead [1/s].
        fit: Instead of a target: as quick as can be within this share of the part's LUTs, flip-flops, block
            RAM and DSP slices, the shell counted; above 0, at most 1.
        folding: FINN folding JSON that overrides the chosen folding.
        label_select: Answer with the class, not with scores.
        input_meaning: What the network's input is; None for what the file says.
        quantize_input: Width of a quantizer in front of a network that has none, 2 .. 16 [bits].
        calibration: .npz with ``frames`` that its scale is chosen on; not needed for uint8 pixels.
        fifo_depths: ``safe``: by rule, at once; ``exact``: the least with which no frame ends later than with
            FIFOs that never fill, found by the dataflow model in seconds to minutes.
        allow_misfit: Return, and do not raise, where the accelerator does not fit or is too slow.
        force: Compile even if nothing changed.
        progress: Called with a line of text at the start of each step.

    Raises:
        ModelError: The file is none, or has an operator that cannot be lowered; ``out`` is as it was.
        ConfigError: A setting is out of its range; another run is at work in ``out``; something would be
            overwritten there that rbonn did not make, or that was changed since.
        DoesNotFitError: It is estimated to be larger than the part, or slower than wanted; ``out`` is
            complete.
    """
    from rbonn_hw.spec.device import device

    device(part)
    if not 1.0 <= clock_mhz <= 1000.0:
        raise ConfigError(f"clock_mhz: {clock_mhz} must lie in 1 .. 1000")
    if target_fps is not None and not 1e-3 <= target_fps <= 1e9:
        raise ConfigError(f"target_fps: {target_fps} must lie in 0.001 .. 1e9")
    if target_fps is not None and target_cycles is not None:
        raise ConfigError("target_cycles and target_fps say the same; give one of them")
    if target_fps is not None:
        target_cycles = max(1, int(1e6 * clock_mhz / target_fps))
    from rbonn_hw.compiler.network_file import check_there

    source, build_dir = Path(network), Path(out)
    check_there(source)
    progress("starting FINN")
    before_loading = time.process_time()
    from rbonn_hw.at_work import at_work
    from rbonn_hw.compiler.build import CompileOptions, claim, compile_network
    from rbonn_hw.sim.dataflow.depths import exact_depths
    from rbonn_hw.spec.summary import Summary

    loading_seconds = time.process_time() - before_loading
    options = CompileOptions(
        part=part,
        clk_period_ns=1e3 / clock_mhz,
        target_cycles=target_cycles,
        fit=fit,
        folding=None if folding is None else Path(folding),
        label_select=label_select,
        input=input_meaning,
        quantize_input=quantize_input,
        calibration=None if calibration is None else Path(calibration),
        fifo_depths=fifo_depths,
    )
    sizing = None if fifo_depths == "safe" else lambda graph: exact_depths(graph).depths
    with at_work(build_dir, "compile"):
        document = None if force else _finished(source, build_dir, options)
        was_finished = document is not None
        if document is None:
            _check_untouched(claim(source, build_dir, options), force=force)
            document = compile_network(source, build_dir, options, progress, sizing, loading_seconds)
    summary = Summary.from_document(document["summary"])
    if not allow_misfit:
        summary.check()
    return Compiled(build_dir, document, summary, was_finished)


def _finished(source: Path, build_dir: Path, options: "CompileOptions") -> "Document | None":
    """Return the result that the folder holds, if it is whole and answers the same question."""
    from rbonn_hw.compiler.build import DOCUMENT, compile_key
    from rbonn_hw.ownership import differences
    from rbonn_hw.results import read_former

    document = read_former(build_dir / DOCUMENT)
    if document is None or document.get("key") != compile_key(source, options):
        return None
    found = differences(build_dir)
    if found.missing:
        _log.warning("%s is gone: compiling again", build_dir / found.missing[0])
    return None if found.missing or found.changed else document


def _check_untouched(claimed: "Claim", *, force: bool) -> None:
    """Check that nobody's own work is lost.

    Raises:
        ConfigError: A file was changed since it was written, or put beside such files.
    """
    from rbonn_hw.compiler.build import FOLDING
    from rbonn_hw.ownership import differences

    found, folder = differences(claimed.folder), claimed.folder
    if found.strange:
        raise ConfigError(
            f"{folder / found.strange[0]}: rbonn did not write it, and writes the folder that it is in anew; "
            "move it away, or compile into another folder"
        )
    changed = [name for name in found.changed if name.split("/")[0] in claimed.names]
    if changed and not force:
        give = "give it with --folding, or " if changed[0] == FOLDING else ""
        raise ConfigError(
            f"{folder / changed[0]} was changed since rbonn wrote it; {give}compile into another folder, or "
            "copy it elsewhere and let --force write it anew"
        )

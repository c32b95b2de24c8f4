"""What is proved: kernels with small parameters, each in the module of this folder that knows its duty."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rbonn_hw.datatypes import IntType
from rbonn_hw.memory import depthwise_weight_words, flip_words, mvau_weight_words, threshold_words
from rbonn_hw.packing import Ints, pack, readmemh_text
from rbonn_hw.results import fingerprint
from rbonn_hw.spec.depthwise import DepthwiseSpec
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.threshold import ThresholdSpec
from rbonn_hw.spec.window import WindowSpec
from rbonn_hw.synth.prove import Properties, read_properties

HERE = Path(__file__).resolve().parent
RTL = HERE.parents[1] / "rbonn_hw" / "rtl"
BIT = IntType(1, signed=False)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one file of the RTL: ``old``, which is there once, becomes ``new``."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Case:
    """One module with parameters.

    Attributes:
        module: The module of this folder, without ``proof_``.
        parameters: Of that module.
        memories: Files that the parameters name, and their text.
        edits: What is smaller than a parameter can make it.
    """

    module: str
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    memories: Mapping[str, str] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()

    @property
    def top(self) -> str:
        """Return the top module."""
        return f"proof_{self.module}"

    def sources(self, *more: Edit) -> dict[str, str]:
        """Return the text of every file, edited."""
        files = [*sorted(RTL.glob("rbonn_*.sv*")), *sorted(HERE.glob("proof_*.sv*"))]
        texts = {path.name: path.read_text() for path in files}
        for edit in (*self.edits, *more):
            found = texts[edit.file].count(edit.old)
            if found != 1:
                raise ValueError(f"{edit.file} has {edit.old!r} {found} times; an edit needs it once")
            texts[edit.file] = texts[edit.file].replace(edit.old, edit.new)
        return texts

    def key(self, *more: Edit) -> str:
        """Return what the verdicts on its properties depend on, beside tools and effort.

        That is the text of every module below its top, without comments and layout, and what it reads.
        """
        texts = self.sources(*more)
        names, found = [f"{self.top}.sv"], []
        while names:
            name = names.pop()
            found.append(name)
            words = re.findall(r"\b(?:rbonn|proof)_\w+(?:\.svh)?", texts[name])
            used = {word if word.endswith(".svh") else f"{word}.sv" for word in words}
            names += sorted(used & (texts.keys() - {*found, *names}))
        bare = [" ".join(re.sub(r"//.*", "", texts[name]).split()) for name in sorted(found)]
        return fingerprint(*bare, repr(dict(self.parameters)), repr(dict(self.memories)))

    def read(self, folder: Path, *more: Edit) -> Properties:
        """Return its properties, ready to be decided, with their netlist in ``folder``."""
        return read_properties(self.sources(*more), self.top, self.parameters, folder, data=self.memories)


def _bits(values: Ints) -> int:
    """Return a number with a bit for each value, the first in the LSB: 1 where it is positive."""
    return sum(1 << at for at, value in enumerate(values.reshape(-1)) if value > 0)


def _select(*keep: int) -> Case:
    text = readmemh_text(pack(np.array(keep, np.int64)[:, None], 1), 1)
    parameters = {"Fold": len(keep), "Kept": sum(keep), "Keep": _bits(np.array(keep))}
    return Case("select", {**parameters, "KeepFile": "keep.mem"}, {"keep.mem": text})


def _threshold(
    thresholds: list[list[int]], bits: int, out_bias: int = 0, flip: list[bool] | None = None
) -> Case:
    table = np.array(thresholds)
    folds, steps = table.shape
    flipped = None if flip is None else np.array(flip)
    spec = ThresholdSpec(
        channels=folds, pe=1, steps=steps, input=IntType(bits, signed=True), output=IntType(4, signed=True),
        out_bias=out_bias, flip=flip is not None,
    )  # fmt: skip
    memories = {
        "thresholds.mem": readmemh_text(threshold_words(spec, table, flipped), spec.threshold_row_bits)
    }
    parameters: dict[str, int | str] = {
        "Folds": folds, "Steps": steps, "InWidth": bits, "OutBias": out_bias,
        "Thresholds": int.from_bytes(table.astype(np.int8).tobytes(), "little"),
        "ThresholdFile": "thresholds.mem",
    }  # fmt: skip
    if flipped is not None:
        memories["flip.mem"] = readmemh_text(flip_words(spec, flipped), 1)
        parameters |= {"Flip": 1, "Flipped": _bits(flipped.astype(np.int64)), "FlipFile": "flip.mem"}
    return Case("threshold", parameters, memories)


def _weights(shape: tuple[int, int]) -> Ints:
    """Return weights of both signs, no two rows alike."""
    return np.random.default_rng(3).permuted(np.resize([1, -1, -1], shape), axis=1)


SLOTS = 4
FEW_SLOTS = Edit("rbonn_depthwise.sv", "Slots     = 32;", f"Slots     = {SLOTS};")
SHORT_BURSTS = tuple(
    Edit("rbonn_burst.sv", old, new)
    for old, new in (
        ("logic [31:7] block_t;", "logic [5:4] block_t;"),
        ("logic [3:0]  offset_t;", "logic [0:0]  offset_t;"),
        ("= first_i[31:7];", "= first_i[5:4];"),
        ("= first_i[6:3];", "= first_i[3];"),
        ("= last_i[31:7];", "= last_i[5:4];"),
        ("= last_i[6:3];", "= last_i[3];"),
        ("<= 5'd15)", "<= 5'd1)"),
    )
)
"""Bursts of 2 beats at most, in 8 beats of memory."""
FEW_RESULTS = Edit("rbonn_mvau.sv", "OneSlot ? 1 : 32;", f"OneSlot ? 1 : {SLOTS};")


def _short_beats(direction: str) -> Edit:
    return Edit(f"rbonn_dma_{direction}.sv", "BurstBeats = 16;", "BurstBeats = 2;")


def _depthwise(taps: int, fold: int, simd: int = 1, **bounds: int) -> Case:
    spec = DepthwiseSpec(channels=fold, taps=taps, pe=1, simd=simd, input=BIT, weight_bits=1)
    weights = _weights((taps, fold))
    text = readmemh_text(depthwise_weight_words(spec, weights), spec.weight_row_bits)
    parameters: dict[str, int | str] = {"Taps": taps, "Fold": fold, "SIMD": simd, "Weights": _bits(weights)}
    parameters |= {**bounds, "WeightFile": "weights.mem"}
    return Case("depthwise", parameters, {"weights.mem": text}, (FEW_SLOTS,))


def _mvau(mw: int, mh: int, simd: int, *, xnor: bool = False, **bounds: int) -> Case:
    spec = MvauSpec(mw=mw, mh=mh, pe=1, simd=simd, xnor=xnor, input=BIT)
    weights = _weights((mh, mw))
    text = readmemh_text(mvau_weight_words(spec, weights), spec.weight_row_bits)
    parameters: dict[str, int | str] = {
        "MW": mw, "MH": mh, "SIMD": simd, "Xnor": int(xnor), "Weights": _bits(weights), **bounds,
        "WeightFile": "weights.mem",
    }  # fmt: skip
    return Case("mvau", parameters, {"weights.mem": text}, (FEW_RESULTS,))


def _window(
    size: tuple[int, int], kernel: tuple[int, int], *, ahead: int = 2, answer: int = 8, take: int = 16,
    pads: int = 0, **rest: Any,
) -> Case:  # fmt: skip
    sides = dict.fromkeys(("pad_top", "pad_left", "pad_bottom", "pad_right"), pads)
    fields: dict[str, Any] = {"channels": 1, "in_lanes": 1, "out_lanes": 1, **sides, **rest}
    spec = WindowSpec(
        dtype=BIT, height=size[0], width=size[1], kernel_h=kernel[0], kernel_w=kernel[1], **fields
    )
    bounds = {"MostAhead": ahead, "AnswerWithin": answer, "TakeWithin": take}
    return Case("window", {**spec.rtl_parameters(), **bounds})


CASES: dict[str, Case] = {
    "register": Case("fifo", {"Depth": 0}),
    "fifo_2": Case("fifo", {"Depth": 2}),
    "fifo_3_block": Case("fifo", {"Depth": 3, "BlockRam": 1}),
    "fifo_4": Case("fifo", {"Depth": 4}),
    "duplicate_2": Case("duplicate", {"Copies": 2}),
    "duplicate_3": Case("duplicate", {"Copies": 3}),
    "dwc_3_to_2": Case("dwc", {"InLanes": 3, "OutLanes": 2, "Wide": 6}),
    "dwc_1_to_3": Case("dwc", {"InLanes": 1, "OutLanes": 3, "Wide": 3}),
    "dwc_4_to_2": Case("dwc", {"InLanes": 4, "OutLanes": 2, "Wide": 4}),
    "add": Case("add", {"Signed": 1}),
    "add_factor": Case("add", {"Signed": 0, "Factor0": 3, "Factor1": 2}),
    "concat": Case("concat", {"Fold0": 2, "Fold1": 3}),
    "select": _select(1, 0, 1, 0),
    "select_tail": _select(0, 1, 1),
    "upsample": Case("upsample", {"Fold": 2, "Width": 2, "ScaleH": 2, "ScaleW": 2}),
    "upsample_one_fold": Case("upsample", {"Fold": 1, "Width": 2, "ScaleH": 2, "ScaleW": 3}),
    "labelselect": Case("labelselect", {"Labels": 4, "Pe": 2, "InWidth": 2}),
    "pool_max": Case("pool", {"Width": 4, "KernelH": 2, "KernelW": 2}),
    "pool_max_folded": Case("pool", {"Width": 2, "Fold": 2, "KernelH": 2, "KernelW": 1}),
    "pool_sum": Case("pool", {"Sum": 1, "Width": 2, "KernelH": 2, "KernelW": 1, "OutBits": 2}),
    "threshold_1": _threshold([[1], [-2]], 3),
    "threshold_3": _threshold([[-2, 0, 1], [-4, 2, 4]], 3, -1),
    "threshold_flip": _threshold([[-1, 1], [0, 3]], 3, flip=[True, False]),
    "result_stage_1": Case("result_stage", {"Slots": 1}),
    "result_stage_4": Case("result_stage", {"Slots": 4}),
    "depthwise": _depthwise(taps=2, fold=2, MostAhead=3),
    "depthwise_unfolded": _depthwise(taps=2, fold=1, simd=2, MostAhead=5),
    "mvau_one_slot": _mvau(4, 2, 1, MostAhead=1, Latency=4, TakeWithin=8),
    "mvau_fifo": _mvau(2, 2, 1, MostAhead=3, Latency=5, TakeWithin=8),
    "mvau_xnor": _mvau(2, 1, 2, xnor=True, MostAhead=5, Latency=7, TakeWithin=8),
    "window_taps": _window((3, 3), (2, 2)),
    "window_border": _window((2, 2), (2, 2), pads=1, ahead=1, take=32),
    "window_stride": _window((3, 3), (2, 2), stride_y=1, stride_x=2, take=24),
    "window_channel_major": _window((2, 2), (2, 1), channels=2, channel_major=True, take=24),
    "window_rows": _window((3, 3), (2, 2), out_lanes=2, answer=16, take=24),
    "window_whole": _window((3, 3), (2, 2), out_lanes=4, answer=16, take=24),
    "frame_gate": Case("frame_gate", {"Beats": 3, "Frames": 2}),
    "burst": Case("burst"),
    "dma_read": Case("dma_read", edits=(*SHORT_BURSTS, _short_beats("read"))),
}

"""``rbonn verify``: the same frames through every execution of a network, and where two begin to differ."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api.verifying import FINN_FRAMES, LEVELS
from rbonn_hw.cli.figures import give
from rbonn_hw.cli.terminal import frame_progress, terminal

if TYPE_CHECKING:
    from rich.console import Console

EXAMPLE = """examples:
  rbonn verify build/demo                                         # four random frames
  rbonn verify build/demo --data build/demo/export/golden.npz     # with what PyTorch answered
  rbonn verify cnv-cifar10 --data cifar10 --frames 100 --finn-frames 2
  rbonn verify my_network.onnx --data photos/ --levels qonnx,rtl
  rbonn verify build/demo --random 20 --stall 0.3 --json

Levels: pytorch (--pytorch, or `outputs` in an .npz), qonnx (QONNX's own execution of the file), finn
(FINN's hardware graph, in Python), functional (the same graph in integers, in C++) and rtl (the
SystemVerilog, cycle by cycle, by Verilator). The dataflow model, which knows no values, is held to the
RTL's cycles. Every pair is compared on the frames that both ran. Where two differ, the first such frame is
run again with all tensors within looked at, and the first layer, channel and position that differ are
printed with both values: a layer's answer as it travels to the next, channels last, -1/+1 as 0/1.

DATA is the name of a data set (its test split), an .npz with `frames` and perhaps `labels` and `outputs`, an
.npy, or image files and folders of these, of any mode and size, which are scaled to the network's input.

Exit codes: 0 all agree; 1 an integer differs (or a class that is no tie), or the RTL gives no answer; 2 the
input or the environment is wrong. Writes verify.json into the build folder.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "verify",
        help="run every level on the same frames; find the first layer that differs",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        type=Path,
        help="folder of `rbonn compile`; or a QONNX file, a trained network or the name of a shipped one, "
        "which is compiled first",
    )
    parser.add_argument("--out", type=Path, help="folder to compile a network into (build/verify-NAME)")
    parser.add_argument("--target-cycles", type=int, metavar="N", help="of a network that is compiled first")
    frames = parser.add_mutually_exclusive_group()
    frames.add_argument("--data", type=Path, nargs="+", default=[], help="see below")
    frames.add_argument(
        "--random", type=int, default=4, metavar="N", help="random frames (default %(default)s)"
    )
    parser.add_argument("--data-dir", type=Path, help="default: $RBONN_DATA, else ~/.cache/rbonn")
    parser.add_argument("--frames", type=int, help="use only the first FRAMES of the data")
    parser.add_argument("--levels", default=",".join(LEVELS), help="which to run (default %(default)s)")
    parser.add_argument("--pytorch", type=Path, metavar="NETWORK", help="trained network for PyTorch to run")
    parser.add_argument(
        "--finn-frames",
        type=int,
        default=FINN_FRAMES,
        help="frames of FINN's graph, which is slow (default %(default)s)",
    )
    parser.add_argument("--rtl-frames", type=int, help="frames of the RTL at most")
    parser.add_argument("--instances", type=int, metavar="N", help="models of the RTL that share the frames")
    parser.add_argument("--stall", type=float, default=0.0, help="chance per cycle that the RTL's ends pause")
    parser.add_argument("--seed", type=int, default=0, help="seeds random frames and pauses")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify; exit code 0 when all levels agree, else 1."""
    from rich.progress import Progress

    from rbonn_hw import api
    from rbonn_hw.api.to_verify import build_of

    console = terminal()
    with Progress(console=console) as bar:
        build_dir, trained = build_of(
            args.source, args.out, target_cycles=args.target_cycles, progress=console.print
        )
        ended = api.verify(
            build_dir,
            data=args.data,
            random=args.random,
            frames=args.frames,
            seed=args.seed,
            stall=args.stall,
            levels=[name.strip() for name in args.levels.split(",") if name.strip()],
            finn_frames=args.finn_frames,
            rtl_frames=args.rtl_frames,
            instances=args.instances,
            pytorch=args.pytorch or trained,
            data_dir=args.data_dir,
            allow_mismatch=True,
            progress=frame_progress(bar),
        )
    give(args, ended.document)
    _print(console, ended.document, ended.build_dir)
    return 0 if ended.document["agrees"] else 1


def _print(console: "Console", document: Mapping[str, Any], build_dir: Path) -> None:
    from rich.table import Table

    table = Table(title=f"{build_dir}: {document['frames']} frames, {document['source']}")
    for name in ("pair", "frames that agree", "integers off", "classes off", "verdict"):
        table.add_column(name, justify="left" if name in ("pair", "verdict") else "right")
    for pair, entry in document["pairs"].items():
        table.add_row(
            pair,
            f"{entry['agree']} of {entry['compared']}",
            str(entry["integers"]),
            f"{entry['classes']}" + (f" ({entry['ties']} ties)" if entry["ties"] else ""),
            "differs" if entry["frames"] else "agrees",
        )
    console.print(table)
    for difference in document["differences"]:
        console.print(_where(difference), highlight=False)
    for level, message in document["failed"].items():
        what = "gives other cycles" if level == "dataflow" else "gives no answer"
        console.print(f"{level} {what}: {message}", highlight=False)
    if document.get("latency_cycles"):
        error = document["dataflow_error_cycles"]
        console.print(
            f"II {document['ii_cycles']}, latency {document['latency_cycles']} cycles (simulated)"
            + ("" if error is None else f"; the dataflow model is {error} cycles off"),
            highlight=False,
        )
    if "accuracy" in document:
        tops = ", ".join(f"{name} {share:.2%}" for name, share in document["accuracy"].items())
        console.print(f"top-1: {tops} (executed)", highlight=False)
    console.print("all agree" if document["agrees"] else "NOT all agree", highlight=False)


def _where(difference: Mapping[str, Any]) -> str:
    """Return the first difference of a pair as a sentence."""
    one, _, other = difference["pair"].partition("-")
    values = " and ".join(
        f"{name} {value:g}" for name, value in zip((one, other), difference["values"], strict=True)
    )
    text = f"{difference['pair']}, frame {difference['frame']}: "
    if difference["after"]:
        text += f"only behind the {difference['after']} frames before it, "
    if not difference["layer"]:
        return text + f"the answer differs first at {difference['channel']}: {values}"
    place = f" at {', '.join(map(str, difference['position']))}" if difference["position"] else ""
    text += (
        f"differs first behind layer {difference['layer']} ({difference['kernel']}), channel "
        f"{difference['channel']}{place}: {values}; {difference['integers']} integers of "
        f"{difference['tensor']} differ, {difference['agree']} layers before agree"
    )
    if difference["unseen"]:
        text += f"; not shown by both, and perhaps at fault: {', '.join(difference['unseen'])}"
    return text

"""``rbonn board``: run a package's self-test on a virtual board."""

import argparse
from pathlib import Path

from rbonn_hw.cli.figures import give

EXAMPLE = """example:
  rbonn board --virtual build/demo/digits.zip

The virtual board is the whole shell (registers, DMA, accelerator) in Verilator behind pynq's own interfaces;
the driver inside the package runs unchanged. pynq is installed once, in an environment of its own. For a real
board see `rbonn deploy`. Exit code 1: some answer differs.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "board",
        help="a package's self-test on a virtual board",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--virtual", type=Path, required=True, metavar="PACKAGE", help="zip of `rbonn package`"
    )
    parser.add_argument(
        "--pynq", metavar="VERSION", help="pynq to run under: that of the images, 3.0.1 (default), or 4.0.0"
    )
    parser.add_argument("--stall", type=float, default=0.0, help="chance per cycle that the memory pauses")
    parser.add_argument("--buffer-frames", type=int, help="frames per job (default: as many as fit 1 MiB)")
    parser.add_argument("--timeout", type=float, default=600.0, help="longest time of a job [s]")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the self-test; exit code 0 when all answers agree, else 1."""
    from rbonn_hw import api

    report = api.board(
        args.virtual,
        stall=args.stall,
        buffer_frames=args.buffer_frames,
        timeout_s=args.timeout,
        pynq=args.pynq,
        progress=print,
    )
    give(args, report)
    software = report["software"]
    print(f"{report['network']}: {report['frames']} frames, every integer as recorded (simulated board)")
    if "boxes" in report:
        print(f"{report['boxes']} boxes by the driver, {report['boxes_sha256'][:16]} (simulated board)")
    print(f"pynq {software['pynq']}, NumPy {software['numpy']}, Python {software['python']}")
    print(
        f"{report['cycles']} cycles, the accelerator alone {report['expected_cycles']}; "
        f"stalls in {report['in_stalls']}, out {report['out_stalls']}"
    )
    return 0

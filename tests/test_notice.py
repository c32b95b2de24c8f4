"""NOTICE.md names every bundled file that is no code of ours, and nothing that is not there."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = {".py", ".sv", ".vlt", ".svh", ".cpp", ".hpp", ".h", ".tcl", ".v", ".sh"}
SPDX = "SPDX-License-Identifier: BSD-3-Clause"


def bundled() -> list[Path]:
    """Return what an installed package holds, as the packaging patterns say, and the HLS twin."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    found = {path for pattern in ["*.py", *patterns] for path in (ROOT / "rbonn_hw").rglob(pattern)}
    found |= {path for path in (ROOT / "hls").rglob("*") if path.suffix in CODE}
    return sorted(found)


def listed() -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", (ROOT / "NOTICE.md").read_text(), re.MULTILINE)


def test_every_bundled_file_is_code_of_ours_or_listed() -> None:
    rows = listed()
    names = {path: str(path.relative_to(ROOT)) for path in bundled()}
    assert len(names) > 300
    for path, name in names.items():
        if any(Path(name).match(pattern) for pattern in rows) or path.name == "py.typed":
            continue
        assert path.suffix in CODE, f"{name}: NOTICE.md does not say whose it is"
        if path.suffix != ".py":
            assert SPDX in path.read_text().splitlines()[0], f"{name} names no licence"


def test_everything_listed_is_there() -> None:
    names = [str(path.relative_to(ROOT)) for path in bundled()]
    for pattern in listed():
        assert any(Path(name).match(pattern) for name in names), pattern


def test_nobody_elses_copyright_is_in_it() -> None:
    owner = re.compile(r"copyright \(c\)|©|all rights reserved", re.IGNORECASE)
    for path in bundled():
        if path.suffix != ".safetensors":
            assert not owner.search(path.read_text()), path


def test_the_notice_comes_along() -> None:
    """Setuptools takes LICENSE and NOTICE files by default; a list of our own would have to name them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "BSD-3-Clause"
    assert "license-files" not in project
    assert (ROOT / "LICENSE").is_file()

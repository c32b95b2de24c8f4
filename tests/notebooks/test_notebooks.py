"""The notebooks run from top to bottom, each by itself, and are committed with small outputs and no warnings."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_BYTES = 60_000
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of them work, so that what one has made the next one finds; each makes it if it is missing."""
    return tmp_path_factory.mktemp("notebooks")


def cells(path: Path) -> list[Any]:
    return list(nbformat.read(path, as_version=4).cells)


def test_there_are_six() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_train", "02_export", "03_compile", "04_simulate", "05_deploy", "06_detect",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.verilator
@each_notebook
def test_notebook_runs(path: Path, folder: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    places = 0
    for cell in notebook.cells:
        # The only change: generated files go where the test may leave them.
        places += cell.source.count('ROOT / "build" / "notebooks"')
        cell.source = cell.source.replace('ROOT / "build" / "notebooks"', f"Path({str(folder)!r})")
    assert places == 1

    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()

    committed = [[out["output_type"] for out in cell.get("outputs", [])] for cell in cells(path)]
    made = [[out["output_type"] for out in cell.get("outputs", [])] for cell in notebook.cells]
    assert made == committed
    assert warnings_of(notebook.cells) == []


def warnings_of(found: list[Any]) -> list[str]:
    """Return what was printed to stderr, and errors."""
    outputs = [out for cell in found for out in cell.get("outputs", [])]
    return [
        str(out.get("text") or out.get("ename"))
        for out in outputs
        if out.get("name") == "stderr" or out["output_type"] == "error"
    ]


@each_notebook
def test_notebook_is_committed_with_small_outputs_and_without_warnings(path: Path) -> None:
    found = cells(path)
    assert path.stat().st_size < MOST_BYTES
    assert warnings_of(found) == []
    code = [cell for cell in found if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert str(ROOT) not in json.dumps(found), "a path of somebody's machine"


@each_notebook
def test_notebook_defines_nothing(path: Path) -> None:
    for cell in cells(path):
        assert not any(line.startswith(("def ", "class ")) for line in cell.source.splitlines())

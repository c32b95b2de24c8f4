"""The tree itself: a kernel is one name in every home, and files stay short."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
KERNELS = sorted(
    path.stem for path in (ROOT / "rbonn_hw" / "compiler" / "kernels").glob("*.py") if path.stem[0] != "_"
)
HOMES = (
    "rbonn_hw/spec/{}.py",
    "rbonn_hw/ref/{}.py",
    "rbonn_hw/rtl/rbonn_{}.sv",
    "tests/ref/test_{}.py",
    "tests/rtl/test_{}.py",
    "tests/compiler/kernels/test_{}.py",
)
MAX_LINES = 300


def test_every_kernel_of_the_issue_is_there() -> None:
    assert KERNELS == [
        "add",
        "concat",
        "depthwise",
        "duplicate",
        "dwc",
        "fifo",
        "labelselect",
        "mvau",
        "pool",
        "register",
        "select",
        "threshold",
        "upsample",
        "window",
    ]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("home", HOMES)
def test_kernel_has_every_home(kernel: str, home: str) -> None:
    assert (ROOT / home.format(kernel)).is_file()


@pytest.mark.parametrize("path", sorted((ROOT / "rbonn_hw" / "rtl").glob("*.sv")), ids=lambda path: path.stem)
def test_module_is_named_as_its_file_and_tested(path: Path) -> None:
    assert f"module {path.stem} " in path.read_text()
    tests = "".join(test.read_text() for test in (ROOT / "tests" / "rtl").glob("test_*.py"))
    assert path.stem in tests or path.stem.removeprefix("rbonn_") in KERNELS


def test_no_source_file_is_too_long() -> None:
    sources = [
        path for suffix in ("py", "sv", "cpp", "hpp") for path in (ROOT / "rbonn_hw").rglob(f"*.{suffix}")
    ]
    assert [path.name for path in sources if len(path.read_text().splitlines()) > MAX_LINES] == []


def test_every_data_file_is_in_the_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = settings["package-data"]["*"]
    files = [path for path in (ROOT / "rbonn_hw").rglob("*") if path.is_file()]
    data = [path.name for path in files if path.suffix not in (".py", ".pyc")]
    assert "pynq-4.0.0-py3.11.lock" in data
    assert [name for name in data if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_every_demo_configuration_has_its_compile_options_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for path in (ROOT / "build_flows").glob("demo_*.json"):
        assert re.search(rf"^COMPILE_{path.stem.removeprefix('demo_')} +:=", makefile, re.MULTILINE)

"""The documentation site builds without a warning, and its links to the outside are links."""

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from build_flows.pages import cli, kernels, recipe, registers
from build_flows.pages.docstrings import docstring
from rbonn_hw.cli import VERBS
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.toolchain import run_tool

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with warnings as errors: a link inside or a page that leads nowhere ends the build."""
    folder = tmp_path_factory.mktemp("site")
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        folder,
    ]
    run_tool(command, install_hint="run make setup", cwd=ROOT, env={"NO_MKDOCS_2_WARNING": "1"})
    return folder


def test_every_page_is_there(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        assert (site / page.relative_to(ROOT / "docs")).with_suffix(".html").is_file(), page
    for name in kernels.KERNELS:
        text = (site / "reference" / "kernels" / f"{name}.html").read_text()
        assert '<svg class="waves"' in text
        assert f"rbonn_{name}" in text


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|iframe)[^>]+src="([^"]+)"', page.read_text())
        loaded += re.findall(r'<link rel="(?:stylesheet|preload|icon)"[^>]+href="([^"]+)"', page.read_text())
        assert not [name for name in loaded if urlsplit(name).netloc], page


def test_formulas_became_mathml(site: Path) -> None:
    pages = sorted((site / "concepts").glob("*.html"))
    assert any("<math" in page.read_text() for page in pages)
    for page in pages:
        assert "$$" not in page.read_text(), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_the_outside_are_well_formed(page: Path) -> None:
    """Nothing outside is asked: a link has a scheme, a host with a dot and no blanks."""
    for link in re.findall(r"\]\((\w+:[^)]*)\)|<(https?:[^>]*)>", page.read_text()):
        parts = urlsplit(link[0] or link[1])
        assert parts.scheme == "https", link
        assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc), link
        assert not re.search(r"\s", parts.geturl()), link


def test_the_command_line_is_whole() -> None:
    text = cli.page()
    for name in VERBS:
        assert f"## rbonn {name}\n" in text
    assert "| `--target-cycles TARGET_CYCLES` | cycles between frames, at most |" in text
    assert "| `--tool auto or vivado or openxc7 or finn` |" in text


def test_the_recipe_has_every_field_and_its_choices() -> None:
    text = recipe.page()
    assert "| `epochs` | needed | Passes over the training split" in text
    assert '| `schedule` | `"cosine"` | How the learning rate decays' in text
    assert "One of `cosine`, `linear`." in text
    assert not re.search(r"\|\s+\|$", text, re.MULTILINE)


def test_the_register_map_is_that_of_the_rtl() -> None:
    text = registers.page()
    rtl = (ROOT / "rbonn_hw" / "rtl" / "rbonn_registers.sv").read_text()
    assert "| `0x0c` | CONTROL | 0 | START | SC | start a job" in text
    assert "| `0x10` | STATUS | 15:8 | ERROR_CODE | RO |" in text
    assert "FRAMES_DONE" in text
    assert "rbonn_registers" in rtl


@pytest.mark.parametrize("name", kernels.KERNELS)
def test_a_kernel_page_names_every_parameter_and_port_of_its_module(name: str) -> None:
    """Against another reading of the RTL: the names in the module's head, in their order."""
    text = kernels.page(name)
    source = (ROOT / "rbonn_hw" / "rtl" / f"rbonn_{name}.sv").read_text()
    head = re.sub(r"//.*", "", source[source.index(f"module rbonn_{name}") :].split(");")[0])
    parameters = re.findall(r"\bparameter\b[^=]*?(\w+)\s*=", head)
    ports = [name for name in re.findall(r"(\w+_[io])\b", head) if name.isidentifier()]
    assert parameters
    for word in (*parameters, *ports):
        assert f"| `{word}` |" in text, word
    assert "| needed |  |" not in text


def test_docstrings_are_taken_apart() -> None:
    found = docstring(MvauSpec)
    assert found.text.startswith("Shape and folding of one MVAU, `W @ x`")
    assert (
        found.attributes["xnor"]
        == "Inputs are BIPOLAR too, carried as bits; the result is a popcount 0 .. mw."
    )
    assert found.attributes["accumulator"].endswith("known to keep within.")
    assert "FoldingError" not in found.attributes

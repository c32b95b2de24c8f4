"""The documentation site builds without a warning, and its links to the outside are links."""

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from build_flows.pages import cli, kernels, recipe, registers
from build_flows.pages.docstrings import docstring
from rbonn_hw.cli import VERBS
from rbonn_hw.errors import ToolError
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.toolchain import run_tool
from tests.docs.named import PAGES, ROOT


def build(project: Path, site: Path) -> None:
    """Build a site as `make docs` does, where a warning is an error.

    With --quiet it would be none: MkDocs counts only what it prints.
    """
    command: list[str | Path] = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site]
    run_tool(command, install_hint="run make setup", cwd=project, env={"NO_MKDOCS_2_WARNING": "1"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(ROOT, folder)
    return folder


def test_make_builds_it_alike() -> None:
    assert "mkdocs build --strict\n" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("link", ["nowhere.md", "index.md#nothing", "/index.md", "lost.png"])
def test_a_link_that_leads_nowhere_ends_the_build(link: str, tmp_path: Path) -> None:
    """With the rules of the project's own configuration."""
    rules = re.search(r"^validation:\n(?: .*\n)+", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert rules is not None
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text(f"site_name: small\n{rules[0]}")
    page = tmp_path / "docs" / "index.md"
    page.write_text("# One\n\n[two](#one)\n")
    build(tmp_path, tmp_path / "site")
    page.write_text(f"# One\n\n[two]({link})\n")
    with pytest.raises(ToolError, match="Aborted with 1 warnings in strict mode"):
        build(tmp_path, tmp_path / "site")


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
    offsets = re.findall(r"^  localparam logic \[11:0\] (\w+) += 12'h(\w+);", rtl, re.MULTILINE)
    shown = re.findall(r"^\| `(0x\w+)` \| (\w+) \|", text, re.MULTILINE)
    assert len(offsets) > 10
    assert {name.replace("_", "").lower(): int(offset, 16) for offset, name in shown} == {
        name.lower(): int(offset, 16) for name, offset in offsets
    }
    assert "| `0x0c` | CONTROL | 0 | START | SC | start a job" in text
    assert "| `0x10` | STATUS | 15:8 | ERROR_CODE | RO |" in text


@pytest.mark.parametrize("name", kernels.KERNELS)
def test_a_kernel_page_names_every_parameter_and_port_of_its_module(name: str) -> None:
    """Against another reading of the RTL: the names in the module's head, in their order."""
    text = kernels.page(name)
    source = (ROOT / "rbonn_hw" / "rtl" / f"rbonn_{name}.sv").read_text()
    head = re.sub(r"//.*", "", source[source.index(f"module rbonn_{name}") :].split(");")[0])
    parameters = re.findall(r"\bparameter\b[^=]*?(\w+)\s*=", head)
    ports = [name for name in re.findall(r"(\w+_[io])\b", head) if name.isidentifier()]
    assert parameters
    assert "def cycles_per_frame(self) -> int:" in text
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

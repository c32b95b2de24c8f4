"""MkDocs calls these: generated pages, pages that lie in the root of the project, and formulas.

Formulas stand between lines of ``$$`` and become MathML, which browsers draw by themselves.
"""

import html
import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from build_flows.pages import cli, kernels, recipe, registers

ROOT = Path(__file__).resolve().parents[2]
KERNELS = "reference/kernels.md"
ROOT_PAGES = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
_FORMULA = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"\$([^$\n`]+)\$")
_CODE = re.compile(r"(^```[\s\S]*?^```|`[^`\n]*`|^    .*$)", re.MULTILINE)
_ROLE = re.compile(r":(?:class|func|mod|data|meth|attr):(<code>)~?([\w.]+)(</code>)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put a page of every kernel under the overview."""
    reference = next(entry["Reference"] for entry in config.nav or [] if "Reference" in entry)
    pages = [{name: f"reference/kernels/{name}.md"} for name in kernels.KERNELS]
    place = reference.index({"Kernels": KERNELS})
    reference[place] = {"Kernels": [{"Overview": KERNELS}, *pages]}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are no files below docs/."""
    pages = {
        "reference/cli.md": cli.page(),
        "reference/recipe.md": recipe.page(),
        "reference/registers.md": registers.page(),
        KERNELS: kernels.overview(),
        **{f"reference/kernels/{name}.md": kernels.page(name) for name in kernels.KERNELS},
        **{page: (ROOT / source).read_text().replace("](docs/", "](") for page, source in ROOT_PAGES.items()},
    }
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn formulas into MathML, in the concepts and outside of code."""
    if not page.file.src_uri.startswith("concepts/"):
        return markdown
    parts = _CODE.split(markdown)
    parts[::2] = [_formulas(text) for text in parts[::2]]
    return "".join(parts)


def on_page_content(content: str, **_: Any) -> str:
    """Show Sphinx's roles, which the docstrings have, as code."""
    return _ROLE.sub(r"\1\2\3", content)


def _formulas(text: str) -> str:
    text = _FORMULA.sub(lambda found: convert(found[1].replace("\n", " "), display="block"), text)
    # Within a span, for a line that begins with <math> would end the paragraph.
    return _INLINE.sub(lambda found: f"<span>{html.unescape(convert(found[1]))}</span>", text)

"""The reference of a recipe's fields, from its class."""

import dataclasses
import json

from build_flows.pages.docstrings import docstring
from rbonn_hw.models.zoo import NETWORKS
from rbonn_hw.train.recipe import CHOICES, Recipe

_CHOICES = {"network": tuple(NETWORKS), **CHOICES}


def page() -> str:
    """Return the page, in Markdown."""
    meanings = docstring(Recipe).attributes
    lines = [
        "# Recipe",
        "",
        "A training run is one JSON object with these fields; those without a default are needed, and a",
        "field that is not listed here is refused. `rbonn train` writes the whole recipe, defaults included,",
        "into the run's folder.",
        "Made from `rbonn_hw.train.recipe.Recipe` when this page was built.",
        "",
        "| field | default | what it is |",
        "|---|---|---|",
    ]
    for field in dataclasses.fields(Recipe):
        choices = _CHOICES.get(field.name)
        more = f" One of {', '.join(f'`{name}`' for name in choices)}." if choices else ""
        lines.append(f"| `{field.name}` | {_default(field)} | {meanings[field.name]}{more} |")
    return "\n".join(lines) + "\n"


def _default(field: "dataclasses.Field[object]") -> str:
    if field.default is not dataclasses.MISSING:
        return f"`{json.dumps(field.default)}`"
    if field.default_factory is not dataclasses.MISSING:
        return f"`{json.dumps(field.default_factory())}`"
    return "needed"

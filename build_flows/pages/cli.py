"""The command line's reference: what every verb's parser says."""

import argparse
from collections.abc import Iterator

from rbonn_hw.cli import VERBS, grammar


def page() -> str:
    """Return the page, in Markdown."""
    parser, verbs = grammar()
    lines = [
        "# Command line",
        "",
        "Made from the programs' own parsers when this page was built; `rbonn VERB --help` says the same.",
        "",
        *_code(parser.format_usage()),
        *_table(parser),
        *_code(parser.epilog or ""),
    ]
    for name in VERBS:
        verb = verbs.choices[name]
        description = (verb.description or "").strip()
        lines += [f"## rbonn {name}", "", description.replace("``", "`"), "", *_code(verb.format_usage())]
        lines += [*_table(verb), *_code(verb.epilog or "")]
    return "\n".join(lines) + "\n"


def _code(text: str) -> list[str]:
    return ["```text", text.strip("\n"), "```", ""] if text.strip() else []


def _table(parser: argparse.ArgumentParser) -> list[str]:
    rows = list(_rows(parser))
    return ["| argument | what it is |", "|---|---|", *rows, ""] if rows else []


def _rows(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction | argparse._VersionAction | argparse._SubParsersAction):
            continue
        name = ", ".join(action.option_strings) or action.dest
        if action.option_strings and action.nargs != 0:
            name += f" {_placeholder(action)}"
        meaning = (action.help or "") % {**vars(action), "prog": parser.prog}
        needed = " (needed)" if action.required and action.option_strings else ""
        yield f"| `{name}` | {meaning}{needed} |"


def _placeholder(action: argparse.Action) -> str:
    if action.choices:
        return " or ".join(map(str, action.choices))
    name = action.metavar or action.dest.upper()
    return " ".join(name) if isinstance(name, tuple) else name

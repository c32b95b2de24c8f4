"""The command line's grammar: near names for wrong ones, and the verb's own usage beside what is wrong."""

import argparse
import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

EXIT_CODES = """exit codes:
  0  done
  1  the answer is no: answers differ, a design does not fit or is slower than was asked for
  2  the input or the environment is wrong; nothing is half written
  3  a fault of rbonn itself
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors say what was perhaps meant, and for which an empty path is none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register("type", Path, _path)

    def error(self, message: str) -> NoReturn:
        """Print usage and message, with a near name for a wrong choice, and exit with 2."""
        found = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if found:
            known = re.findall(r"'?([^',\s]+)'?", found[2])
            message += _near(found[1], known)
        super().error(message)

    def options(self) -> list[str]:
        """Return the names of the long options."""
        return [name for action in self._actions for name in action.option_strings if name.startswith("--")]


def parse(
    parser: Parser, verbs: "argparse._SubParsersAction[Parser]", argv: Sequence[str] | None
) -> argparse.Namespace:
    """Parse a command line; a word that no option takes is an error of the verb, with the verb's usage."""
    args, strangers = parser.parse_known_args(argv)
    if strangers:
        verb = verbs.choices[args.verb]
        name = strangers[0].partition("=")[0]
        verb.error(f"unrecognized arguments: {' '.join(strangers)}{_near(name, verb.options())}")
    return args


def _path(text: str) -> Path:
    """Return a path; pathlib would take an empty one for the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("the path is empty; give one, or . for the current folder")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"the path {text!r} is no UTF-8; rename it") from None
    return Path(text)


def _near(given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""

"""The mutations: realistic faults, one change of text each, and the tests that must notice them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent / "mutations"
RESULTS = Path(__file__).resolve().parent / "results.json"
AREAS = ("rtl", "compiler", "host", "training")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One fault.

    Attributes:
        area: Part of the project, one of :data:`AREAS`.
        name: What is wrong, in words; unique.
        file: The file that is changed, from the root of the project.
        before: Text that occurs in it exactly once.
        after: What stands there instead.
        tests: Names of tests, of which one must fail, as pytest takes them; the cheapest that do.
        equivalent: Why no test can fail, where that is so.
    """

    area: str
    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    equivalent: str = ""

    @property
    def digest(self) -> str:
        """Identity of the change and of those who must notice it."""
        parts = (self.file, self.before, self.after, *self.tests)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    def applied(self, text: str) -> str:
        """Return the text of the file with the fault in it.

        Raises:
            ValueError: The text before does not occur exactly once.
        """
        if (count := text.count(self.before)) != 1:
            raise ValueError(
                f"{self.file}: {self.before!r} of the mutation {self.name!r} occurs {count} times, not once: "
                f"write it as the file has it, in {FOLDER.name}/{self.area}.json"
            )
        return text.replace(self.before, self.after)


def load() -> list[Mutation]:
    """Return all mutations in the order of their files."""
    return [
        Mutation(area, **{**row, "tests": tuple(row["tests"])})
        for area in AREAS
        for row in json.loads((FOLDER / f"{area}.json").read_text())
    ]

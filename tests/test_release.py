"""Version, changelog, templates and hooks belong together."""

import re
import tomllib
from pathlib import Path

import pytest

from build_flows.release import complaints

ROOT = Path(__file__).resolve().parents[1]
CHANGES = "# Changes\n\n## Unreleased\n\n## 0.3.0\n\nMore.\n\n## 0.2.9\n\nFirst.\n"


def test_the_version_of_the_tree_is_released_in_its_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text()
    said = complaints(version, changes, f"v{version}")
    assert [line for line in said if "Unreleased" not in line] == []


@pytest.mark.parametrize(
    ("version", "changes", "tag", "said"),
    [
        ("0.3.0", CHANGES, "v0.3.0", None),
        ("0.3.0", CHANGES, "v0.3.1", "the tag v0.3.1 is not v0.3.0"),
        ("0.3", CHANGES, "v0.3", "0.3 is no semantic version"),
        ("01.3.0", CHANGES, "v01.3.0", "01.3.0 is no semantic version"),
        ("0.4.0", CHANGES, "v0.4.0", "newest entry of CHANGELOG.md is 0.3.0"),
        ("0.3.0", CHANGES.replace("0.2.9", "0.10.0"), "v0.3.0", "do not descend"),
        ("0.3.0", CHANGES.replace("Unreleased\n", "Unreleased\n\nA verb.\n"), "v0.3.0", "under Unreleased"),
    ],
)
def test_a_release_that_is_none_is_refused(version: str, changes: str, tag: str, said: str | None) -> None:
    found = complaints(version, changes, tag)
    assert bool(found) == (said is not None)
    assert said is None or said in found[0]


def test_what_is_not_released_stands_first() -> None:
    heads = re.findall(r"^## (.*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads[0] == "Unreleased"
    kinds = set(re.findall(r"^### (.*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Fixed", "Removed"}


def test_hooks_run_what_make_test_runs_before_the_tests() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    makefile = (ROOT / "Makefile").read_text()
    programs = set(re.findall(r"entry: \.venv/bin/(\S+)", hooks))
    assert programs == {"ruff", "mypy", "lint-imports"}
    for program in programs:
        assert f"$(BIN)/{program}" in makefile


def test_every_target_of_make_is_phony_and_explained() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    phony = set(makefile.split(".PHONY:")[1].split("\n")[0].split()) - {"$(SHIPPED)"}
    assert targets == phony
    assert targets == set(re.findall(r"^([a-z-]+):.*## \w", makefile, re.MULTILINE))
    groups = re.findall(r"^##@ (\w+)", makefile, re.MULTILINE)
    assert groups == ["Begin", "Try", "Check", "Documentation", "Board"]

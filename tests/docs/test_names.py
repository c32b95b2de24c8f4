"""A page names no verb, option, recipe key, make target, file or Python name that does not exist."""

import argparse
import dataclasses
import importlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from rbonn_hw.cli import VERBS, grammar
from rbonn_hw.train.recipe import Recipe
from tests.docs import named

PAGES = [page for page in named.PAGES if page.name not in ("CHANGELOG.md",)]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(named.ROOT)))


def wrong_words(words: list[str], verbs: Mapping[str, argparse.ArgumentParser]) -> list[str]:
    """Return what a call of rbonn names that there is not."""
    words = [word for word in words[1:] if word not in ("-v", "-q", "--quiet", "--verbose")]
    if not words or words[0] in ("VERB", "..", "...", "--version", "--help", "-h"):
        return []
    if words[0] not in verbs:
        return [words[0]]
    known = {option for action in verbs[words[0]]._actions for option in action.option_strings}
    given = [word.partition("=")[0].rstrip(",.)") for word in words[1:] if re.match(r"--[a-z]", word)]
    return [option for option in given if option not in known]


@each_page
def test_verbs_and_options(page: Path) -> None:
    verbs = dict(grammar()[1].choices)
    for words in named.commands(page.read_text(), "rbonn"):
        assert wrong_words(words, verbs) == [], " ".join(words)


def test_a_wrong_verb_or_option_is_found() -> None:
    verbs = dict(grammar()[1].choices)
    lines = (
        "`rbonn trian x` and",
        "",
        "    rbonn simulate b --framse 3  # no",
        "    rbonn compile x --fit 1 | tee",
    )
    text = "\n".join(lines)
    found = [wrong_words(words, verbs) for words in named.commands(text, "rbonn")]
    assert sorted(found) == [[], ["--framse"], ["trian"]]


@each_page
def test_options_that_stand_alone(page: Path) -> None:
    """`--option` within a sentence is one of some verb, or of a program that the sentence names."""
    others = {"--nproc-per-node", "--no-deps", "--lint-only", "--strict"}
    known = {option for verb in grammar()[1].choices.values() for option in verb.options()} | others
    for piece in named.code(page.read_text()):
        if re.match(r"--[a-z]", piece):
            assert piece.split()[0].partition("=")[0] in known, piece


@each_page
def test_make_targets(page: Path) -> None:
    makefile = (named.ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    targets |= set(re.search(r"^SHIPPED := (.*)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    for words in named.commands(page.read_text(), "make"):
        target = next((word for word in words[1:] if "=" not in word), "help")
        assert target in targets | {"NAME"}, " ".join(words)


@each_page
def test_recipe_keys(page: Path) -> None:
    """Every JSON block with a data set is a recipe; so is `"key": value` in a sentence."""
    fields = {field.name for field in dataclasses.fields(Recipe)}
    text = page.read_text()
    for body in named.blocks(text, "json"):
        document = json.loads(body)
        if "dataset" in document:
            assert set(document) <= fields, body
            Recipe(**document)
    for piece in named.code(text):
        if re.fullmatch(r'"\w+": .*', piece) and "{" not in piece:
            assert set(re.findall(r'"(\w+)":', piece)) <= fields, piece


@each_page
def test_files(page: Path) -> None:
    for name in named.paths(page.read_text()):
        assert any(named.ROOT.glob(name.rstrip("/"))), name


@each_page
def test_python_names(page: Path) -> None:
    for name in named.modules(page.read_text()):
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            path = named.ROOT.joinpath(*parts[:end])
            if path.with_suffix(".py").is_file() or path.is_dir():
                break
        found: object = importlib.import_module(".".join(parts[:end]))
        for attribute in parts[end:]:
            found = getattr(found, attribute)


def test_every_verb_is_in_the_reference_alone_and_in_the_readme() -> None:
    assert set(VERBS) == set(grammar()[1].choices)
    readme = (named.ROOT / "README.md").read_text()
    for verb in ("train", "export", "compile", "simulate", "synth", "report", "package", "board", "deploy"):
        assert f"rbonn {verb}" in readme

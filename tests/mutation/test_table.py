"""The table of mutations cannot rot: each is one change of a file that is there, and its result is known."""

import json
import re
from collections import Counter

import pytest

from tests.mutation.table import AREAS, RESULTS, ROOT, Mutation, load

MUTATIONS = load()
DOCUMENT = ROOT / "docs" / "mutations.md"


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: one.name)
def test_it_is_one_change_of_a_file_and_tests_look(one: Mutation) -> None:
    text = (ROOT / one.file).read_text()
    assert one.applied(text) != text
    assert one.tests
    for test in one.tests:
        path, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}" in (ROOT / path).read_text()


def test_text_that_stands_there_twice_is_refused() -> None:
    mutation = Mutation("rtl", "a", "a.sv", "x", "y", ("t",))
    assert mutation.applied("x + 1") == "y + 1"
    for text in ("z", "x + x"):
        with pytest.raises(ValueError, match=r"a\.sv: 'x' of the mutation 'a' occurs . times, not once"):
            mutation.applied(text)


def test_names_and_changes_are_different() -> None:
    for what in ([one.name for one in MUTATIONS], [(one.file, one.before, one.after) for one in MUTATIONS]):
        assert [each for each, count in Counter(what).items() if count > 1] == []


def test_every_result_is_that_of_a_mutation_as_it_is() -> None:
    results = json.loads(RESULTS.read_text())

    rows = {row["digest"]: row for row in results["mutations"]}
    assert set(rows) == {one.digest for one in MUTATIONS}, "run `make mutants`"
    for one in MUTATIONS:
        row = rows[one.digest]
        assert (row["name"], row.get("equivalent", "")) == (one.name, one.equivalent)
        assert bool(row.get("noticed by")) != bool(one.equivalent), "a fault that no test notices"
    for area in AREAS:
        chosen = [one for one in MUTATIONS if one.area == area]
        equivalent = sum(bool(one.equivalent) for one in chosen)
        found = results["areas"][area]
        assert found == {
            "mutations": len(chosen),
            "noticed": len(chosen) - equivalent,
            "equivalent": equivalent,
        }


def test_the_document_has_the_numbers_of_the_results() -> None:
    results, text = json.loads(RESULTS.read_text()), DOCUMENT.read_text()
    rows = re.findall(r"^\| (\w+) \|.*\| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    assert {name: tuple(map(int, numbers)) for name, *numbers in rows} == {
        area: (found["mutations"], found["noticed"], found["equivalent"])
        for area, found in results["areas"].items()
    }
    assert [one.name for one in MUTATIONS if one.equivalent and one.name not in text] == []

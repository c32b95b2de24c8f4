"""The table of mutations cannot rot: each is one change of a file that is there, and its result is known."""

import re
from collections import Counter

import pytest

from rbonn_hw.results import read_result
from rbonn_hw.toolchain import python_command, run_tool
from tests.mutation.table import AREAS, RESULTS, ROOT, Mutation, load

MUTATIONS = load()
DOCUMENT = ROOT / "docs" / "mutations.md"


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: one.name)
def test_it_is_one_change_of_a_file(one: Mutation) -> None:
    text = (ROOT / one.file).read_text()
    assert one.applied(text) != text
    assert one.tests


@pytest.mark.slow
def test_the_tests_that_must_notice_and_those_that_did_are_there() -> None:
    """Asked of pytest, which alone knows what the cases of a test are called."""
    rows = read_result(RESULTS, "make mutants")["mutations"]
    named = {test for one in MUTATIONS for test in one.tests}
    named |= {row["noticed by"] for row in rows if not row.get("equivalent")}
    files = sorted({test.partition("::")[0] for test in named})
    command = [*python_command("pytest"), "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    listed = run_tool(command, install_hint="run `make setup`", cwd=ROOT).splitlines()
    assert named - {*files, *listed, *(line.partition("[")[0] for line in listed)} == set()


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
    results = read_result(RESULTS, "make mutants")

    rows = {row["digest"]: row for row in results["mutations"]}
    assert set(rows) == {one.digest for one in MUTATIONS}, "run `make mutants`"
    for one in MUTATIONS:
        row = rows[one.digest]
        assert (row["area"], row["name"], row.get("equivalent", "")) == (one.area, one.name, one.equivalent)
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
    results, text = read_result(RESULTS, "make mutants"), DOCUMENT.read_text()
    rows = re.findall(r"^\| (\w+) \|.*\| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    assert {name: tuple(map(int, numbers)) for name, *numbers in rows} == {
        area: (found["mutations"], found["noticed"], found["equivalent"])
        for area, found in results["areas"].items()
    }
    assert [one.name for one in MUTATIONS if one.equivalent and one.name not in text] == []
    assert f"add up to {sum(results['seconds'].values()) / 60:.0f} minutes" in text

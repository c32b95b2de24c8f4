"""The table of mutations cannot rot: each is one change of a file that is there."""

from collections import Counter

import pytest

from tests.mutation.table import ROOT, Mutation, load

MUTATIONS = load()


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

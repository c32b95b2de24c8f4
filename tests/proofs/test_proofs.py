"""Kernels hold what their modules of this folder say, for every input; and faults are found.

All of it, with the longer proofs: ``make proofs``.
"""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from build_flows import proofs
from rbonn_hw.results import Document, fingerprint, read_result, write_result
from rbonn_hw.synth.prove import Effort, is_reach
from tests.proofs.cases import CASES, Edit
from tests.proofs.mutations import MUTATIONS

RESULT = Path(__file__).resolve().parents[2] / "build_flows" / "proofs.json"
EFFORT = Effort(induction_seconds=120, bounded_seconds=120)
QUICK = ("register", "fifo_3_block", "duplicate_2", "dwc_3_to_2", "add", "select_tail", "result_stage_1")
QUICK_MUTATIONS = ("fifo_overflows", "concat_drops", "labelselect_prefers_the_last", "pool_reads_early")


@pytest.mark.parametrize("name", QUICK)
def test_every_property_is_proved(name: str, tmp_path: Path) -> None:
    properties = CASES[name].read(tmp_path)

    verdicts = [properties.decide(found, EFFORT) for found in properties.outputs]

    assert {verdict.name: verdict.method for verdict in verdicts} == {
        found: "refuted" if is_reach(found) else "induction" for found in properties.outputs
    }


@pytest.mark.parametrize("name", QUICK_MUTATIONS)
def test_a_fault_is_found(name: str, tmp_path: Path) -> None:
    mutation = MUTATIONS[name]
    properties = CASES[mutation.case].read(tmp_path, mutation.fault)

    assert properties.decide(mutation.refuted, EFFORT).method == "refuted"


def test_a_case_that_is_none_is_refused() -> None:
    said: list[str] = []

    assert proofs.run(["register", "fifo_5"], said.append) == 2
    assert said[0].startswith("no case is called fifo_5; there are register, fifo_2,")


def test_what_the_table_has_is_not_decided_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "HERE", tmp_path)
    monkeypatch.setattr(proofs, "BUILD", tmp_path / "build")
    fault = CASES["register"].key(MUTATIONS["register_forgets"].fault)
    entries: dict[str, Document] = {
        name: {"key": fingerprint(key, str(proofs.EFFORT), proofs.TOOLS)}
        for name, key in (("register", CASES["register"].key()), ("register_forgets", fault))
    }
    holds, fails = ({"method": method, "seconds": 1.0} for method in ("states", "refuted"))
    entries["register"]["properties"] = {"DataInOrder": holds, "frames.ReachFull": fails}
    entries["register_forgets"] |= {"property": "DataInOrder", **fails}
    of_case, of_fault = ({name: entry} for name, entry in entries.items())
    write_result(tmp_path / proofs.TABLE, {"cases": of_case, "mutations": of_fault}, {})
    said: list[str] = []

    assert proofs.run(["register"], said.append) == 0

    assert said == [
        "register: 1 states, 1 refuted (nothing changed)",
        "register_loses: 1 refuted",  # which the table does not have
        "register_forgets: 1 refuted (nothing changed)",
        "all as it should be",
    ]
    table = read_result(tmp_path / proofs.TABLE, "make proofs")
    assert list(table["cases"]) == ["register"]
    assert table["cases"]["register"]["properties"]["DataInOrder"] == holds
    assert list(table["mutations"]) == ["register_loses", "register_forgets"]


def test_what_verdicts_depend_on() -> None:
    """Of a case's modules, parameters and memories every one; of others, and of comments, nothing."""
    case = CASES["dwc_1_to_3"]
    edits = (
        Edit("rbonn_gather.sv", "full_d = full_q && !out_ready_i;", "full_d = 1'b0;"),
        Edit("proof_ports.svh", "`define FRAMES_PORTS", "`define FRAMES_PORTS .extra_i(),"),
    )
    others = (
        Edit("rbonn_add.sv", "endmodule", "initial ; endmodule"),
        Edit("rbonn_dwc.sv", "endmodule", "// the end\n\nendmodule"),
    )
    changed = [case.key(edit) for edit in edits] + [replace(case, parameters={}).key(), CASES["add"].key()]
    assert len({case.key(), *changed}) == 1 + len(changed)
    assert {case.key(edit) for edit in others} == {case.key()}
    select = CASES["select"]
    assert replace(select, memories={**select.memories, "keep.mem": "0"}).key() != select.key()


def test_faults_are_still_in_the_text() -> None:
    for mutation in MUTATIONS.values():
        CASES[mutation.case].sources(mutation.fault)


def test_the_table_is_whole() -> None:
    table = read_result(RESULT, "make proofs")

    assert list(table["cases"]) == list(CASES)
    assert list(table["mutations"]) == list(MUTATIONS)
    assert {case.module for case in CASES.values()} == {
        CASES[mutation.case].module for mutation in MUTATIONS.values()
    }
    for name, case in table["cases"].items():
        assert case["parameters"] == CASES[name].parameters, name
        assert case["edits"] == [asdict(edit) for edit in CASES[name].edits], name
        for property_name, verdict in case["properties"].items():
            wanted = {"refuted"} if is_reach(property_name) else {"induction", "states", "bounded"}
            assert verdict["method"] in wanted, f"{name}: {property_name}"
    for name, mutation in table["mutations"].items():
        assert mutation.items() >= asdict(MUTATIONS[name].fault).items(), name
        assert (mutation["case"], mutation["property"]) == (MUTATIONS[name].case, MUTATIONS[name].refuted)
        assert mutation["method"] == "refuted", name

"""Proves what the stream kernels are held to, for every input, and that faults would be found.

    python -m build_flows.proofs [CASE ...]

Brings ``proofs.json`` beside this file up to date, of the named cases or of all. What that table has is not
decided again while the modules that it was decided of are the same, nor what an interrupted run has; exit
code 1 if a property does not hold, or a fault is not found, 2 if there is no such case.
"""

import importlib.metadata
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from rbonn_hw.results import Document, fingerprint, read_former, write_result, write_text
from rbonn_hw.synth.prove import Effort, Method, Verdict
from rbonn_hw.toolchain import cpu_count
from tests.proofs.cases import CASES, Edit
from tests.proofs.mutations import MUTATIONS

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "proofs"
EFFORT = Effort(induction_seconds=20, states_seconds=400, bounded_seconds=120, bounded_cycles=100)
TOOLS = f"pyosys {importlib.metadata.version('pyosys')} with its yosys-abc"
TABLE = "proofs.json"
WHAT = (
    "induction: holds in every cycle, an invariant of so many clauses was found and checked; states: holds "
    "in every cycle, all states were collected, which so many cycles reach; bounded: holds in so many cycles "
    "from the first on; refuted: fails in that cycle, as Reach... and every mutation must"
)


def run(names: Sequence[str], progress: Callable[[str], None]) -> int:
    """Decide every property and every mutation, and write the table."""
    if unknown := [name for name in names if name not in CASES]:
        progress(f"no case is called {', '.join(unknown)}; there are {', '.join(CASES)}")
        return 2
    table = read_former(HERE / TABLE) or {"cases": {}, "mutations": {}}
    cases: Document = {}
    mutations: Document = {}
    wrong: list[str] = []
    for name, case in CASES.items():
        if not names or name in names:
            key = _key(name)
            verdicts = _told(name, _decided(table["cases"], name, key), progress)
            verdicts = verdicts or _decide(name, name, progress)
            wrong += [f"{name}: {found.name}" for found in verdicts if not found.as_it_should]
            cases[name] = {
                "module": case.top,
                "parameters": dict(case.parameters),
                "edits": [asdict(edit) for edit in case.edits],
                "key": key,
                "properties": {found.name: _figures(found) for found in verdicts},
            }
    for name, mutation in MUTATIONS.items():
        if not names or mutation.case in names:
            key = _key(mutation.case, mutation.fault)
            verdicts = _told(name, _decided(table["mutations"], name, key), progress)
            (found,) = verdicts or _decide(
                name, mutation.case, progress, mutation.fault, only=mutation.refuted
            )
            wrong += [f"{name}: not found"] if found.method != "refuted" else []
            origin = {
                "case": mutation.case,
                **asdict(mutation.fault),
                "property": mutation.refuted,
                "key": key,
            }
            mutations[name] = origin | _figures(found)
    document = {
        "what": WHAT,
        "tools": TOOLS,
        "effort": asdict(EFFORT),
        "cases": _in_order(CASES, table["cases"] | cases),
        "mutations": _in_order(MUTATIONS, table["mutations"] | mutations),
    }
    write_result(HERE / TABLE, document, {"cases": "proved", "mutations": "proved"})
    progress("\n".join(wrong) or "all as it should be")
    return int(bool(wrong))


def _in_order(known: Iterable[str], entries: Document) -> Document:
    """Return the entries of what there still is, in its order."""
    return {name: entries[name] for name in known if name in entries}


def _key(case: str, *more: Edit) -> str:
    """Return what the verdicts on a case's properties depend on."""
    return fingerprint(CASES[case].key(*more), str(EFFORT), TOOLS)


def _decided(entries: Document, name: str, key: str) -> list[Verdict]:
    """Return the verdicts that the table has of these very modules, if it has any, and nothing is unknown."""
    entry = entries.get(name, {})
    if entry.get("key") != key:
        return []
    found = entry.get("properties") or {entry["property"]: entry}
    fields = ("method", "cycles", "clauses", "seconds")
    verdicts = [Verdict(name, *(figures.get(field) for field in fields)) for name, figures in found.items()]
    return [] if any(one.method == "unknown" for one in verdicts) else verdicts


def _told(
    name: str, verdicts: list[Verdict], progress: Callable[[str], None], note: str = " (nothing changed)"
) -> list[Verdict]:
    """Say how the verdicts were come to, if there are any."""
    counts = {method: sum(found.method == method for found in verdicts) for method in get_args(Method)}
    told = ", ".join(f"{number} {method}" for method, number in counts.items() if number)
    if verdicts:
        progress(f"{name}: {told}{note}")
    return verdicts


def _decide(
    name: str, case_name: str, progress: Callable[[str], None], *more: Edit, only: str = ""
) -> list[Verdict]:
    """Decide a case's properties, but for those that an interrupted run has decided."""
    kept = BUILD / name / "verdicts.json"
    properties = CASES[case_name].read(BUILD / name / "work", *more)
    key = fingerprint(properties.key, str(EFFORT))
    document = json.loads(kept.read_text()) if kept.exists() else {}
    known = {}
    if document.get("key") == key:
        known = {values["name"]: Verdict(**values) for values in document["verdicts"]}
    wanted = sorted(found for found in properties.outputs if only in ("", found))
    missing = [found for found in wanted if found not in known]
    with ThreadPoolExecutor(cpu_count()) as pool:
        for verdict in pool.map(lambda found: properties.decide(found, EFFORT), missing):
            known[verdict.name] = verdict
            write_text(kept, json.dumps({"key": key, "verdicts": [asdict(one) for one in known.values()]}))
    return _told(name, [known[found] for found in wanted], progress, "" if missing else " (nothing changed)")


def _figures(verdict: Verdict) -> Document:
    figures = asdict(verdict) | {"seconds": round(verdict.seconds, 2)}
    return {name: value for name, value in figures.items() if name != "name" and value is not None}


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], print))

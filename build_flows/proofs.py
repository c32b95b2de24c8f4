"""Proves what the stream kernels are held to, for every input, and that faults would be found.

    python -m build_flows.proofs [CASE ...]

Writes ``proofs.json`` beside this file, unless cases are named. What has been decided before is not decided
again while its netlist is the same; exit code 1 if a property does not hold, or a fault is not found, 2 if
there is no such case.
"""

import importlib.metadata
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from rbonn_hw.results import Document, fingerprint, write_result, write_text
from rbonn_hw.synth.prove import Effort, Method, Verdict
from rbonn_hw.toolchain import cpu_count
from tests.proofs.cases import CASES, Edit
from tests.proofs.mutations import MUTATIONS

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "proofs"
EFFORT = Effort(induction_seconds=20, states_seconds=400, bounded_seconds=120, bounded_cycles=100)
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
    cases: Document = {}
    mutations: Document = {}
    wrong: list[str] = []
    for name, case in CASES.items():
        if not names or name in names:
            verdicts = _decide(name, name, progress)
            wrong += [f"{name}: {found.name}" for found in verdicts if not found.as_it_should]
            cases[name] = {
                "module": case.top,
                "parameters": dict(case.parameters),
                "edits": [asdict(edit) for edit in case.edits],
                "properties": {found.name: _figures(found) for found in verdicts},
            }
    for name, mutation in MUTATIONS.items():
        if not names or mutation.case in names:
            (found,) = _decide(name, mutation.case, progress, mutation.fault, only=mutation.refuted)
            wrong += [f"{name}: not found"] if found.method != "refuted" else []
            origin = {"case": mutation.case, **asdict(mutation.fault), "property": mutation.refuted}
            mutations[name] = origin | _figures(found)
    if not names:
        document = {
            "what": WHAT,
            "tools": f"pyosys {importlib.metadata.version('pyosys')} with its yosys-abc",
            "effort": asdict(EFFORT),
            "cases": cases,
            "mutations": mutations,
        }
        write_result(HERE / "proofs.json", document, {"cases": "proved", "mutations": "proved"})
    progress("\n".join(wrong) or "all as it should be")
    return int(bool(wrong))


def _decide(
    name: str, case_name: str, progress: Callable[[str], None], *more: Edit, only: str = ""
) -> list[Verdict]:
    """Return the verdicts on a case's properties, from an earlier run where nothing has changed."""
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
    verdicts = [known[found] for found in wanted]
    counts = {method: sum(found.method == method for found in verdicts) for method in get_args(Method)}
    told = ", ".join(f"{number} {method}" for method, number in counts.items() if number)
    progress(f"{name}: {told}" + ("" if missing else " (nothing changed)"))
    return verdicts


def _figures(verdict: Verdict) -> Document:
    figures = asdict(verdict) | {"seconds": round(verdict.seconds, 2)}
    return {name: value for name, value in figures.items() if name != "name" and value is not None}


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], print))

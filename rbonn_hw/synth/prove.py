"""Proofs of what SystemVerilog asserts, for every input there is, by Yosys and ABC alone.

Yosys turns the design into and-gates and flip-flops; ABC then looks for an inductive invariant that implies a
property (property-directed reachability) and checks it: the property holds in every cycle. Where it finds
none in time, it collects every state that can be reached, as a decision diagram: the property holds in all of
them. Where these are too many, too, it unrolls the design cycle by cycle (bounded model checking): the
property holds so long.

Registers without a reset begin with any value, and so do memories; but for properties of one tagged element
among zeros (names that begin with Tag), for which all begins with 0.
"""

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rbonn_hw.errors import ToolError
from rbonn_hw.results import fingerprint, write_text
from rbonn_hw.synth.properties import REACH, SUFFIX, TAG, formal_source
from rbonn_hw.synth.yosys import INSTALL_HINT, elaborate, run_native
from rbonn_hw.toolchain import run_tool, yosys_abc

Method = Literal["induction", "states", "bounded", "refuted", "unknown"]
_Found = tuple[Method, int | None, int | None]  # with cycles and clauses, as in Verdict
_STRENGTH: Sequence[Method] = ("unknown", "bounded", "states", "induction", "refuted")
_MOST_NODES = 3_000_000  # of a decision diagram

# What is undefined is free, before anything makes use of it.
_MAP = """read_rtlil design.il
hierarchy -top {top}
flatten
expose_properties
setundef -undriven -anyseq
opt_expr
opt_clean
wreduce
opt
memory_collect
memory_map
setundef -undriven -anyseq
opt -full
techmap
setundef -undriven -anyseq
opt -fast
dffunmap
aigmap
opt_clean
write_aiger -zinit -map design.map design.aig
setundef -zero -init
write_aiger -zinit zero.aig
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one property.

    Attributes:
        name: Hierarchical name of the assertion.
        method: ``induction``: holds in every cycle, by an invariant; ``states``: in every cycle, in all
            states that can be reached; ``bounded``: in the first cycles; ``refuted``: does not hold;
            ``unknown``: not even the first cycle was decided.
        cycles: ``states``: so many lead to every state; ``bounded``: so many hold; ``refuted``: number of the
            cycle in which it fails, from 0.
        clauses: ``induction``: clauses of the invariant.
        seconds: Time that it took [s].
    """

    name: str
    method: Method
    cycles: int | None
    clauses: int | None
    seconds: float

    @property
    def as_it_should(self) -> bool:
        """Return whether the verdict is what the property asks for: a REACH is to be refuted."""
        if is_reach(self.name):
            return self.method == "refuted"
        return self.method in ("induction", "states", "bounded")


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try.

    Attributes:
        induction_seconds: Time for one property's invariant [s].
        states_seconds: Time to collect states where there is none [s].
        bounded_seconds: Time for unrolling where there is none [s].
        bounded_cycles: Cycles to unroll at most.
    """

    induction_seconds: int = 60
    states_seconds: int = 60
    bounded_seconds: int = 60
    bounded_cycles: int = 200


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of a design, ready to be decided.

    Attributes:
        folder: Where the netlist is.
        outputs: Number of the netlist's output for each property, by hierarchical name.
        key: What the verdicts depend on, beside the effort.
    """

    folder: Path
    outputs: Mapping[str, int]
    key: str

    def decide(self, name: str, effort: Effort = Effort()) -> Verdict:
        """Look for an invariant of one property, then unroll.

        Raises:
            ToolError: ABC is missing, or does not answer.
        """
        begun = time.monotonic()
        number = self.outputs[name]
        file = self.folder / f"property_{number}.aig"
        netlist = self.folder / ("zero.aig" if _stem(name).startswith(TAG) else "design.aig")
        file.write_bytes(_single_output(netlist.read_bytes(), number))
        tries = (_unroll, _collect_states) if is_reach(name) else (_find_invariant, _collect_states, _unroll)
        found: _Found = ("unknown", None, None)
        for attempt in tries:
            found = max(attempt(file, effort), found, key=lambda answer: _STRENGTH.index(answer[0]))
            if found[0] not in ("unknown", "bounded"):
                break
        method, cycles, clauses = found
        return Verdict(name, method, cycles, clauses, time.monotonic() - begun)


def is_reach(name: str) -> bool:
    """Return whether a property is a state that must be reachable."""
    return _stem(name).startswith(REACH)


def _stem(name: str) -> str:
    return name.rpartition(".")[2]


def read_properties(
    sources: Mapping[str, str],
    top: str,
    parameters: Mapping[str, int | str],
    folder: Path,
    *,
    data: Mapping[str, str] | None = None,
) -> Properties:
    """Read every assertion below ``top``.

    Args:
        sources: Text of the SystemVerilog files by file name; see :func:`formal_source`.
        top: Top module, without outputs; what its inputs do is free.
        parameters: Overrides of its parameters.
        folder: Folder to write.
        data: Text of memory files by file name.

    Raises:
        ToolError: Yosys is missing or refuses the design, or it asserts nothing.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in sources.items():
        write_text(folder / name, formal_source(text))
    for name, text in (data or {}).items():
        write_text(folder / name, text)
    files = " ".join(name for name in sources if name.endswith(".sv"))
    overrides = "".join(f"-G {name}={_literal(value)} " for name, value in parameters.items())
    elaborate(
        f"read_slang --threads 1 -D SYNTHESIS --allow-use-before-declare --top {top} {overrides}{files}\n"
        "write_rtlil design.il\n",
        folder,
    )
    write_text(folder / "map.ys", _MAP.format(top=top))
    run_native("map.ys", folder)
    pattern = re.compile(rf"output (\d+) 0 (.*){re.escape(SUFFIX)}")
    lines = (pattern.fullmatch(line) for line in (folder / "design.map").read_text().splitlines())
    outputs = {found[2]: int(found[1]) for found in lines if found}
    if not outputs:
        raise ToolError(f"{top} asserts nothing: there is nothing to prove")
    return Properties(folder, outputs, fingerprint("", folder / "design.map", folder / "design.aig"))


def _literal(value: int | str) -> str:
    """Return a value as Verilog has it; a number of any size."""
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if value.bit_length() < 32 else f"{value.bit_length()}'h{value:x}"


def _single_output(netlist: bytes, output: int) -> bytes:
    """Return a binary AIGER file with one of its outputs, and without names."""
    header, body = netlist.split(b"\n", 1)
    _, most, inputs, latches, outputs, gates = header.split()
    lines = body.split(b"\n", int(latches) + int(outputs))
    kept = [*lines[: int(latches)], lines[int(latches) + output]]
    first = b" ".join([b"aig", most, inputs, latches, b"1", gates])
    return b"\n".join([first, *kept, lines[-1]])


def _find_invariant(file: Path, effort: Effort) -> _Found:
    """Look for an inductive invariant."""
    search = f"pdr -v -T {effort.induction_seconds}"
    said = _ask(file, f"scorr; print_stats; {search}")
    # Where merging equivalent registers leaves nothing to prove there is no invariant to check: then without.
    said = _ask(file, search) if re.search(r"lat = +0 ", said) else said
    clauses = re.search(r"Verification of invariant with (\d+) clauses was successful", said)
    if "Property proved" in said and clauses:
        return "induction", None, int(clauses[1])
    return _refuted(said)


def _collect_states(file: Path, effort: Effort) -> _Found:
    """Collect every state that can be reached."""
    said = _ask(file, f"scorr; dc2; reach -B {_MOST_NODES} -F 100000 -T {effort.states_seconds}")
    met = re.search(r"proved unreachable after (\d+) iterations", said)
    return ("states", int(met[1]), None) if met else _refuted(said)


def _unroll(file: Path, effort: Effort) -> _Found:
    """Unroll cycle by cycle."""
    said = _ask(file, f"bmc3 -F {effort.bounded_cycles} -T {effort.bounded_seconds}")
    cycles = re.search(r"No output (?:failed|asserted) in (\d+) frames", said)
    return ("bounded", int(cycles[1]), None) if cycles and int(cycles[1]) else _refuted(said)


def _refuted(said: str) -> _Found:
    found = re.search(r"was asserted in frame (\d+)", said)
    return ("refuted", int(found[1]), None) if found else ("unknown", None, None)


def _ask(file: Path, commands: str) -> str:
    """Run ABC on a netlist and return what it says."""
    command: list[str | Path] = [yosys_abc(), "-q", f"read_aiger {file.name}; scleanup; {commands}"]
    return run_tool(command, install_hint=INSTALL_HINT, cwd=file.parent)

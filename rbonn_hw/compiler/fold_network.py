"""Folds a graph of hardware layers as was wished, and puts in the buffers that the folding needs."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.general import SortGraph

from rbonn_hw.compiler.buffers import insert_fifos, insert_width_converters
from rbonn_hw.compiler.folding import Folding, apply_folding
from rbonn_hw.compiler.hardware_nodes import specialize
from rbonn_hw.compiler.ready_paths import insert_registers
from rbonn_hw.compiler.solver.options import read_problem
from rbonn_hw.compiler.solver.problem import Problem, Setting
from rbonn_hw.compiler.solver.program import Choice, cheapest
from rbonn_hw.compiler.solver.search import Found, for_target, quickest
from rbonn_hw.compiler.summary import layer_cost
from rbonn_hw.results import Document
from rbonn_hw.spec.device import Device, device
from rbonn_hw.spec.summary import NAMES, ROUTABLE, SHELL, NextStep, Resources

MOST_ROUNDS = 4
"""Foldings that are tried: what register stages take is known only when they stand in the graph."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a folding should be.

    Attributes:
        target_cycles: Cycles between frames, at most, with as little hardware as possible; None for as few as
            there can be within ``share`` [cycles].
        share: Share of the part that accelerator and shell may take.
    """

    target_cycles: int | None
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A folded graph.

    Attributes:
        model: Layers, converters, FIFOs and register stages.
        folding: What was chosen and what was given.
        next_step: The cheapest quicker folding, None where there is none.
        best_fit_cycles: Where the wish does not fit, the cycles of the quickest folding that does [cycles].
        solver: What the solver did, for the result file.
    """

    model: ModelWrapper
    folding: Folding
    next_step: NextStep | None
    best_fit_cycles: int | None
    solver: Document


def fold_network(model: ModelWrapper, part: str, wish: Wish, given: Mapping[str, Setting]) -> Folded:
    """Choose a folding and build the graph with it.

    Args:
        model: Hardware layers without buffers; stays as it is.
        part: Device.
        wish: What the folding should be.
        given: Attributes that are not to be chosen, by node.

    Raises:
        ConfigError: ``given`` names what does not exist.
        FoldingError: A given value does not divide.
    """
    plain = copy.deepcopy(model)
    apply_folding(plain, given)
    budget = device(part)
    problem, kept = read_problem(plain, part, given)
    narrowed = problem.keeping(kept)
    most = _share_of(budget, wish.share) - SHELL
    # A target may take more than can be routed with ease, but no more than it must.
    limit = most if wish.target_cycles is None else _share_of(budget, min(wish.share, ROUTABLE)) - SHELL
    overhead, seconds, programs = Resources(), 0.0, 0
    for _ in range(MOST_ROUNDS):
        found = _find(narrowed, budget, wish, limit - overhead)
        seconds, programs = seconds + found.seconds, programs + found.programs
        choice = tuple(kept[rank][number] for rank, number in enumerate(found.choice))
        folding = _folding(problem, choice, given)
        built = _built(model, part, folding)
        total = sum((layer_cost(node, part).resources for node in built.graph.node), start=Resources())
        if not found.within_limit or _within(total, limit):
            break
        overhead = total - problem.resources(choice)
    best: Found | None = None
    if not _within(total, most) and wish.target_cycles is not None:
        best = quickest(narrowed, budget, most - (total - problem.resources(choice)))
        seconds, programs = seconds + best.seconds, programs + best.programs
    return Folded(
        model=built,
        folding=folding,
        next_step=next_step(problem, budget, choice),
        best_fit_cycles=narrowed.cycles(best.choice) if best is not None and best.within_limit else None,
        solver={
            "wish": "quickest within a share" if wish.target_cycles is None else "least for a target",
            "target_cycles": wish.target_cycles,
            "share": wish.share,
            "within_share": _within(total, most),
            "cycles": problem.cycles(choice),
            "options": sum(map(len, kept.values())),
            "programs": programs,
            "wall_seconds": round(seconds, 2),
        },
    )


def _within(used: Resources, limit: Resources) -> bool:
    return all(getattr(used, name) <= getattr(limit, name) for name in NAMES)


def _share_of(part: Device, share: float) -> Resources:
    return Resources(
        lut=int(part.lut * share),
        ff=int(part.ff * share),
        ramb36=part.ramb36 * share,
        dsp=int(part.dsp * share),
    )


def _find(problem: Problem, part: Device, wish: Wish, limit: Resources) -> Found:
    if wish.target_cycles is None:
        return quickest(problem, part, limit)
    return for_target(problem, part, wish.target_cycles, limit)


def _folding(problem: Problem, choice: Choice, given: Mapping[str, Setting]) -> Folding:
    """Return the settings of a choice, without what they would be anyway, and with all that was given."""
    folding: Folding = {}
    for layer, number in zip(problem.layers, choice, strict=True):
        setting = layer.options[number].setting
        entry = {name: value for name, value in setting.items() if (name, value) != ("ram_style", "auto")}
        entry |= given.get(layer.name, {})
        if entry:
            folding[layer.name] = entry
    return folding | {name: dict(entry) for name, entry in given.items() if name not in folding}


def _built(model: ModelWrapper, part: str, folding: Folding) -> ModelWrapper:
    """Return the graph with a folding and all that it needs between the layers."""
    built = copy.deepcopy(model)
    apply_folding(built, folding)
    for insert in (insert_width_converters, insert_fifos, insert_registers):
        built = specialize(insert(built), part).transform(SortGraph())
    return built


def next_step(problem: Problem, part: Device, choice: Choice) -> NextStep | None:
    """Return the cheapest quicker folding: the slowest layers fold less, and what feeds them follows.

    Args:
        problem: Layers and streams.
        part: What shares are of.
        choice: The present folding.
    """
    cycles = problem.cycles(choice)
    present = [layer.options[number] for layer, number in zip(problem.layers, choice, strict=True)]
    slow = {rank for rank, option in enumerate(present) if option.cycles == cycles}
    beside = {stream.producer for stream in problem.streams if stream.consumer in slow}
    kept = {
        rank: [number for number, option in enumerate(layer.options) if option.cycles < cycles]
        if rank in slow | beside
        else [choice[rank]]
        for rank, layer in enumerate(problem.layers)
    }
    if not all(kept.values()):
        return None
    narrowed = problem.keeping(kept)
    quicker = cheapest(
        narrowed, part, max(option.pace for layer in narrowed.layers for option in layer.options)
    )
    if quicker is None:
        return None
    more = narrowed.resources(quicker) - problem.resources(choice)
    return NextStep(
        layers=tuple(problem.layers[rank].name for rank in sorted(slow)),
        ii_cycles=narrowed.cycles(quicker),
        more=more,
    )

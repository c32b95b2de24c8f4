"""The solver against trying every folding."""

import ctypes
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from scipy.optimize import milp

from rbonn_hw.compiler.solver import program
from rbonn_hw.compiler.solver.problem import Layer, Option, Problem, Stream
from rbonn_hw.compiler.solver.program import cheapest, least_excess
from rbonn_hw.compiler.solver.search import for_target, quickest
from rbonn_hw.spec.device import Device
from rbonn_hw.spec.summary import Resources

PART = Device("tiny", "xc7", lut=1000, ff=2000, ramb36=40, dsp=20)
SIZES = {"lut": 1000, "ff": 2000, "ramb36": 40, "dsp": 20}


@dataclass(frozen=True)
class Tried:
    """A folding that was tried: its pace, and its share of each resource."""

    pace: int
    shares: tuple[float, ...]


def every_folding(problem: Problem) -> list[Tried]:
    """Try them all, with sums of their own."""
    found = []
    for chosen in itertools.product(*(layer.options for layer in problem.layers)):
        parts = [option.resources for option in chosen]
        for stream in problem.streams:
            lanes = chosen[stream.producer].gives, chosen[stream.consumer].takes[stream.port]
            if lanes not in stream.pairs:
                break
            parts.append(stream.pairs[lanes])
        else:
            shares = (sum(getattr(part, name) for part in parts) / size for name, size in SIZES.items())
            found.append(Tried(max(option.pace for option in chosen), tuple(shares)))
    return found


def shares(problem: Problem, choice: Sequence[int]) -> tuple[float, ...]:
    """Return the shares of a choice."""
    total = problem.resources(choice)
    return tuple(getattr(total, name) / size for name, size in SIZES.items())


def within(tried: Tried, limit: Resources) -> bool:
    return all(
        share * size <= getattr(limit, name) + 1e-9
        for share, (name, size) in zip(tried.shares, SIZES.items(), strict=True)
    )


def some_resources(dice: random.Random, most: int) -> Resources:
    """Mostly more or less of everything, so that one option often stands in for another."""
    size = dice.random()
    sizes = [size if dice.random() < 0.8 else dice.random() for _ in range(4)]
    return Resources(
        lut=int(sizes[0] * most), ff=int(sizes[1] * most), ramb36=int(sizes[2] * most / 25) / 2,
        dsp=int(sizes[3] * most / 60),
    )  # fmt: skip


def some_problem(seed: int) -> Problem:
    """A fork, two branches and their join; some pairs of lanes are not allowed."""
    dice = random.Random(seed)
    inputs = (0, 1, 1, 2)
    layers = []
    for rank, count in enumerate(inputs):
        options = []
        for _ in range(dice.randint(2, 5)):
            cycles = dice.choice([8, 12, 16, 24, 32, 48])
            options.append(
                Option(
                    cycles=cycles, pace=cycles * dice.choice([1, 1, 2]), resources=some_resources(dice, 300),
                    takes=tuple(dice.choice([1, 2, 4]) for _ in range(count)), gives=dice.choice([1, 2, 4]),
                    setting={},
                )
            )  # fmt: skip
        layers.append(Layer(f"layer{rank}", tuple(options)))
    streams = []
    for producer, consumer, port in ((0, 1, 0), (0, 2, 0), (1, 3, 0), (2, 3, 1)):
        pairs = {
            (gives, takes): Resources() if gives == takes else some_resources(dice, 100)
            for gives, takes in itertools.product((1, 2, 4), repeat=2)
            if gives == takes or dice.random() < 0.8
        }
        streams.append(Stream(producer, consumer, port, pairs))
    return Problem(tuple(layers), tuple(streams))


SEEDS = range(30)


@pytest.mark.parametrize("seed", SEEDS)
def test_cheapest_is_the_cheapest_of_all(seed: int) -> None:
    problem, dice = some_problem(seed), random.Random(seed)
    tried = every_folding(problem)
    for target in (12, 24, 48, 96):
        limit = dice.choice([None, Resources(lut=700, ff=900, ramb36=12.5, dsp=9)])
        fits = [each for each in tried if each.pace <= target and (limit is None or within(each, limit))]

        choice = cheapest(problem, PART, target, limit)

        assert (choice is None) == (not fits)
        if choice is not None:
            pace = max(
                layer.options[number].pace for layer, number in zip(problem.layers, choice, strict=True)
            )
            assert pace <= target
            assert sum(shares(problem, choice)) == pytest.approx(
                min(sum(each.shares) for each in fits), abs=2e-6
            )
            assert limit is None or within(Tried(pace, shares(problem, choice)), limit)


@pytest.mark.parametrize("seed", SEEDS)
def test_quickest_is_the_quickest_of_all_and_of_those_the_cheapest(seed: int) -> None:
    problem = some_problem(seed)
    limit = Resources(lut=650, ff=650, ramb36=14.0, dsp=12)
    fits = [each for each in every_folding(problem) if within(each, limit)]
    if not every_folding(problem):
        pytest.skip("no pair of lanes goes together")

    found = quickest(problem, PART, limit)

    assert found.within_limit == bool(fits)
    if fits:
        best = min(each.pace for each in fits)
        assert found.target == best
        least = min(sum(each.shares) for each in fits if each.pace == best)
        assert sum(shares(problem, found.choice)) == pytest.approx(least, abs=2e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_does_not_fit_exceeds_the_limit_least(seed: int) -> None:
    problem, limit = some_problem(seed), Resources(lut=100, ff=100, ramb36=1.0, dsp=1)
    sizes = [100 / 1000, 100 / 2000, 1 / 40, 1 / 20]
    tried = every_folding(problem)
    reached = max(96, problem.quickest)
    if not tried:
        pytest.skip("no pair of lanes goes together")
    worst = [max(share / size for share, size in zip(each.shares, sizes, strict=True)) for each in tried]

    choice, factor = least_excess(problem, PART, reached, limit)

    assert factor == pytest.approx(min(worst), rel=2e-3)
    found = max(share / size for share, size in zip(shares(problem, choice), sizes, strict=True))
    assert found == pytest.approx(min(worst), rel=2e-3)


def chain(*cycles: int, lut: int = 100) -> Problem:
    """One layer, a LUT less for each slower folding."""
    options = tuple(
        Option(cycles=each, pace=each, resources=Resources(lut=lut - rank), takes=(), gives=1, setting={})
        for rank, each in enumerate(cycles)
    )
    return Problem((Layer("alone", options),), ())


EVERYTHING = Resources(lut=1000, ff=2000, ramb36=40.0, dsp=20)


def test_a_target_that_is_a_foldings_cycles_takes_that_folding() -> None:
    problem = chain(10, 20, 40)
    assert for_target(problem, PART, 20, EVERYTHING).choice == (1,)
    assert for_target(problem, PART, 19, EVERYTHING).choice == (0,)
    assert for_target(problem, PART, 1000, EVERYTHING).choice == (2,)


def test_a_target_that_no_folding_reaches_takes_the_quickest() -> None:
    found = for_target(chain(10, 20, 40), PART, 5, EVERYTHING)
    assert (found.choice, found.target, found.within_limit) == ((0,), 10, True)


def test_a_limit_that_is_met_exactly_is_kept() -> None:
    problem = chain(10, 20, 40)
    assert quickest(problem, PART, Resources(lut=100)).target == 10
    assert quickest(problem, PART, Resources(lut=99)).target == 20
    assert quickest(problem, PART, Resources(lut=98)).target == 40
    nothing = quickest(problem, PART, Resources(lut=97))
    assert (nothing.choice, nothing.within_limit) == ((2,), False)


def test_equal_options_give_the_same_folding_every_time() -> None:
    same = tuple(
        Option(cycles=10, pace=10, resources=Resources(lut=5), takes=(), gives=lanes, setting={})
        for lanes in (4, 2, 1)
    )
    problem = Problem((Layer("a", same), Layer("b", same)), ())
    assert {cheapest(problem, PART, 10) for _ in range(5)} == {(0, 0)}


def test_what_the_library_prints_is_dropped_and_nothing_else(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = ctypes.CDLL(None)

    def noisy(*args: Any, **options: Any) -> Any:
        library.puts(b"noise")
        return milp(*args, **options)

    monkeypatch.setattr(program, "milp", noisy)
    library.puts(b"before")
    assert cheapest(chain(10, 20), PART, 20) == (1,)
    library.puts(b"after")
    library.fflush(None)
    assert capfd.readouterr().out.split() == ["before", "after"]

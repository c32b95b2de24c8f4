"""Exact FIFO depths: the least with which every frame ends when it would with FIFOs that never fill.

A FIFO that is deeper never makes a beat later, so the least depth of each is found by bisection, one after
the other, from the one that takes most memory on. The same graph has the same depths.

How many beats a threshold's pipeline holds when it is stopped depends on how close they came, and a join
counts on what its branches hold. So depths have to hold with pauses of source and sink, too, in which beats
come alone, or wait everywhere: no frame may stand still.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rbonn_hw.sim.dataflow.simulate import UNBOUNDED_WORDS, Stalls, frame_ends, simulate
from rbonn_hw.sim.dataflow.timing import Cycles
from rbonn_hw.spec.stage_graph import FIFO, StageGraph

LEAST_WORDS = 2
"""Depth below which ``rbonn_fifo`` does not go [words]."""
SEARCH_FRAMES = 2
CHECK_FRAMES = 5
"""Frames with which depths are looked for, and with which those that were found have to hold."""
PAUSES = (Stalls(0.97, 0.0, 1), Stalls(0.0, 0.9, 2), Stalls(0.5, 0.5, 3))


@dataclass(frozen=True, slots=True)
class Sized:
    """Depths.

    Attributes:
        depths: By FIFO [words].
        runs: Simulations that it took.
        ii_cycles: Cycles between frames, which are those of FIFOs that never fill [cycles].
    """

    depths: Mapping[str, int]
    runs: int
    ii_cycles: int


def exact_depths(graph: StageGraph) -> Sized:
    """Return the least depths of a graph's FIFOs.

    Raises:
        DeadlockError: The graph stands still whatever their depths are.
        SpecError: A layer's timing is not known.
        ToolError: There is no C++ compiler.
    """
    check = _Search(graph, CHECK_FRAMES, PAUSES)
    searches = (_Search(graph, SEARCH_FRAMES, ()), _Search(graph, CHECK_FRAMES, PAUSES))
    for search in searches:
        depths = search.least()
        if check.suffices(depths):
            break
    runs = check.runs + sum(search.runs for search in searches)
    return Sized(depths, runs, int(np.diff(check.ends).max()))


class _Search:
    def __init__(self, graph: StageGraph, frames: int, pauses: tuple[Stalls, ...]) -> None:
        self._graph, self._frames, self._pauses, self.runs = graph, frames, pauses, 1
        unbounded = graph.with_fifo_depths(dict.fromkeys(graph.fifo_depths, UNBOUNDED_WORDS))
        timing = simulate(unbounded, frames)
        self.ends: Cycles = timing.frame_end_cycles
        self._most = {fifo.name: max(LEAST_WORDS, fifo.high_water_words) for fifo in timing.fifos}

    def suffices(self, depths: Mapping[str, int]) -> bool:
        """Return whether every frame ends as with FIFOs that never fill, and at all with pauses."""
        graph = self._graph.with_fifo_depths(depths)
        self.runs += 1
        ends = frame_ends(graph, self._frames)
        if ends is None or not np.array_equal(ends, self.ends):
            return False
        for pauses in self._pauses:
            self.runs += 1
            if frame_ends(graph, SEARCH_FRAMES, pauses) is None:
                return False
        return True

    def least(self) -> dict[str, int]:
        """Return the least depths."""
        present = self._graph.fifo_depths
        depths = {name: min(present[name], most) for name, most in self._most.items()}
        for start in (depths, present, self._most):
            depths = dict(start)
            if self.suffices(depths):
                break
        width = {
            stage.name: stage.parameters["Width"] for stage in self._graph.stages if stage.module == FIFO
        }
        for name in sorted(depths, key=lambda name: (-depths[name] * width[name], name)):
            below, enough, tried, step = LEAST_WORDS - 1, depths[name], LEAST_WORDS, 1
            # Most need the least, or little less than they held: downwards from there in growing steps.
            while below + 1 < enough:
                if self.suffices({**depths, name: tried}):
                    enough, step = tried, 2 * step
                else:
                    step = step if below < LEAST_WORDS else enough
                    below = tried
                tried = max(enough - step, (below + enough) // 2)
            depths[name] = enough
        return depths

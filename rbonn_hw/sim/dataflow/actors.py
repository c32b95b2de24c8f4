"""Takes the layers of an accelerator apart into the actors of the dataflow model.

A kernel is one actor, or a few with wires between them: a converter gathers and scatters, a window has a
converter in front, an MVAU its thresholds behind.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import lcm

from rbonn_hw.errors import ConfigError, SpecError
from rbonn_hw.sim.dataflow.kinds import MOST_COPIES, Actor, Kind
from rbonn_hw.spec.stage_graph import FIFO, Stage, StageGraph
from rbonn_hw.spec.threshold import DIRECT_DEPTH

RESULT_SLOTS = 32
"""Results that a result stage with a FIFO holds."""
MOST_READS = 1 << 28
"""Reads of a window's frame that are listed."""
SYNAPSES_PER_COUNT = 18
"""Synapses of a binary product that ``rbonn_match_count`` counts into two lanes of the adder tree."""


FORKS_AND_JOINS = ("rbonn_add", "rbonn_concat", "rbonn_duplicate")
INPUTS = {"rbonn_add": 2, "rbonn_concat": 2}
"""Streams into a kernel, where it is not one."""
PASSING = frozenset({Kind.GATHER, Kind.SCATTER, Kind.PIPELINE})
"""Actors that a kernel may have beside the one that is its own."""


@dataclass(slots=True)
class Actors:
    """The actors of an accelerator without its ends.

    Attributes:
        actors: In topological order.
        wire_of: Wire of each stream; a converter of equal widths is none, and its streams are one wire.
        wires: Number of wires.
        own: The actor of each stage that its activity is taken from; a wire alone has none.
    """

    actors: list[Actor] = field(default_factory=list)
    wire_of: dict[str, int] = field(default_factory=dict)
    wires: int = 0
    own: dict[str, int] = field(default_factory=dict)

    def wire(self) -> int:
        """Return a new wire."""
        self.wires += 1
        return self.wires - 1

    def chain(self, source: int, target: int | None, links: list[tuple[Kind, tuple[int, ...]]]) -> int:
        """Put actors of one input and one output behind each other; returns the last wire."""
        for place, (kind, parameters) in enumerate(links):
            last = place == len(links) - 1
            out = target if last and target is not None else self.wire()
            self.actors.append(Actor(kind, (source,), (out,), parameters))
            source = out
        return source


def take_apart(graph: StageGraph) -> Actors:
    """Return the actors of all layers.

    Raises:
        SpecError: A layer's timing is not known: it is none of our kernels.
        ConfigError: The layers are not those of an accelerator.
    """
    actors = Actors()
    for end in graph.inputs:
        actors.wire_of[end.stream] = actors.wire()
    for stage in graph.stages:
        begin = len(actors.actors)
        try:
            _add(actors, stage)
            for actor in actors.actors[begin:]:
                actor.check()
        except (KeyError, IndexError, ValueError, ZeroDivisionError, OverflowError) as error:
            if isinstance(error, SpecError):
                raise
            raise ConfigError(
                f"layer {stage.name} ({stage.module}) is none that `rbonn compile` makes "
                f"({type(error).__name__}: {error}); run `rbonn compile` again"
            ) from None
        added = range(begin, len(actors.actors))
        own = [number for number in added if actors.actors[number].kind not in PASSING]
        if added:
            actors.own[stage.name] = own[0] if own else added[-1]
    _check_wires(graph, actors)
    return actors


def _check_wires(graph: StageGraph, actors: Actors) -> None:
    """Check that every stream is read once.

    Raises:
        ConfigError: It is not so.
    """
    read = [wire for actor in actors.actors for wire in actor.inputs]
    read += [actors.wire_of.get(end.stream, -1) for end in graph.outputs]
    if sorted(read) != list(range(actors.wires)):
        raise ConfigError("compile.json has streams without, or with two readers; run `rbonn compile` again")


def _add(actors: Actors, stage: Stage) -> None:
    if stage.module not in LINKS and stage.module not in FORKS_AND_JOINS:
        raise SpecError(
            f"layer {stage.name}: when beats of {stage.module} move is not known, so the dataflow model does "
            "not take it; simulate the RTL (`rbonn simulate`), which does"
        )
    inputs = tuple(actors.wire_of[stream] for stream in stage.inputs)
    if len(inputs) != INPUTS.get(stage.module, 1) or not stage.outputs:
        raise ValueError(f"{len(inputs)} streams in, {len(stage.outputs)} out")
    if stage.module in LINKS:
        links = list(LINKS[stage.module](stage))
        actors.wire_of[stage.outputs[0]] = actors.chain(inputs[0], None, links)
        return
    outputs = tuple(actors.wire() for _ in stage.outputs)
    actors.wire_of.update(zip(stage.outputs, outputs, strict=True))
    p = stage.parameters
    match stage.module:
        case "rbonn_add":
            products = p["Factor0"] > 1 or p["Factor1"] > 1
            actors.actors.append(Actor(Kind.ADD, inputs, outputs, (int(products),)))
        case "rbonn_concat":
            actors.actors.append(Actor(Kind.CONCAT, inputs, outputs, (p["Fold0"], p["Fold1"])))
        case _ if len(outputs) > MOST_COPIES:
            raise SpecError(
                f"layer {stage.name} makes {len(outputs)} copies; the dataflow model makes at most "
                f"{MOST_COPIES}; simulate the RTL (`rbonn simulate`), which makes any"
            )
        case _:
            actors.actors.append(Actor(Kind.DUPLICATE, inputs, outputs))


Links = Iterator[tuple[Kind, tuple[int, ...]]]


def _fifo(stage: Stage) -> Links:
    yield Kind.FIFO, (stage.parameters["Depth"],)


def _register(stage: Stage) -> Links:
    del stage
    yield Kind.REGISTER, ()


def _dwc(stage: Stage) -> Links:
    yield from _converter(stage.parameters["InLanes"], stage.parameters["OutLanes"])


def _converter(lanes_in: int, lanes_out: int) -> Links:
    wide = lcm(lanes_in, lanes_out)
    if wide != lanes_in:
        yield Kind.GATHER, (wide // lanes_in,)
    if wide != lanes_out:
        yield Kind.SCATTER, (wide // lanes_out,)


def _threshold(stage: Stage) -> Links:
    p = stage.parameters
    yield Kind.PIPELINE, (_search_cycles(p["Channels"] // p["Pe"], p["Steps"]),)


def _search_cycles(folds: int, steps: int) -> int:
    return sum(2 if folds << stage > DIRECT_DEPTH else 1 for stage in range(steps.bit_length()))


def _pool(stage: Stage) -> Links:
    p = stage.parameters
    yield Kind.POOL, (p["Fold"], p["Width"] // p["KernelW"], p["KernelH"], p["KernelW"])


def _upsample(stage: Stage) -> Links:
    p = stage.parameters
    yield Kind.UPSAMPLE, (p["Fold"], p["Width"], p["ScaleH"], p["ScaleW"])


def _select(stage: Stage) -> Links:
    if not any(stage.keep):
        raise ValueError("no beat is kept")
    yield Kind.SELECT, stage.keep


def _labelselect(stage: Stage) -> Links:
    p = stage.parameters
    yield Kind.LABELSELECT, ((p["Pe"] - 1).bit_length(), p["Labels"] // p["Pe"])


def _tree_cycles(lanes: int) -> int:
    """Return the cycles of an adder tree, which registers every second level and the last [cycles]."""
    return ((lanes - 1).bit_length() + 1) // 2


def _mvau(stage: Stage) -> Links:
    p = stage.parameters
    synapse_fold, neuron_fold = p["MW"] // p["SIMD"], p["MH"] // p["PE"]
    if p["Xnor"]:
        stages = 1 + _tree_cycles(2 * -(-p["SIMD"] // SYNAPSES_PER_COUNT))
    else:
        stages = int(p["WeightWidth"] > 1) + _tree_cycles(p["SIMD"])
    depth = stages + (2 if p["BlockRom"] else 1)
    slots = 1 if synapse_fold >= depth + 3 else RESULT_SLOTS
    yield Kind.MVAU, (synapse_fold, neuron_fold, depth + 1, slots)
    if p["Steps"]:
        yield Kind.PIPELINE, (_search_cycles(neuron_fold, p["Steps"]),)


def _depthwise(stage: Stage) -> Links:
    p = stage.parameters
    stages = int(p["WeightWidth"] > 1) + _tree_cycles(p["SIMD"])
    depth = stages + (2 if p["BlockRom"] else 1)
    yield Kind.DEPTHWISE, (p["Taps"] // p["SIMD"] * p["Fold"], p["Fold"], depth + 1, RESULT_SLOTS)


def _window(stage: Stage) -> Links:
    p = stage.parameters
    lanes = min(p["OutLanes"], p["Channels"])
    names = (
        "OutLanes", "Channels", "Height", "Width", "OutHeight", "OutWidth", "KernelH", "KernelW", "StrideY",
        "StrideX", "DilationY", "DilationX", "PadTop", "PadLeft", "ChannelMajor", "Rows",
    )  # fmt: skip
    sizes = [p[name] for name in names if name not in ("PadTop", "PadLeft", "ChannelMajor")]
    reads = p["OutHeight"] * p["OutWidth"] * p["KernelH"] * p["KernelW"] * p["Channels"] // lanes
    if min(sizes) < 1 or p["Channels"] % lanes or p["PadTop"] >= p["Rows"] or reads > MOST_READS:
        raise ValueError(f"no window: {dict(p)}")
    yield from _converter(p["InLanes"], lanes)
    yield Kind.WINDOW, (lanes, *(p[name] for name in names))


LINKS: dict[str, Callable[[Stage], Links]] = {
    FIFO: _fifo,
    "rbonn_register": _register,
    "rbonn_dwc": _dwc,
    "rbonn_threshold": _threshold,
    "rbonn_pool": _pool,
    "rbonn_upsample": _upsample,
    "rbonn_select": _select,
    "rbonn_labelselect": _labelselect,
    "rbonn_mvau": _mvau,
    "rbonn_depthwise": _depthwise,
    "rbonn_window": _window,
}

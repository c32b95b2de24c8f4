"""The network as drawings: its blocks, the layers of each, each layer alone; buffers are part of a line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rbonn_hw.report.blocks import AREA, BUFFERS, block_of
from rbonn_hw.results import Document

COLUMN, ROW, BOX_WIDTH, BOX_HEIGHT = 168, 46, 150, 30
"""Pitch and size of boxes [px]."""
MARGIN = 12
BEND = 14
"""How far an arrow that passes boxes by bends out, for each row that it passes [px]."""
LETTERS = 22
"""Letters of a name that fit a box."""


@dataclass(frozen=True, slots=True)
class Box:
    """What a box of a drawing says: its name, where it leads, its cycles per frame, and their share."""

    name: str
    link: str
    cycles: float
    share: float


def graph(report: Document, stages: Iterable[Document]) -> Document:
    """Return the drawings.

    Args:
        report: With ``layers`` (:func:`rbonn_hw.report.collect.join`).
        stages: Layers with their streams, as compile.json has them.

    Returns:
        ``network``: drawing of blocks; ``blocks``: drawings of layers, with name and link; ``layers``: each
        with its figures, parameters and neighbours. Empty without streams.
    """
    rows = {layer["name"]: layer for layer in report["layers"]}
    found = [stage for stage in stages if stage["name"] in rows]
    shown = [stage["name"] for stage in found if rows[stage["name"]]["kernel"] not in BUFFERS]
    if not shown:
        return {}
    edges = _edges(found, set(shown))
    slowest = max(rows[name]["estimated_cycles"] for name in shown)
    block = {name: block_of(name) for name in shown}
    links = {name: f"layer-{number}" for number, name in enumerate(shown)}
    targets = {name: f"block-{number}" for number, name in enumerate(dict.fromkeys(block.values()))}
    cycles = {name: rows[name]["estimated_cycles"] for name in shown}
    most = {name: max(cycles[each] for each in shown if block[each] == name) for name in targets}
    between = dict.fromkeys((block[a], block[b]) for a, b in edges if block[a] != block[b])
    return {
        "network": _drawing([Box(n, targets[n], most[n], most[n] / slowest) for n in targets], between),
        "blocks": [
            {
                "name": name,
                "link": targets[name],
                "drawing": _drawing(
                    [Box(n, links[n], cycles[n], cycles[n] / slowest) for n in shown if block[n] == name],
                    [(a, b) for a, b in edges if block[a] == block[b] == name],
                ),
                "from": _others(name, block, edges, targets, behind=False),
                "to": _others(name, block, edges, targets, behind=True),
            }
            for name in targets
        ],
        "layers": [
            {
                **{key: rows[stage["name"]][key] for key in ("name", "kernel", "pe", "simd", *AREA)},
                "link": links[stage["name"]],
                "block": block[stage["name"]],
                "block_link": targets[block[stage["name"]]],
                "cycles": cycles[stage["name"]],
                "share": cycles[stage["name"]] / slowest,
                "parameters": dict(stage["parameters"]),
                "from": [(a, links[a]) for a, b in edges if b == stage["name"]],
                "to": [(b, links[b]) for a, b in edges if a == stage["name"]],
            }
            for stage in found
            if stage["name"] in links
        ],
    }


def _edges(stages: list[Document], shown: set[str]) -> list[tuple[str, str]]:
    """Return which layer feeds which, through buffers between them."""
    writers = {stream: stage for stage in stages for stream in stage["outputs"]}

    def feeders(stage: Document) -> Iterable[str]:
        for stream in stage["inputs"]:
            writer = writers.get(stream)
            if writer is None:
                continue
            if writer["name"] in shown:
                yield writer["name"]
            else:
                yield from feeders(writer)

    found = (
        (feeder, stage["name"]) for stage in stages if stage["name"] in shown for feeder in feeders(stage)
    )
    return list(dict.fromkeys(found))


def _others(
    name: str,
    block: Mapping[str, str],
    edges: Iterable[tuple[str, str]],
    targets: Mapping[str, str],
    *,
    behind: bool,
) -> list[tuple[str, str]]:
    """Return names and links of the blocks that a block leads to, or comes from."""
    pairs = ((block[a], block[b]) if behind else (block[b], block[a]) for a, b in edges)
    return [(other, targets[other]) for other in dict.fromkeys(b for a, b in pairs if a == name != b)]


def _drawing(boxes: list[Box], edges: Iterable[tuple[str, str]]) -> Document:
    """Return places of boxes, a row below all that feed them, and the arrows between them."""
    kept = [pair for pair in edges if pair[0] != pair[1]]
    order = {box.name: number for number, box in enumerate(boxes)}
    row: dict[str, int] = {}
    for box in boxes:
        above = [row[a] for a, b in kept if b == box.name and order[a] < order[box.name]]
        row[box.name] = max(above, default=-1) + 1
    column: dict[str, int] = {}
    used: dict[int, int] = {}
    for box in boxes:
        column[box.name] = used.get(row[box.name], 0)
        used[row[box.name]] = column[box.name] + 1
    middle = {
        name: (MARGIN + column[name] * COLUMN + BOX_WIDTH / 2, MARGIN + row[name] * ROW) for name in row
    }
    far = max((row[b] - row[a] for a, b in kept), default=1)
    width = 2 * MARGIN + max(used.values()) * COLUMN - (COLUMN - BOX_WIDTH) + max(0, far - 1) * BEND
    return {
        "width": width,
        "height": 2 * MARGIN + max(used) * ROW + BOX_HEIGHT,
        "boxes": [
            {
                "name": box.name,
                "short": box.name if len(box.name) <= LETTERS else f"…{box.name[1 - LETTERS :]}",
                "link": box.link,
                "cycles": box.cycles,
                "share": box.share,
                "x": middle[box.name][0] - BOX_WIDTH / 2,
                "y": middle[box.name][1],
                "width": BOX_WIDTH,
                "height": BOX_HEIGHT,
                "filled": round(BOX_WIDTH * box.share, 1),
            }
            for box in boxes
        ],
        "arrows": [_arrow(middle[a], middle[b], row[b] - row[a]) for a, b in kept],
    }


def _arrow(start: tuple[float, float], end: tuple[float, float], rows: int) -> str:
    """Return an arrow from a box's foot to another's head, around those that lie between."""
    (x0, y0), (x1, y1) = start, end
    if rows <= 1:
        return f"M{x0} {y0 + BOX_HEIGHT}L{x1} {y1}"
    side = max(x0, x1) + BOX_WIDTH / 2
    out = side + (rows - 1) * BEND
    begin, stop = y0 + BOX_HEIGHT / 2, y1 + BOX_HEIGHT / 2
    return f"M{x0 + BOX_WIDTH / 2} {begin}C{out} {begin} {out} {stop} {x1 + BOX_WIDTH / 2} {stop}"

"""``rbonn models``: the networks that a recipe can name, and what each of their layers holds and does."""

import argparse
from typing import TYPE_CHECKING, Any

from rbonn_hw.cli.figures import give

if TYPE_CHECKING:
    from rbonn_hw.models.counted import LayerCount, NetworkCount
    from rbonn_hw.models.table import Table

EXAMPLE = """examples:
  rbonn models                                          # all networks, as they go on chip
  rbonn models --form paper                             # as they are published
  rbonn models resnet18 --form paper                    # layer by layer
  rbonn models resnet20 --width 2 --json                # the same figures, for a program

Form "hardware": integers everywhere. Form "paper": real feature maps, first and last layers.
An operation is binary if both its factors are -1 or +1, low-bit if its weight is an integer, else real.
OPs = binary operations / 64 + all others. Memory (KiB, kbit) is that of the weights, real ones of 32 bits.
With --json every figure is there in full.
"""

WIDEST = 1000
"""Columns of characters that no table needs."""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "models",
        help="the networks, their weights and operations",
        description="List the networks, or the weights and operations of one of them layer by layer.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", nargs="?", help="name of a network; all are listed without one")
    parser.add_argument("--form", default="hardware", help="hardware or paper (default %(default)s)")
    parser.add_argument(
        "--width", type=float, default=1.0, help="factor on the channel counts (default %(default)s)"
    )
    parser.add_argument(
        "--bits", type=int, default=4, help="width of hardware feature maps (default %(default)s)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the table."""
    from rbonn_hw.models.zoo import NETWORKS, network

    names = list(NETWORKS) if args.network is None else [args.network]
    tables = [network(name, form=args.form, width=args.width, bits=args.bits) for name in names]
    counts = [_counted(table) for table in tables]
    found = list(zip(tables, counts, strict=True))
    _print(_overview(found) if args.network is None else _layers(*found[0]))
    document = {table.name: _document(table, counted) for table, counted in found}
    give(args, {"networks": document, "origin": {"networks": "executed"}})
    return 0


def _counted(table: "Table") -> "NetworkCount":
    """Return the kept count, which is quick, or build the network and count it."""
    from rbonn_hw.models.counted import kept

    found = kept(table)
    if found is None:
        from rbonn_hw.models.count import count

        found = count(table)
    return found


def _overview(found: "list[tuple[Table, NetworkCount]]") -> Any:
    from rbonn_hw.models.counted import Operation

    first = found[0][0]
    kinds = [kind for kind in Operation if any(counted.operations(kind) for _, counted in found)]
    grid = _grid(f"form {first.form}, width {first.width:g}", left=("network", "frame"))
    for column in ("parameters", "binary weights", *(kind.value for kind in kinds), "OPs", "KiB"):
        grid.add_column(column, justify="right", no_wrap=True)
    for table, counted in found:
        grid.add_row(
            table.name,
            _shape(table.frame),
            _short(counted.parameters),
            _short(counted.binary_weights),
            *(_short(counted.operations(kind)) for kind in kinds),
            _short(counted.ops),
            f"{counted.memory_bits / 8192:,.1f}",
        )
    return grid


def _layers(table: "Table", counted: "NetworkCount") -> Any:
    from rbonn_hw.models.counted import Operation

    bits = "" if table.paper else f", INT{table.bits} maps"
    title = f"{table.name}, form {table.form}, width {table.width:g}{bits}: {counted.parameters:,} parameters"
    grid = _grid(title, left=("row", "layer", "out", "kernel"))
    for column in ("weights", "bits", "kbit", "operations"):
        grid.add_column(column, justify="right", no_wrap=True)
    grid.add_column("kind", no_wrap=True)
    for layer in counted.layers:
        grid.add_row(
            str(layer.row),
            layer.name,
            _shape(layer.out_shape),
            _shape(layer.kernel[2:]),
            _short(layer.weights),
            str(layer.weight_bits),
            f"{layer.memory_bits / 1e3:,.1f}",
            _short(layer.operations),
            layer.operation.value,
        )
    grid.add_section()
    weights, memory = sum(layer.weights for layer in counted.layers), f"{counted.memory_bits / 1e3:,.1f}"
    blank = [""] * 7
    grid.add_row("", "all", "", "", _short(weights), "", memory, _short(counted.ops), "OPs")
    for kind in Operation:
        if counted.operations(kind):
            grid.add_row(*blank, _short(counted.operations(kind)), kind.value)
    return grid


def _grid(title: str, left: tuple[str, ...]) -> Any:
    """Return an empty table with columns of text."""
    from rich import box
    from rich.table import Table as Grid

    grid = Grid(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in left:
        grid.add_column(column, no_wrap=True)
    return grid


def _print(grid: Any) -> None:
    """Print a table in full: where the terminal is narrower, its lines wrap, and nothing is cut."""
    from rich.console import Console

    needed = Console(width=WIDEST).measure(grid).maximum
    Console(width=max(needed, Console().width)).print(grid)


def _short(value: float) -> str:
    """Return a figure with four digits: 1.814 G."""
    for factor, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= factor:
            return f"{value / factor:.4g}{unit}"
    return f"{value:.4g}" if value else ""


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _document(table: "Table", counted: "NetworkCount") -> dict[str, Any]:
    from rbonn_hw.models.counted import Operation

    return {
        "form": table.form,
        "width": table.width,
        "bits": table.bits,
        "frame": list(table.frame),
        "parameters": counted.parameters,
        "binary_weights": counted.binary_weights,
        "operations": {kind.value: counted.operations(kind) for kind in Operation},
        "ops": counted.ops,
        "memory_bits": counted.memory_bits,
        "layers": [_layer(layer) for layer in counted.layers],
    }


def _layer(layer: "LayerCount") -> dict[str, Any]:
    return {
        "row": layer.row,
        "name": layer.name,
        "in_shape": list(layer.in_shape),
        "out_shape": list(layer.out_shape),
        "kernel": list(layer.kernel),
        "weights": layer.weights,
        "weight_bits": layer.weight_bits,
        "operation": layer.operation.value,
        "operations": layer.operations,
        "memory_bits": layer.memory_bits,
    }

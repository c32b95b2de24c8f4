"""Prints the estimate of a compiled accelerator: does it fit, how fast."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rbonn_hw.spec.summary import Resources, Summary

NAMES = ("lut", "ff", "ramb36", "dsp")


def print_summary(console: Any, summary: "Summary") -> None:
    """Print speed, area against the part, the dearest layers, and what the next step would cost."""
    from rich import box
    from rich.table import Table

    from rbonn_hw.spec.device import device

    part = device(summary.part)
    grid = Table(
        title=f"{summary.part} at {1e3 / summary.clk_period_ns:g} MHz (estimated)",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for column in ("", "cycles", *(name.upper() for name in NAMES)):
        grid.add_column(column, justify="left" if not column else "right", no_wrap=True)
    for layer in summary.dearest:
        grid.add_row(layer.name, f"{layer.cycles_per_frame:,}", *_figures(layer.resources))
    grid.add_section()
    grid.add_row("all layers", f"{summary.ii_cycles:,}", *_figures(summary.accelerator))
    grid.add_row("shell (DMA, registers)", "", *_figures(summary.shell))
    grid.add_row("of the part", "", *(f"{share:.1%}" for share in summary.total.shares(part).values()))
    step = summary.next_step
    if step is not None:
        grid.add_row("next quicker step", f"{step.ii_cycles:,}", *_figures(step.more, sign="+"))
    console.print(grid)
    if step is None:
        console.print("no folding is quicker")
    clock_mhz = 1e3 / summary.clk_period_ns
    # A clock of the user's own is a wish; the rate at the usual one stands beside it.
    usual = "" if round(clock_mhz, 3) == 100 else f" ({1e8 / summary.ii_cycles:,.0f} at 100 MHz)"
    target = "" if summary.target_cycles is None else f", target {summary.target_cycles:,}"
    console.print(
        f"{summary.frames_per_second:,.0f} frames/s{usual}, latency {summary.latency_us:,.1f} us "
        f"({summary.latency_cycles:,} cycles); bottleneck {summary.bottleneck}, "
        f"{summary.ii_cycles:,} cycles per frame{target} (estimated)"
    )


def _figures(used: "Resources", sign: str = "") -> list[str]:
    return [f"{getattr(used, name):{sign},.{1 if name == 'ramb36' else 0}f}" for name in NAMES]

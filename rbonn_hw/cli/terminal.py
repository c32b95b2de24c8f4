"""The terminal, which takes text as it is: brackets and colons in names of files and layers are no markup."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from rbonn_hw.api.simulating import FrameProgress


def terminal(*, soft_wrap: bool = True, width: int | None = None) -> "Console":
    """Return the terminal for tables and lines.

    Args:
        soft_wrap: Leave the breaking of long lines to the terminal.
        width: Its width; None for what it says [characters].
    """
    from rich.console import Console

    return Console(soft_wrap=soft_wrap, width=width, markup=False, emoji=False)


def frame_progress(bar: "Progress") -> "FrameProgress":
    """Return what shows in a bar how many frames are done, a line for each thing that is executed."""
    tasks: dict[str, TaskID] = {}

    def progress(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total)
        bar.update(tasks[what], completed=done)

    return progress

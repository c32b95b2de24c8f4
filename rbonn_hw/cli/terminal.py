"""The terminal, which takes text as it is: brackets and colons in names of files and layers are no markup."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def terminal(*, soft_wrap: bool = True, width: int | None = None) -> "Console":
    """Return the terminal for tables and lines.

    Args:
        soft_wrap: Leave the breaking of long lines to the terminal.
        width: Its width; None for what it says [characters].
    """
    from rich.console import Console

    return Console(soft_wrap=soft_wrap, width=width, markup=False, emoji=False)

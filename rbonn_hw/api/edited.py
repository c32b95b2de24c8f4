"""Whether a compiled accelerator is still as it was compiled."""

import logging
from pathlib import Path

from rbonn_hw.errors import ConfigError

_FOLDING = "folding.json"  # its user's to edit: it is read by the next compilation alone
_log = logging.getLogger(__name__)


def edited_files(build_dir: Path) -> tuple[str, ...]:
    """Return the files of a build folder that were changed since they were compiled, and say which.

    Raises:
        ConfigError: One is gone.
    """
    from rbonn_hw.ownership import differences

    found = differences(build_dir)
    if gone := [name for name in found.missing if name != _FOLDING]:
        raise ConfigError(
            f"{build_dir / gone[0]} is gone; compile again (`rbonn compile NETWORK --out {build_dir}`)"
        )
    changed = tuple(name for name in found.changed if name != _FOLDING)
    for name in changed:
        _log.warning("%s was changed since it was compiled; what it holds now is taken", build_dir / name)
    return changed

"""Trained networks that come with the package: packed files, each with the recipe that made it.

NAME.json beside each file is the record of its training; docs/training.md has the exact command.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the names of the shipped networks."""
    return sorted(path.stem for path in HERE.glob("*.safetensors"))


def resolve(given: Path) -> Path:
    """Return the file of a shipped network if ``given`` is its name, but no path that exists."""
    shipped = HERE / f"{given}.safetensors"
    return shipped if not given.exists() and len(given.parts) == 1 and shipped.exists() else given

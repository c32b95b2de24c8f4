"""The accelerator's sources of a package, unpacked for the simulation behind a virtual board."""

import json
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ConfigError, RbonnError
from rbonn_hw.host.archive import write_files
from rbonn_hw.host.errors import HostError
from rbonn_hw.host.package import Package
from rbonn_hw.results import fingerprint
from rbonn_hw.spec.accelerator import AcceleratorInterface
from rbonn_hw.spec.shell import ShellSpec, network_id
from rbonn_hw.toolchain import cache_dir

PREFIX: Final = "design/"
LISTING: Final = "rtl/sources.txt"


def unpack_design(package: Package) -> Path:
    """Return a build folder with the package's sources, below the cache folder.

    Equal designs share a folder, so that a second run finds the compiled simulation.

    Raises:
        ConfigError: The sources are incomplete, name files outside of the package, or are of another
            accelerator than the package describes; or the folder cannot be written.
    """
    files = {
        name[len(PREFIX) :]: content for name, content in package.files.items() if name.startswith(PREFIX)
    }
    _check(package, files)
    parts = (part for name in sorted(files) for part in (name, files[name]))
    folder = cache_dir() / "virtual" / fingerprint(*parts)
    unpack(files, folder)
    return folder


def unpack(files: dict[str, bytes], folder: Path) -> None:
    """Write files below a folder.

    Raises:
        ConfigError: They cannot be written, or one would leave the folder.
    """
    try:
        write_files(files, folder)
    except HostError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}; make room, or a place that can be written") from None


def _check(package: Package, files: dict[str, bytes]) -> None:
    """Check what the simulation will read: it compiles the files that the listing names."""
    try:
        listed = files[LISTING].decode().split()
        document = json.loads(files["compile.json"])
        interface = AcceleratorInterface.from_result(document)
        ShellSpec.of(interface, network_id(document))
    except (RbonnError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{package.path}: its design cannot be read ({type(error).__name__}: {error}); make the package "
            "again"
        ) from None
    foreign = [name for name in listed if f"rtl/{name}" not in files]
    if foreign or not listed:
        raise ConfigError(
            f"{package.path}: its design is made of {foreign[:1] or 'nothing'}, which is not in the package; "
            "do not use it, or make it again"
        )
    for what, ours, theirs in (
        ("input", interface.input, package.input),
        ("output", interface.output, package.output),
    ):
        if (ours.shape, ours.lanes, ours.beats) != (theirs.shape, theirs.lanes, theirs.beats):
            raise ConfigError(
                f"{package.path}: its design has an {what} of {ours.shape}, its metadata {theirs.shape} in "
                f"{theirs.beats} beats; make the package again"
            )

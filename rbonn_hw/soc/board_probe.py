"""What a board says of itself; ``rbonn deploy`` runs this file there, as a whole, before it copies anything.

Standard library only, and nothing that Python 3.6 does not know, so that an old image is told from none.
Prints one line of JSON: the fields of ``rbonn_hw.soc.image.Image``.
"""

import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path


def examine(folder: str) -> "dict[str, object]":
    """Return the facts that decide whether a package can run, for a folder that need not exist yet."""
    # Read here, because this file runs alone.
    environment = os.environ  # noqa: TID251
    xrt = environment.get("XILINX_XRT", "")
    manager = Path("/sys/class/fpga_manager/fpga0/firmware")
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "machine": platform.machine(),
        "board": environment.get("BOARD", ""),
        "root": os.geteuid() == 0,
        "pynq": _version("pynq"),
        "numpy": _version("numpy"),
        "xrt": bool(xrt) and (Path(xrt) / "lib" / "libxrt_core.so").is_file(),
        "xclbinutil": shutil.which("xclbinutil") is not None,
        "fpga_manager": manager.exists(),
        "free_bytes": _free_bytes(Path(folder).absolute()),
        "free_temporary_bytes": _free_bytes(Path(tempfile.gettempdir())),
    }


def _version(name: str) -> str:
    """Return the version of an installed package, or nothing."""
    try:
        from importlib import metadata
    except ImportError:  # before Python 3.8
        return ""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _free_bytes(folder: Path) -> int:
    """Return the free space where a folder is, or would be made [bytes]."""
    while not folder.is_dir():
        folder = folder.parent
    return shutil.disk_usage(str(folder)).free


if __name__ == "__main__":
    sys.stdout.write(json.dumps(examine(sys.argv[1])) + "\n")

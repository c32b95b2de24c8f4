"""``python -m rbonn_host PACKAGE``: load a package on this board and run its self-test.

Exit codes: 0 all answers are the recorded ones; 1 some differ; 2 the package or the board is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .accelerator import DEFAULT_TIMEOUT_S, Accelerator
from .archive import unpack
from .errors import HostError, SelfTestError
from .package import Package
from .selftest import run_self_test

TOLD_FROM = 0.05
"""Least score of the boxes of the report: low, so that there are some to compare."""


def main(argv: list[str] | None = None) -> int:
    """Run the self-test, and print its report as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m rbonn_host", description=__doc__)
    parser.add_argument("package", help="zip that `rbonn package` wrote, or the folder it was unpacked to")
    parser.add_argument("--unpack", metavar="FOLDER", help="check the package and unpack it there only")
    parser.add_argument("--board", help="what this board is, such as Pynq-Z2 (default: $BOARD)")
    parser.add_argument("--timeout", type=float, default=DEFAULT_TIMEOUT_S, help="longest time of a job [s]")
    parser.add_argument("--buffer-frames", type=int, help="frames per job (default: as many as fit 1 MiB)")
    parser.add_argument("--virtual", nargs=3, metavar=("SOCKET", "BASE", "BYTES"), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    try:
        package = Package.open(args.package)
        if args.unpack:
            unpack(package.files, Path(args.unpack))
            return 0
        device = _virtual_device(args.virtual, package.board) if args.virtual else None
        with Accelerator(
            package,
            board=args.board,
            device=device,
            buffer_frames=args.buffer_frames,
            timeout_s=args.timeout,
        ) as accelerator:
            report = run_self_test(accelerator)
            speed = accelerator.measure(package.self_test.images, repeats=1)
            boxes = _boxes(accelerator) if package.answer.detector else {}
    except (HostError, OSError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1 if isinstance(error, SelfTestError) else 2
    document = {
        "network": package.name,
        **asdict(report),
        "measured": asdict(speed),
        **boxes,
        "software": _software(),
    }
    sys.stdout.write(json.dumps(document) + "\n")
    return 0


def _boxes(accelerator: Accelerator) -> dict[str, Any]:
    """Return how many boxes there are in the recorded images, and a checksum of every bit of them."""
    found = accelerator.detect(accelerator.package.self_test.images, TOLD_FROM)
    digest = hashlib.sha256()
    for one in found:
        for values in (one.boxes, one.scores, one.classes):
            digest.update(np.ascontiguousarray(values).tobytes())
    return {"boxes": sum(len(one) for one in found), "boxes_sha256": digest.hexdigest()}


def _software() -> dict[str, str]:
    """Return what the driver ran on, by version."""
    import numpy
    import pynq

    return {
        "pynq": str(pynq.__version__),
        "numpy": numpy.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def _virtual_device(where: list[str], board: str) -> Any:
    from .virtual import VirtualDevice

    return VirtualDevice(where[0], int(where[1]), int(where[2]), board)


if __name__ == "__main__":
    sys.exit(main())

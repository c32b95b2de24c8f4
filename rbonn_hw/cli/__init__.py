"""The ``rbonn`` command: one module per verb, each with ``add_parser`` and ``run``.

Exit codes: 0 done; 1 the answer is no (a mismatch, a design that does not fit); 2 the input or the
environment is wrong.
"""

import argparse
import importlib
import sys

from rbonn_hw.errors import DoesNotFitError, MismatchError, RbonnError
from rbonn_hw.processes import programs_end_with_us

VERBS = (
    "train", "pack", "export", "compile", "simulate", "synth", "report", "bitstream", "package", "board",
    "deploy", "doctor", "models", "new",
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="rbonn",
        description="Binary networks from PyTorch to a streaming FPGA accelerator, bit for bit.",
        epilog="Stages meet through files: train -> export -> compile -> simulate / synth -> report.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in VERBS:
        importlib.import_module(f"rbonn_hw.cli.{name}").add_parser(verbs)
    args = parser.parse_args(argv)
    try:
        with programs_end_with_us():
            return int(args.run(args))
    except (MismatchError, DoesNotFitError) as error:
        print(f"rbonn {args.verb}: {error}", file=sys.stderr)
        return 1
    except RbonnError as error:
        print(f"rbonn {args.verb}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        # The file system's own no: a folder that is a file, no permission, a full disk.
        print(f"rbonn {args.verb}: {error}; check the path, its permissions and the disk", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"rbonn {args.verb}: interrupted; run the same command again to continue", file=sys.stderr)
        return 2

# PYTHON_ARGCOMPLETE_OK: shells that complete every such program look for this word.
"""The ``rbonn`` command: one module per verb, each with ``add_parser`` and ``run``.

Exit codes: 0 done; 1 the answer is no (a mismatch, a design that does not fit); 2 the input or the
environment is wrong; 3 a fault of this program, with a traceback.
"""

import argparse
import contextlib
import importlib
import importlib.metadata
import io
import logging
import os
import sys
import traceback

from rbonn_hw import toolchain
from rbonn_hw.cli import figures
from rbonn_hw.cli.parsing import EXIT_CODES, Parser, parse
from rbonn_hw.errors import DeadlockError, DoesNotFitError, MismatchError, RbonnError
from rbonn_hw.processes import programs_end_with_us

VERBS = (
    "train", "pack", "export", "compile", "simulate", "verify", "synth", "budget", "report", "bitstream",
    "package", "board", "deploy", "doctor", "models", "new",
)  # fmt: skip


def grammar() -> "tuple[Parser, argparse._SubParsersAction[Parser]]":
    """Return the parser of the whole command, and those of its verbs."""
    parser = Parser(
        prog="rbonn",
        description="Binary networks from PyTorch to a streaming FPGA accelerator, bit for bit.",
        epilog="Stages meet through files: train -> export -> compile -> simulate / synth -> report.\n\n"
        + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rbonn-hw {_version()}")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print errors alone")
    loudness.add_argument("-v", "--verbose", action="store_true", help="print notes, and where errors arise")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in VERBS:
        importlib.import_module(f"rbonn_hw.cli.{name}").add_parser(verbs)
    figures.add_option(verbs)
    return parser, verbs


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return its exit code; a process of its own ends at once when it is interrupted."""
    parser, verbs = grammar()
    if toolchain.is_completing():
        import argcomplete

        argcomplete.autocomplete(parser, exit_method=sys.exit)
    args = parse(parser, verbs, argv)
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING, format="%(message)s")
    with contextlib.ExitStack() as stack:
        stack.enter_context(figures.alone_on_stdout(args))
        if args.quiet:
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        code = answer(args)
    if argv is None and args.interrupted:
        sys.stdout.flush()
        os._exit(code)  # the end of some libraries takes seconds, and a second signal hits it
    return code


def _version() -> str:
    try:
        return importlib.metadata.version("rbonn-hw")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def answer(args: argparse.Namespace) -> int:
    """Run a verb; return its exit code, whatever it ends in."""
    args.interrupted = False
    interrupted = f"rbonn {args.verb}: interrupted; run the same command again to continue"
    try:
        with programs_end_with_us(interrupted):
            return int(args.run(args))
    except (DeadlockError, DoesNotFitError, MismatchError) as error:
        return _say(args, error, 1, str(error))
    except RbonnError as error:
        return _say(args, error, 2, str(error))
    except OSError as error:
        # The file system's own no: a folder that is a file, no permission, a full disk.
        return _say(args, error, 2, f"{error}; check the path, its permissions and the disk")
    except MemoryError as error:
        return _say(args, error, 2, "memory does not suffice; take fewer frames, or a smaller network")
    except Exception as error:  # noqa: BLE001 - the last resort, so that no fault is taken for the answer no
        traceback.print_exc()
        return _say(args, error, 3, "this is a fault of rbonn itself; please report the lines above")
    except KeyboardInterrupt:
        args.interrupted = True
        print(interrupted, file=sys.stderr, flush=True)
        return 2


def _say(args: argparse.Namespace, error: Exception, code: int, message: str) -> int:
    """Print an error and return its exit code; where it arose, too, if that is wanted."""
    if args.verbose:
        traceback.print_exception(error)
    print(f"rbonn {args.verb}: {message}", file=sys.stderr)
    return code

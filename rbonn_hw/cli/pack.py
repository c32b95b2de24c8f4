"""``rbonn pack``: a trained network as a small file, one bit per binary weight."""

import argparse
from pathlib import Path

from rbonn_hw.cli.figures import give

EXAMPLE = """example:
  rbonn pack build/lfc/train --out lfc.safetensors
  rbonn export lfc.safetensors --out build/lfc/export

The file answers bit for bit as the network does; it cannot be trained further. It is a safetensors file:
binary weights are packed bits, weights of few bits int8, everything else float32.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "pack",
        help="write a trained network as a small file",
        description="Write a trained network as a small file, one bit per binary weight.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("checkpoint", type=Path, help="folder that `rbonn train` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="name ends in .safetensors")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Pack and say how small it got."""
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.models import storage
    from rbonn_hw.ownership import check_file

    if args.out.suffix != ".safetensors":
        raise ConfigError(f"--out {args.out} must end in .safetensors; try {args.out}.safetensors")
    source = storage.network_file(args.checkpoint)
    check_file(args.out, "pack", is_ours=_is_network(args.out), inputs=(source,))
    storage.save_packed(args.out, storage.load_network(args.checkpoint), storage.describe(args.checkpoint))
    before = source.stat().st_size
    give(args, {"bytes": args.out.stat().st_size, "unpacked_bytes": before})
    print(f"{args.out}: {args.out.stat().st_size:,} bytes, of {before:,}")
    return 0


def _is_network(path: Path) -> bool:
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.models import storage

    try:
        return path.is_file() and storage.is_ours(path)
    except ConfigError:
        return False

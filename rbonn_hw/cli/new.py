"""``rbonn new``: a folder with a network of your own, its recipe, data and test."""

import argparse
from pathlib import Path

EXAMPLE = """example:
  rbonn new mine
  python mine/make_data.py
  rbonn train --recipe mine/recipe.json --out build/mine/train
  rbonn export build/mine/train --out build/mine/export
  rbonn compile build/mine/export/model.qonnx.onnx --out build/mine
  rbonn simulate build/mine --data build/mine/export/golden.npz

The folder holds a VGG-like and a residual network in plain Brevitas, and a test that takes both all the way.
Nothing is overwritten: exit code 2 if NAME exists.
"""
FILES = ("network.py", "recipe.json", "make_data.py", "test_network.py")


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "new",
        help="a folder to begin a network of your own with",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", type=Path, help="folder to make")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the folder, whole or not at all."""
    from rbonn_hw import drafts
    from rbonn_hw.cli import template
    from rbonn_hw.errors import ConfigError

    target: Path = args.name
    if target.exists() or target.is_symlink():
        raise ConfigError(f"{target} exists, and nothing is overwritten; choose another name")
    source = Path(template.__file__).parent
    files = [source / name for name in FILES]
    with drafts.folder_in(target.parent, target.name) as draft:
        made = draft / "new"
        made.mkdir()
        for path in files:
            (made / path.name).write_bytes(path.read_bytes())
        made.rename(target)
    print(f"{target}: {', '.join(path.name for path in files)}")
    print(f"next: python {target / 'make_data.py'}; rbonn train --recipe {target / 'recipe.json'} --out ..")
    return 0

"""``rbonn train``: train a network by a recipe."""

import argparse
import dataclasses
from pathlib import Path

EXAMPLE = """example:
  rbonn train --recipe build_flows/demo_digits.json --out build/demo/train

A run that was interrupted continues after its last whole epoch; a finished one is not repeated.
A recipe is a JSON object with the fields of rbonn_hw.train.recipe.Recipe.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "train",
        help="train a network by a recipe",
        description="Train a network by a recipe: data set in, checkpoint folder out.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--recipe", type=Path, required=True, help="recipe file (JSON)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--epochs", type=int, help="passes over the data, instead of the recipe's")
    parser.add_argument("--seed", type=int, help="seed, instead of the recipe's")
    parser.add_argument("--data-dir", type=Path, help="default: $RBONN_DATA, else ~/.cache/rbonn")
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        help="PyTorch threads; results depend on it (default %(default)s)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train and say what was written."""
    import torch
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from rbonn_hw.errors import ConfigError
    from rbonn_hw.train import checkpoint, data, loop
    from rbonn_hw.train.recipe import Recipe

    if args.threads < 1:
        raise ConfigError(f"--threads {args.threads} must be at least 1")
    given = {name: getattr(args, name) for name in ("epochs", "seed") if getattr(args, name) is not None}
    recipe = dataclasses.replace(Recipe.read(args.recipe), **given)
    done = loop.finished(recipe, args.out)
    if done is None:
        torch.set_num_threads(args.threads)
        dataset = data.load(recipe.dataset, args.data_dir)
        former = checkpoint.stored_recipe(args.out)
        if former != recipe and (args.out / checkpoint.RECIPE).exists():
            difference = former.difference(recipe) if former else "of another version"
            print(f"{args.out} holds another run ({difference}): training anew")
        columns = (
            TextColumn("training {task.description}"),
            BarColumn(),
            TextColumn("epoch {task.completed}/{task.total}{task.fields[loss]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns) as bar:
            task = bar.add_task(recipe.network, total=recipe.epochs, loss="")

            def show(report: loop.EpochReport) -> None:
                bar.update(task, completed=report.epoch, loss=f", loss {report.loss:.3f}")

            done = loop.train(recipe, dataset, args.out, on_epoch=show)
    if done.was_finished:
        print(f"{args.out}: already trained by this recipe, top-1 {done.accuracy:.2%} on the test split")
        return 0
    print(
        f"top-1 {done.accuracy:.2%} on the test split after {recipe.epochs} epochs, {done.seconds:.0f} s; "
        f"wrote {', '.join(checkpoint.FILES)} to {args.out}"
    )
    return 0

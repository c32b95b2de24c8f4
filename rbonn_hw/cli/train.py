"""``rbonn train``: train a network by a recipe."""

import argparse
import contextlib
import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rbonn_hw.train.distributed import Group
    from rbonn_hw.train.loop import Paused, Watch
    from rbonn_hw.train.outcome import Trained
    from rbonn_hw.train.recipe import Recipe

EXAMPLE = """examples:
  rbonn train --recipe build_flows/demo_digits.json --out build/demo/train
  rbonn train --recipe R.json --out O --device cuda --stop-after 500    # a piece of at most some minutes;
                                                                        # the same command continues it
  rbonn train --recipe hardware.json --init PAPER --out O               # fine-tune a trained network
  torchrun --nproc-per-node 2 .venv/bin/rbonn train --recipe R.json --out O

A run that was interrupted continues after its last whole epoch; a finished one is not repeated.
A recipe is a JSON object with the fields of rbonn_hw.train.recipe.Recipe. A teacher for distillation is named
there: a folder of `rbonn train`, or the state dict of torchvision's ResNet-18 or -34.
The folder gets the trained network, the state to continue from, train.json, metrics.csv, TensorBoard events.
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
    parser.add_argument("--init", type=Path, help="trained network, of either form, to start from")
    parser.add_argument("--data-dir", type=Path, help="default: $RBONN_DATA, else ~/.cache/rbonn")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:1 (default %(default)s)")
    parser.add_argument("--compile", action="store_true", help="use torch.compile")
    parser.add_argument(
        "--stop-after", type=float, metavar="SECONDS", help="begin no further epoch then; run again to go on"
    )
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

    from rbonn_hw import toolchain
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.train import device, distributed, outcome
    from rbonn_hw.train.recipe import Recipe

    if args.threads < 1:
        raise ConfigError(f"--threads {args.threads} must be at least 1")
    if args.stop_after is not None and not args.stop_after >= 0:
        raise ConfigError(f"--stop-after {args.stop_after} must not be negative; try 500")
    given = {name: getattr(args, name) for name in ("epochs", "seed") if getattr(args, name) is not None}
    recipe = dataclasses.replace(Recipe.read(args.recipe), **given)
    done = outcome.finished(recipe, args.out, args.init)
    place = toolchain.torchrun_place()
    if done is not None:
        if place is not None and place.rank:
            return 0
        print(f"{args.out}: already trained by this recipe, top-1 {done.accuracy:.2%} on the test split")
        return 0
    torch.set_num_threads(args.threads)
    with distributed.joined(device.pick(args.device)) as group:
        ended = _train(args, recipe, group)
        if group.is_main:
            _say(args.out, recipe, ended)
    return 0


def _train(args: argparse.Namespace, recipe: "Recipe", group: "Group") -> "Trained | Paused":
    from rbonn_hw.train import checkpoint, data, loop

    if not group.is_main:
        group.wait()  # Process 0 downloads the data.
    dataset = data.load(recipe.dataset, args.data_dir)
    watch = contextlib.nullcontext(loop.Watch(stop_after=_seconds(args)))
    if group.is_main:
        group.wait()
        former = checkpoint.stored_recipe(args.out)
        if former != recipe and (args.out / checkpoint.RECIPE).exists():
            difference = former.difference(recipe) if former else "of another version"
            print(f"{args.out} holds another run ({difference}): training anew")
        print(f"{recipe.dataset}: {dataset.provenance}")
        watch = _bar(recipe, _seconds(args))  # type: ignore[assignment]
    with watch as told:
        return loop.train(
            recipe,
            dataset,
            args.out,
            init=args.init,
            device=args.device,
            compiled=args.compile,
            watch=told,
        )


def _seconds(args: argparse.Namespace) -> float:
    return math.inf if args.stop_after is None else float(args.stop_after)


@contextlib.contextmanager
def _bar(recipe: "Recipe", stop_after: float) -> "Iterator[Watch]":
    """Show a progress bar as long as the context lasts, and give what feeds it."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from rbonn_hw.train.logs import EpochRecord
    from rbonn_hw.train.loop import Watch
    from rbonn_hw.train.trainer import StepReport

    columns = (
        TextColumn("training {task.description}"),
        BarColumn(),
        TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}{task.fields[loss]}{task.fields[top1]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    fields = {"epoch": 0, "epochs": recipe.epochs, "loss": "", "top1": "", "rate": ""}
    with Progress(*columns) as bar:
        task = bar.add_task(recipe.network, total=recipe.epochs, **fields)  # type: ignore[arg-type]

        def step(report: StepReport) -> None:
            bar.update(
                task,
                completed=report.epoch - 1 + report.step / report.steps,
                loss=f", loss {report.loss:.3f}",
                rate=f"{report.steps_per_second:.1f} steps/s",
            )

        def epoch(record: EpochRecord) -> None:
            held_out = record.validation_accuracy
            value, split = (record.test_accuracy, "test") if held_out is None else (held_out, "validation")
            bar.update(
                task,
                completed=record.epoch,
                epoch=record.epoch,
                loss=f", loss {record.loss:.3f}",
                top1=f", {split} {value:.2%}" if value is not None else "",
            )

        yield Watch(on_step=step, on_epoch=epoch, stop_after=stop_after)


def _say(out: Path, recipe: "Recipe", ended: "Trained | Paused") -> None:
    from rbonn_hw.train import checkpoint
    from rbonn_hw.train.outcome import Trained

    if isinstance(ended, Trained):
        print(
            f"top-1 {ended.accuracy:.2%} on the test split after {recipe.epochs} epochs, "
            f"{ended.seconds:.0f} s; wrote {', '.join(checkpoint.FILES)} to {out}"
        )
        return
    print(f"{out}: paused after {ended.epochs} of {ended.of} epochs; run again to continue")

"""``rbonn train``: train a network by a recipe."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.cli.figures import give, give_result

if TYPE_CHECKING:
    from rich.progress import Progress

    from rbonn_hw.train.logs import EpochRecord
    from rbonn_hw.train.loop import Paused
    from rbonn_hw.train.outcome import Trained
    from rbonn_hw.train.trainer import StepReport

EXAMPLE = """examples:
  rbonn train --recipe build_flows/demo_digits.json --out build/demo/train
  rbonn train --recipe R.json --out O --device cuda --stop-after 500    # a piece of at most some minutes;
                                                                        # the same command continues it
  rbonn train --recipe R.json --network network.py:network --out O      # your own; see `rbonn new`
  rbonn train --recipe hardware.json --init PAPER --out O               # fine-tune a trained network
  torchrun --nproc-per-node 2 .venv/bin/rbonn train --recipe R.json --out O

A run that was interrupted continues after its last whole epoch; a finished one is not repeated.
A recipe is a JSON object with the fields of rbonn_hw.train.recipe.Recipe. A teacher for distillation is named
there: a folder of `rbonn train`, or the state dict of torchvision's ResNet-18 or -34.
Your own images: "dataset": "folder" or "npz", and "data", which names them, relative to the recipe.
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
    parser.add_argument("--network", metavar="FILE.py:NAME", help="your network, instead of the recipe's")
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
    from rbonn_hw import api, toolchain
    from rbonn_hw.errors import ConfigError

    if args.threads < 1:
        raise ConfigError(f"--threads {args.threads} must be at least 1")
    if args.stop_after is not None and not args.stop_after >= 0:
        raise ConfigError(f"--stop-after {args.stop_after} must not be negative; try 500")
    bar = _Bar()
    try:
        ended = api.train(
            args.recipe,
            args.out,
            network=args.network,
            epochs=args.epochs,
            seed=args.seed,
            init=args.init,
            data_dir=args.data_dir,
            device=args.device,
            compiled=args.compile,
            threads=args.threads,
            stop_after=math.inf if args.stop_after is None else args.stop_after,
            progress=print,
            on_step=bar.step,
            on_epoch=bar.epoch,
        )
    finally:
        bar.close()
    place = toolchain.torchrun_place()
    if place is None or place.rank == 0:
        _tell(args, ended)
        _say(args.out, ended)
    return 0


class _Bar:
    """A progress bar that appears with the first step."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: Any = None

    def _shown(self) -> "Progress":
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        if self._bar is None:
            self._bar = Progress(
                TextColumn("training"),
                BarColumn(),
                TextColumn("{task.fields[epoch]}{task.fields[loss]}{task.fields[top1]}"),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
            )
            self._task = self._bar.add_task("", total=None, epoch="", loss="", top1="", rate="")
            self._bar.start()
        return self._bar

    def step(self, report: "StepReport") -> None:
        """Show a part of an epoch."""
        self._shown().update(
            self._task,
            total=report.epochs,
            completed=report.epoch - 1 + report.step / report.steps,
            epoch=f"epoch {report.epoch}/{report.epochs}",
            loss=f", loss {report.loss:.3f}",
            rate=f"{report.steps_per_second:.1f} steps/s",
        )

    def epoch(self, record: "EpochRecord") -> None:
        """Show what an epoch came to."""
        held_out = record.validation_accuracy
        value, split = (record.test_accuracy, "test") if held_out is None else (held_out, "validation")
        self._shown().update(
            self._task,
            completed=record.epoch,
            loss=f", loss {record.loss:.3f}",
            top1=f", {split} {value:.2%}" if value is not None else "",
        )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


def _tell(args: argparse.Namespace, ended: "Trained | Paused") -> None:
    from rbonn_hw.train import checkpoint
    from rbonn_hw.train.loop import Paused

    if isinstance(ended, Paused):
        give(args, {"paused": True, "epochs": ended.epochs, "of": ended.of})
    else:
        give_result(args, args.out / checkpoint.RESULT, checkpoint.MADE_BY)


def _say(out: Path, ended: "Trained | Paused") -> None:
    from rbonn_hw.train import checkpoint
    from rbonn_hw.train.loop import Paused

    if isinstance(ended, Paused):
        print(f"{out}: paused after {ended.epochs} of {ended.of} epochs; run again to continue")
    elif ended.was_finished:
        print(f"{out}: already trained by this recipe, {ended.metric} {ended.accuracy:.2%} on the test split")
    else:
        epochs = checkpoint.read_progress(out / checkpoint.LAST).epochs
        print(
            f"{ended.metric} {ended.accuracy:.2%} on the test split after {epochs} epochs, "
            f"{ended.seconds:.0f} s; wrote {', '.join(checkpoint.FILES)} to {out}"
        )

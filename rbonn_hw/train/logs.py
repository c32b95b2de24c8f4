"""The course of a run, epoch by epoch: metrics.csv and TensorBoard events.

Both are made anew from the records of the epochs done when a run is continued: they hold nothing of an epoch
that was cut off.
"""

import csv
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path

import torch
from tensorboardX import SummaryWriter
from torch import Tensor

from rbonn_hw.models.trainable import Trainable
from rbonn_hw.optim import filters
from rbonn_hw.optim.recurrent import density_gate
from rbonn_hw.results import write_text

METRICS, TENSORBOARD = "metrics.csv", "tensorboard"
SCALARS = ("lr", "loss", "validation_accuracy", "test_accuracy", "flipped", "backtracked", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """What is known of an epoch.

    Attributes:
        epoch: Number, from 1.
        stage: 1 or 2; see :class:`rbonn_hw.train.stages.Stage`.
        lr: Learning rate of its first step.
        loss: Mean training loss.
        validation_accuracy: Top-1 on the frames held out, 0 .. 1; None if none are.
        test_accuracy: Top-1 on the test split, 0 .. 1; None if frames are held out.
        flipped: Share of the binary weights whose sign is another than an epoch before.
        backtracked: Share of the filters that the recurrent step moves at its end; None for other methods.
        seconds: Wall time with evaluation [s].
    """

    epoch: int
    stage: int
    lr: float
    loss: float
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    flipped: float = 0.0
    backtracked: float | None = None
    seconds: float = 0.0


def signs(net: Trainable) -> list[Tensor]:
    """Return whether each binary weight is +1, by layer."""
    return [weight.detach() >= 0 for weight, _ in net.binary_pairs()]


def flipped(before: list[Tensor], after: list[Tensor]) -> float:
    """Return the share of signs that differ."""
    count = sum(sign.numel() for sign in before)
    pairs = zip(before, after, strict=True)
    return sum(int((old ^ new).sum()) for old, new in pairs) / count if count else 0.0


@torch.no_grad()
def backtracked(net: Trainable, tau: float) -> float:
    """Return the share of filters that are sparse while their scale has converged (eq. 3.133)."""
    pairs = net.binary_pairs()
    weights = tuple(weight for weight, _ in pairs)
    inverse = filters.joined([alpha for _, alpha in pairs]).reciprocal()
    gate = density_gate(filters.l1_norms(weights), inverse, tau, filters.sizes_of(weights))
    return float(gate.float().mean())


class Logs:
    """Writes both logs of a run.

    Args:
        folder: The run's folder.
        records: Epochs done before.
    """

    def __init__(self, folder: Path, records: tuple[EpochRecord, ...]) -> None:
        self._folder, self._records = folder, list(records)
        for former in (folder / TENSORBOARD).glob("events.out.tfevents.*"):
            former.unlink()
        self._writer = SummaryWriter(str(folder / TENSORBOARD))
        for record in records:
            self._write_scalars(record)
        self._write_table()

    def close(self) -> None:
        """End the event file."""
        self._writer.close()

    def add(self, record: EpochRecord) -> None:
        """Add an epoch to both."""
        self._records.append(record)
        self._write_table()
        self._write_scalars(record)
        self._writer.flush()

    def _write_table(self) -> None:
        text = io.StringIO()
        names = [field.name for field in dataclasses.fields(EpochRecord)]
        table = csv.DictWriter(text, names, lineterminator="\n")
        table.writeheader()
        table.writerows(dataclasses.asdict(record) for record in self._records)
        write_text(self._folder / METRICS, text.getvalue())

    def _write_scalars(self, record: EpochRecord) -> None:
        for name in SCALARS:
            value = getattr(record, name)
            if value is not None:
                self._writer.add_scalar(name, value, record.epoch)

"""The training loop: a recipe and a data set in, a folder with the trained network out."""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

from rbonn_hw import results
from rbonn_hw.at_work import at_work
from rbonn_hw.models import storage, tensor_file
from rbonn_hw.models.own import Definition, define
from rbonn_hw.models.trainable import Trainable
from rbonn_hw.ownership import Claim
from rbonn_hw.train import checkpoint, distill, distributed, logs, outcome, preparation, stages, task
from rbonn_hw.train.batches import Batches, EvaluationBatches
from rbonn_hw.train.checkpoint import Progress, Sources
from rbonn_hw.train.data import Dataset
from rbonn_hw.train.device import pick
from rbonn_hw.train.distributed import Group
from rbonn_hw.train.logs import EpochRecord, Logs
from rbonn_hw.train.outcome import Trained, finished
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.trainer import OnStep, Trainer

OnEpoch = Callable[[EpochRecord], None]


@dataclass(frozen=True, slots=True)
class Paused:
    """A run that was told to stop early.

    Attributes:
        epochs: Epochs done.
        of: Epochs in all.
    """

    epochs: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told of a run's course, and when it has to pause.

    Attributes:
        on_step: Called from time to time within an epoch.
        on_epoch: Called after each epoch, once it is stored.
        stop_after: Time after which no further epoch is begun [s].
    """

    on_step: OnStep = lambda _: None
    on_epoch: OnEpoch = lambda _: None
    stop_after: float = math.inf


def train(
    recipe: Recipe,
    dataset: Dataset,
    folder: Path,
    *,
    definition: Definition | None = None,
    init: Path | None = None,
    device: str = "cpu",
    compiled: bool = False,
    watch: Watch | None = None,
) -> Trained | Paused:
    """Train, or continue, or recognise a finished run.

    An interrupted run continues after its last whole epoch; on the CPU it ends with the same bits as an
    uninterrupted one (for the same number of PyTorch threads). A folder with another recipe's run is
    overwritten. Under torchrun every process calls this alike, and process 0 writes.

    Args:
        recipe: What to do.
        dataset: The data that ``recipe.dataset`` names.
        folder: Where to keep it; see :mod:`rbonn_hw.train.checkpoint`.
        definition: The network that ``recipe.network`` names; None looks for it, a user's file in the current
            folder.
        init: Folder or file of a trained network with the same rows, whose weights are the first.
        device: See :func:`rbonn_hw.train.device.pick`.
        compiled: Whether to use ``torch.compile``.
        watch: Callbacks and time.

    Raises:
        DatasetError: The images are not the network's.
        TrainingError: The loss is no longer finite; the state of the last good epoch stays in ``folder``.
        ConfigError: ``folder`` is a file, holds something unreadable, or something of its user that would be
            overwritten; another run is at work there; a device, a teacher or ``init`` is
            not there or does not fit.
    """
    watch = watch or Watch()
    deadline = time.perf_counter() + watch.stop_after
    with distributed.joined(pick(device)) as group, _held(folder, group):
        definition = definition or define(
            recipe.network,
            form=recipe.form,
            width=recipe.width,
            bits=recipe.bits,
            frame=recipe.frame_shape or dataset.train.frame,
            input=recipe.input,
        )
        preparation.check_data(definition.table, dataset)
        sources = outcome.sources(recipe, init, data=dataset.provenance, network=definition.source)
        done = finished(recipe, folder, sources)
        if group.agreed(done is not None):
            return _told(group, done)
        run = _Run(recipe, dataset, folder, definition, init, sources, group)
        progress = run.epochs(watch, deadline, compiled=compiled)
        if progress.epochs < recipe.epochs:
            return Paused(progress.epochs, recipe.epochs)
        return _told(group, run.finish() if group.is_main else None)


def _held(folder: Path, group: Group) -> AbstractContextManager[None]:
    """Hold the folder for this run, by the process that writes."""
    return at_work(folder, "train") if group.is_main else nullcontext()


def _told(group: Group, done: Trained | None) -> Trained:
    """Return process 0's result in every process."""
    done = done or Trained(math.nan, math.nan, was_finished=True)
    accuracy, seconds = group.shared(done.accuracy), group.shared(done.seconds)
    return Trained(accuracy, seconds, group.agreed(done.was_finished), done.metric)


class _Run:
    """A run that is not finished: everything that its epochs share.

    Args:
        recipe: What to do.
        dataset: With all its frames.
        folder: Where to keep it.
        definition: Of the network.
        init: First weights.
        sources: What the run starts from.
        group: Device and processes.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        folder: Path,
        definition: Definition,
        init: Path | None,
        sources: Sources,
        group: Group,
    ) -> None:
        self._recipe, self._folder, self._group = recipe, folder, group
        self._source, table = definition.source, definition.table
        self._dataset, self._validation = preparation.splits(recipe, dataset)
        self._layout = preparation.layout(table, group)
        self._net = preparation.first_network(recipe, definition, init, self._dataset.train)
        preparation.place(self._net, group, self._layout)
        self._master: distill.Teacher | None = None
        if recipe.teacher:
            self._master = distill.load_teacher(Path(recipe.teacher), table)
            preparation.place(self._master.net, group, self._layout)
        read = [
            storage.network_file(path) if path else None
            for path in (init, recipe.teacher and Path(recipe.teacher))
        ]
        self._claim = Claim(folder, "train", checkpoint.names(folder, definition.source), inputs=tuple(read))
        self._progress = self._start(Progress(sources=sources))

    def _start(self, fresh: Progress) -> Progress:
        """Continue the run in the folder if it is this one; else clear the folder for it."""
        recipe, folder, last = self._recipe, self._folder, self._folder / checkpoint.LAST
        if self._group.is_main:
            self._claim.record()
        is_same = (
            last.exists()
            and checkpoint.stored_recipe(folder) == recipe
            and checkpoint.read_progress(last).sources.agree(fresh.sources)
        )
        if not self._group.agreed(is_same):
            if self._group.is_main:
                for name in (checkpoint.RESULT, storage.MODEL_FILE, checkpoint.LAST, checkpoint.BEST):
                    (folder / name).unlink(missing_ok=True)
                results.write_text(folder / checkpoint.RECIPE, recipe.to_json())
            self._stage = stages.stage_of(recipe, 0)
            self._optimizer = stages.start(self._net, recipe, self._stage)
            return fresh
        # The state is that of the last epoch done, perhaps the last of its stage.
        self._stage = stages.stage_of(recipe, checkpoint.read_progress(last).epochs - 1)
        self._optimizer = stages.start(self._net, recipe, self._stage)
        return checkpoint.load_state(last, self._net, self._optimizer)

    def epochs(self, watch: Watch, deadline: float, *, compiled: bool) -> Progress:
        """Train the epochs that are left until the deadline [s of perf_counter], at least one."""
        recipe, group = self._recipe, self._group
        batches = Batches(
            self._dataset.train,
            recipe,
            device=group.device,
            rank=group.rank,
            world=group.world,
            memory_format=self._layout,
        )
        master = self._master.compiled() if self._master and compiled else self._master
        objective = task.objective(recipe, self._net.table, master)
        trainer = Trainer(
            self._net, recipe, batches, objective, group, compiled=compiled, on_step=watch.on_step
        )
        judged = self._validation or self._dataset.test
        evaluation_batches = EvaluationBatches(
            judged, size=outcome.BATCH[group.device.type], device=group.device, memory_format=self._layout
        )
        book = _Book(self._folder, self._net, self._progress) if group.is_main else None
        while self._progress.epochs < recipe.epochs:
            record = self._epoch(trainer, evaluation_batches)
            self._progress = self._progress.with_record(record)
            if book:
                book.write(self._net, self._optimizer, self._progress)
                watch.on_epoch(record)
            if group.agreed(time.perf_counter() >= deadline):
                break
        if book:
            book.close()
        return self._progress

    def _epoch(self, trainer: Trainer, judged: EvaluationBatches) -> EpochRecord:
        recipe, net, epoch, started = self._recipe, self._net, self._progress.epochs, time.perf_counter()
        if epoch == self._stage.first + self._stage.epochs:
            if recipe.method != stages.REAL:
                stages.rescale(net)
            self._stage = stages.stage_of(recipe, epoch)
            self._optimizer = stages.start(net, recipe, self._stage)
        before = logs.signs(net)
        loss = trainer.epoch(self._optimizer, self._stage, epoch)
        self._optimizer.eval()
        self._group.check_equal(net, epoch + 1)
        is_last = epoch + 1 == self._stage.first + self._stage.epochs
        is_judged = self._group.is_main and (is_last or (epoch + 1) % recipe.evaluate_every == 0)
        accuracy = task.accuracy(net, recipe.score_scale, judged) if is_judged else None
        is_recurrent = recipe.method == "rbonn" and not self._stage.real_weights
        return EpochRecord(
            epoch=epoch + 1,
            stage=self._stage.number,
            lr=stages.learning_rate(recipe, self._stage, epoch),
            loss=loss,
            validation_accuracy=accuracy if self._validation else None,
            test_accuracy=None if self._validation else accuracy,
            flipped=logs.flipped(before, logs.signs(net)),
            backtracked=logs.backtracked(net, recipe.tau) if is_recurrent else None,
            seconds=time.perf_counter() - started,
        )

    def finish(self) -> Trained:
        """Write the result."""
        return outcome.write(
            self._recipe,
            self._dataset,
            self._folder,
            self._net,
            self._progress,
            self._group,
            network_file=self._source,
        )


class _Book:
    """Keeps the files of a run up to date."""

    def __init__(self, folder: Path, net: Trainable, progress: Progress) -> None:
        self._folder = folder
        self._keep_best(net, progress)
        self._logs = Logs(folder, progress.records)

    def write(self, net: Trainable, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
        """Write the state after an epoch."""
        checkpoint.save_state(self._folder / checkpoint.LAST, net, optimizer, progress)
        # Second: if the run is killed in between, the state just written is the best, too.
        self._keep_best(net, progress)
        self._logs.add(progress.records[-1])

    def _keep_best(self, net: Trainable, progress: Progress) -> None:
        if progress.best and progress.best.epoch == progress.epochs:
            tensor_file.save_tensors(self._folder / checkpoint.BEST, net.state_dict(), {})

    def close(self) -> None:
        """End the logs."""
        self._logs.close()

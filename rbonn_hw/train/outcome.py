"""The end of a run: how it is recognised, measured and written down."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch

from rbonn_hw import results, toolchain
from rbonn_hw.models import boxes, storage, stored_frames, tensor_file
from rbonn_hw.models.trainable import Trainable
from rbonn_hw.results import fingerprint
from rbonn_hw.train import checkpoint, task
from rbonn_hw.train.batches import EvaluationBatches
from rbonn_hw.train.checkpoint import Progress, Sources
from rbonn_hw.train.data import AnySplit, Dataset
from rbonn_hw.train.distributed import Group
from rbonn_hw.train.imagenet import FolderSplit
from rbonn_hw.train.recipe import Recipe

BATCH = {"cpu": 256, "cuda": 1024}
"""Frames that are evaluated at once, by kind of device."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The end of a run.

    Attributes:
        accuracy: On the test split, 0 .. 1.
        metric: What that is: "top-1", or "mAP@0.5" of a detector.
        seconds: Wall time of the training, all parts together [s].
        was_finished: True if the folder held this run already.
    """

    accuracy: float
    seconds: float
    was_finished: bool
    metric: str = boxes.TOP1


def sources(recipe: Recipe, init: Path | None, *, data: str, network: Path | None) -> Sources:
    """Return what a run starts from besides its recipe, with nothing for a file that is not there.

    Args:
        recipe: Names the teacher.
        init: Folder or file of the first weights.
        data: Provenance of the data set.
        network: The user's file that defines the network.
    """

    def checksum(path: Path | None) -> str:
        file = storage.network_file(path) if path else None
        return fingerprint(file) if file and file.exists() else ""

    return Sources(
        init=checksum(init),
        teacher=checksum(Path(recipe.teacher) if recipe.teacher else None),
        data=data,
        network=fingerprint(network) if network else "",
    )


def finished(recipe: Recipe, folder: Path, started_from: Sources) -> Trained | None:
    """Return the result in ``folder`` if it holds exactly this run, finished."""
    result = folder / checkpoint.RESULT
    if checkpoint.stored_recipe(folder) != recipe or not (folder / storage.MODEL_FILE).exists():
        return None
    document = results.read_former(result)
    if document is None:
        return None
    try:
        is_same = Sources(**document["sources"]).agree(started_from)
    except TypeError:  # of another version
        return None
    if not is_same:
        return None
    # Results of old name no metric.
    named = document.get("metric", boxes.TOP1)
    return Trained(document["accuracy"]["test"], document["seconds"], was_finished=True, metric=named)


def test_accuracy(net: Trainable, score_scale: float, split: AnySplit, group: Group) -> float:
    """Return top-1 or mAP@0.5 on the test split, in float32; of frames in memory, on the CPU.

    What a GPU adds up is the same integers, but its real arithmetic is not the CPU's, which the export checks
    the hardware against.
    """
    if isinstance(split, FolderSplit) or group.device.type == "cpu":
        batches = EvaluationBatches(split, size=BATCH[group.device.type], device=group.device)
        return task.accuracy(net, score_scale, batches)
    threads = torch.get_num_threads()
    torch.set_num_threads(toolchain.cpu_count())
    try:
        return task.accuracy(net.to("cpu"), score_scale, EvaluationBatches(split))
    finally:
        torch.set_num_threads(threads)
        net.to(group.device)


def write(
    recipe: Recipe,
    dataset: Dataset,
    folder: Path,
    net: Trainable,
    progress: Progress,
    group: Group,
    *,
    network_file: Path | None = None,
) -> Trained:
    """Write the trained network, the test split and the result; by one process.

    Args:
        recipe: What was done.
        dataset: On what; its training split is the part that was learned from.
        folder: Where to write.
        net: After the last epoch.
        progress: All epochs.
        group: Device and processes.
        network_file: The user's file that defines the network; a copy of it is kept.
    """
    chosen = progress.best or progress.records[-1]
    if progress.best:
        net.load_state_dict(tensor_file.load_tensors(folder / checkpoint.BEST)[0])
    metric = boxes.metric(net.table)
    accuracy = {"test": test_accuracy(net, recipe.score_scale, dataset.test, group)}
    if chosen.validation_accuracy is not None:
        accuracy["validation"] = chosen.validation_accuracy
    if not isinstance(dataset.test, FolderSplit):
        stored_frames.save(folder, dataset.test.frames, dataset.test.labels)
    storage.save_network(
        folder, net, method=recipe.method, dataset=recipe.dataset, score_scale=recipe.score_scale
    )
    if network_file is not None:
        results.write_bytes(folder / network_file.name, network_file.read_bytes())
    if dataset.class_names:
        results.write_text(folder / storage.CLASSES_FILE, "".join(f"{n}\n" for n in dataset.class_names))
    records = progress.records
    results.write_result(
        folder / checkpoint.RESULT,
        {
            "recipe": dataclasses.asdict(recipe),
            "sources": dataclasses.asdict(progress.sources),
            "data": dataset.provenance,
            "parameters": checkpoint.parameter_count(net),
            "frames": {"train": len(dataset.train), "test": len(dataset.test)},
            "epoch": chosen.epoch,
            "metric": metric,
            "accuracy": accuracy,
            "losses": [record.loss for record in records],
            "validation_accuracies": [record.validation_accuracy for record in records],
            "test_accuracies": [record.test_accuracy for record in records],
            "seconds": progress.seconds,
            "machine": _machine(group),
        },
        {
            "accuracy": "executed",
            "losses": "executed",
            "validation_accuracies": "executed",
            "test_accuracies": "executed",
            "seconds": "measured",
        },
    )
    return Trained(accuracy["test"], progress.seconds, was_finished=False, metric=metric)


def _machine(group: Group) -> dict[str, str | int]:
    is_gpu = group.device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(group.device) if is_gpu else "cpu",
        "processes": group.world,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }

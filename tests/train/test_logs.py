"""Both logs hold every epoch once; the shares in them by hand."""

import csv
import dataclasses
import struct
from pathlib import Path

import pytest
import torch
from tensorboardX.proto.event_pb2 import Event

from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import network
from rbonn_hw.train import logs
from rbonn_hw.train.logs import EpochRecord, Logs

FIRST = EpochRecord(epoch=1, stage=1, lr=0.5, loss=2.25, test_accuracy=0.25, flipped=0.125, seconds=3.0)
SECOND = dataclasses.replace(FIRST, epoch=2, stage=2, loss=1.5, backtracked=0.5)


def events(folder: Path) -> dict[tuple[str, int], float]:
    """Read TensorBoard's record file: length, its checksum, event, its checksum."""
    found: dict[tuple[str, int], float] = {}
    for path in folder.iterdir():
        content, at = path.read_bytes(), 0
        while at < len(content):
            (length,) = struct.unpack_from("<Q", content, at)
            event = Event.FromString(content[at + 12 : at + 12 + length])
            for value in event.summary.value:
                assert (value.tag, event.step) not in found
                found[value.tag, event.step] = value.simple_value
            at += 16 + length
    return found


def test_every_epoch_is_in_both_logs_once(tmp_path: Path) -> None:
    first = Logs(tmp_path, ())
    first.add(FIRST)
    first.add(dataclasses.replace(SECOND, loss=99.0))  # of an epoch that a kill takes back
    first.close()
    (former,) = (tmp_path / logs.TENSORBOARD).iterdir()
    former.rename(former.with_name("events.out.tfevents.1.earlier"))  # names hold the time in whole seconds

    book = Logs(tmp_path, (FIRST,))
    book.add(SECOND)
    book.close()

    rows = list(csv.DictReader((tmp_path / logs.METRICS).read_text().splitlines()))
    assert [(row["epoch"], row["stage"], row["loss"]) for row in rows] == [
        ("1", "1", "2.25"),
        ("2", "2", "1.5"),
    ]
    assert [row["backtracked"] for row in rows] == ["", "0.5"]
    assert rows[0]["validation_accuracy"] == ""
    found = events(tmp_path / logs.TENSORBOARD)
    assert {step for _, step in found} == {1, 2}
    assert (found["loss", 1], found["loss", 2]) == (2.25, 1.5)
    assert found["backtracked", 2] == 0.5
    assert ("backtracked", 1) not in found
    assert found["test_accuracy", 1] == 0.25


def test_a_folder_has_a_table_before_its_first_epoch(tmp_path: Path) -> None:
    Logs(tmp_path, ()).close()

    assert (tmp_path / logs.METRICS).read_text().startswith("epoch,stage,lr,loss,")


def test_share_of_flipped_signs() -> None:
    net = build(network("digits"), seed=0)
    before = logs.signs(net)
    count = sum(weight.numel() for weight, _ in net.binary_pairs())
    weight, _ = net.binary_pairs()[1]
    weight.data.view(-1)[:3] *= -1.0
    weight.data.view(-1)[5] = weight.data.view(-1)[5].abs() + 1.0

    changed = 3 + int(not before[1].view(-1)[5])
    assert logs.flipped(before, logs.signs(net)) == pytest.approx(changed / count)


def test_share_of_backtracked_filters() -> None:
    """Filters that are sparse (small norm) with a small scale are moved: here those of even number."""
    net = build(network("digits"), seed=0)
    for weight, alpha in net.binary_pairs():
        even = torch.arange(len(weight)) % 2 == 0
        weight.data[even] *= 1e-3
        alpha.data.view(-1)[:] = torch.where(even, 0.01, 1.0)

    assert logs.backtracked(net, tau=0.5) == 0.5
    assert logs.backtracked(net, tau=1.0) == 0.0

"""A detector's loss: who learns a box, what is perfect, gradients; and boxes of real and integer answers."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rbonn_hw.errors import ConfigError, DatasetError, TrainingError
from rbonn_hw.host.detector import PRIOR
from rbonn_hw.models import storage
from rbonn_hw.models.boxes import detector_of, detects, found
from rbonn_hw.models.convert import to_form
from rbonn_hw.models.network import build
from rbonn_hw.models.own import Definition, define
from rbonn_hw.models.residual_rows import Residual
from rbonn_hw.models.rows import Boxes, Stem
from rbonn_hw.models.table import Table
from rbonn_hw.models.zoo import network
from rbonn_hw.precision import NO_BOX
from rbonn_hw.train import data, detection, digit_canvases, digits, loop, preparation, task
from rbonn_hw.train.box_split import BoxSplit
from rbonn_hw.train.data import Dataset
from rbonn_hw.train.outcome import Trained
from rbonn_hw.train.recipe import Recipe

ROWS = (Stem(channels=4, stride=2), Boxes(classes=3, anchors=(8.0, 40.0)))
TABLE = Table(name="toy", form="paper", frame=(1, 16, 16), rows=ROWS)
RECIPE = Recipe(
    network="detect-digits", dataset="digit-canvases", epochs=2, batch_size=8, score_scale=1.0, lr=0.005
)
SCALE = 1.0
FAR = 30.0


def boxes(*rows: list[float]) -> Tensor:
    """Return the true boxes of one frame [1, m, 5]."""
    return torch.tensor([rows])


def silent() -> Tensor:
    """Return an answer [1, 16, 8, 8] that sees nothing."""
    answer = torch.zeros(1, 16, 8, 8)
    answer[:, [4, 12]] = -FAR
    return answer


def logit(share: float) -> float:
    return math.log(share / (1.0 - share))


def perfect(answer: Tensor, row: int, column: int, box: list[float], anchor: int = 0) -> None:
    """Let a cell answer with a box of cells of 2x2 pixels, and its class, with certainty."""
    edge = (8.0, 40.0)[anchor]
    centre = ((box[0] + box[2]) / 4 - column, (box[1] + box[3]) / 4 - row)
    at = answer[0, anchor * 8 : anchor * 8 + 8, row, column]
    at[0], at[1] = (logit((place + 0.5) / 2) for place in centre)
    at[2], at[3] = (logit(math.sqrt((box[k + 2] - box[k]) / edge) / 2) for k in (0, 1))
    at[4] = FAR
    at[5:] = -FAR
    at[5 + int(box[4])] = FAR


BOX = [3.0, 4.0, 10.5, 12.0, 2.0]
"""Its centre, (3.375, 4.0) in cells, is within half a cell of the columns 2 and 3 and of the rows 3 and 4."""
CELLS = ((4, 3), (4, 2), (3, 3))


def test_a_perfect_answer_costs_nothing() -> None:
    answer = silent()
    for row, column in CELLS:
        perfect(answer, row, column, BOX)

    loss = detection.Objective(RECIPE, TABLE)(answer, None, boxes(BOX))

    assert float(loss) < 1e-3


@pytest.mark.parametrize("missing", CELLS)
def test_each_near_cell_learns_a_box_and_no_other(missing: tuple[int, int]) -> None:
    answer = silent()
    for row, column in CELLS:
        if (row, column) != missing:
            perfect(answer, row, column, BOX)
    answer.requires_grad_()

    detection.Objective(RECIPE, TABLE)(answer, None, boxes(BOX)).backward()  # type: ignore[no-untyped-call]

    assert answer.grad is not None
    # Offsets of the others are at the edge of GIoU, where it falls to both sides; what is in them is settled.
    moved = answer.grad[0, 4:8].abs().amax(dim=0) > 1e-4
    assert moved.nonzero().tolist() == [list(missing)]
    offsets = answer.grad[0, :4].abs().amax(dim=0) > 0
    assert {tuple(cell) for cell in offsets.nonzero().tolist()} <= set(CELLS)
    assert float(answer.grad[0, 8:].abs().max()) < 1e-6


def test_large_boxes_are_learned_by_the_large_anchor() -> None:
    answer = silent().requires_grad_()

    detection.Objective(RECIPE, TABLE)(answer, None, boxes([0.0, 0.0, 16.0, 16.0, 0.0])).backward()  # type: ignore[no-untyped-call]

    assert answer.grad is not None
    assert float(answer.grad[0, 8:12].abs().max()) > 0


def test_nothing_there_is_learned_as_nothing() -> None:
    nothing = boxes([0.0, 0.0, 0.0, 0.0, NO_BOX])
    objective = detection.Objective(RECIPE, TABLE)
    alarm = silent()
    alarm[0, 4, 2, 5] = FAR

    quiet, loud = (float(objective(answer, None, nothing)) for answer in (silent(), alarm))

    assert quiet < 1e-6
    assert loud == pytest.approx(FAR + PRIOR, rel=1e-3)


def test_two_boxes_are_the_mean_of_their_cells() -> None:
    other = [12.2, 1.0, 15.0, 3.0, 0.0]
    objective = detection.Objective(RECIPE, TABLE)
    answer = torch.randn(1, 16, 8, 8, generator=torch.Generator().manual_seed(0))

    both = objective(answer, None, boxes(BOX, other))
    swapped = objective(answer, None, boxes(other, BOX))

    assert float(both) == pytest.approx(float(swapped), rel=1e-5)


def test_boxes_of_answers_are_those_that_were_learned() -> None:
    answer = silent()
    for row, column in CELLS:
        perfect(answer, row, column, BOX)

    (one,) = found(TABLE, SCALE, answer.numpy())

    assert one.classes.tolist() == [2]
    np.testing.assert_allclose(one.boxes[0], BOX[:4], atol=0.05)
    whole = detection.judge(torch.nn.Identity(), TABLE, SCALE, [(answer, boxes(BOX))])
    assert whole.half == 1.0


def test_integers_reach_as_far_as_the_head_can() -> None:
    table = network("detect-digits")
    detector = detector_of(table, 0.02)
    assert detector.first == -64 * 8 * 7
    assert detector.tables.shape == (4, 2 * 64 * 8 * 7 + 1)
    assert detector.frame == (64, 64)


@pytest.fixture(scope="module")
def canvases() -> Dataset:
    """Some canvases, the second without a digit."""
    (images, labels), _ = digits.load()
    frames, rows = digit_canvases.canvases(images, labels, 24, np.random.default_rng(0))
    rows[1] = [0, 0, 0, 0, NO_BOX]
    split = BoxSplit(frames, rows, classes=10)
    return Dataset("digit-canvases", split, split.take(np.arange(8)))


def width_recipe(**changes: object) -> Recipe:
    base = dataclasses.replace(RECIPE, width=0.25, score_scale=0.05, shift=2.0, mirror=0.5)
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "rbonn"},
        {"method": "reactnet", "stage1_epochs": 1},
        {"method": "ste"},
        {"method": "real"},
        {"form": "paper", "score_scale": 1.0},
    ],
    ids=str,
)
def test_methods_and_forms_train(changes: dict[str, object], canvases: Dataset, tmp_path: Path) -> None:
    recipe = width_recipe(**changes)
    done = loop.train(recipe, canvases, tmp_path)
    assert isinstance(done, Trained)
    assert done.metric == "mAP@0.5"
    again = loop.train(recipe, canvases, tmp_path)
    assert again == dataclasses.replace(done, was_finished=True)


def test_a_paper_form_becomes_a_hardware_form(canvases: Dataset) -> None:
    frames = torch.from_numpy(canvases.train.frames).float()  # type: ignore[union-attr]
    rows = (Stem(channels=16, stride=4, weight_bits=8), Residual(), Boxes(classes=10, anchors=(16.0,)))
    paper = Table(name="few", form="paper", frame=(1, 64, 64), rows=rows)
    settled = build(paper, 0).train()
    with torch.no_grad():
        for _ in range(40):  # BatchNorm's statistics become those of the frames
            settled(frames)
    settled.eval()

    made = to_form(settled, dataclasses.replace(paper, form="hardware"), frames)

    with torch.no_grad():
        integers, real = made.network(frames), settled(frames)
    assert bool((integers == integers.round()).all())
    fitted = float((integers * real).sum() / integers.square().sum())
    alike = float(torch.nn.functional.cosine_similarity(integers.flatten(), real.flatten(), dim=0))
    assert alike > 0.6
    assert 0.6 < fitted / made.score_scale < 1.7


def test_what_does_not_go_together_is_refused(canvases: Dataset, tmp_path: Path) -> None:
    table = network("detect-digits")
    with pytest.raises(DatasetError, match=r"'digits' has labels, network 'detect-digits' learns from boxes"):
        preparation.check_data(Table(name="detect-digits", frame=(1, 8, 8), rows=ROWS), data.load("digits"))
    classifier = dataclasses.replace(network("digits"), frame=(1, 64, 64))
    assert not detects(classifier)
    with pytest.raises(ConfigError, match="a turned box"):
        task.objective(width_recipe(rotation=5.0), table, None)
    with pytest.raises(ConfigError, match=r"teacher: 'x'; a detector learns from its boxes alone"):
        task.objective(width_recipe(teacher="x", distill=0.5), table, None)
    with pytest.raises(TrainingError, match="the loss became"):
        loop.train(width_recipe(lr=1e30, form="paper"), canvases, tmp_path)


def test_the_table_is_checked() -> None:
    with pytest.raises(ConfigError, match=r"anchors=\(\) must be one or more"):
        Boxes(classes=3, anchors=())
    with pytest.raises(ConfigError, match="weight_bits=1 must lie in 2"):
        Boxes(classes=3, anchors=(8.0,), weight_bits=1)
    assert build(TABLE, 0)(torch.zeros(2, 1, 16, 16)).shape == (2, 16, 8, 8)


def test_a_detector_takes_the_backbone_of_a_classifier(canvases: Dataset, tmp_path: Path) -> None:
    reference = tmp_path / "other.py"
    reference.write_text(
        "from rbonn_hw.models.rows import Classifier, MeanPool\n"
        "from rbonn_hw.models.table import Table\n"
        "from rbonn_hw.models.zoo import network\n"
        "rows = (*network('detect-digits', width=0.25).rows[:-2], MeanPool(), Classifier(classes=4))\n"
        "net = Table(name='other', frame=(1, 32, 32), rows=rows)\n"
    )
    defined = define(f"{reference}:net").build(seed=5)
    storage.save_network(tmp_path, defined)
    table = network("detect-digits", width=0.25)

    net = preparation.first_network(width_recipe(), Definition(table), tmp_path, canvases.train)

    drawn, state = build(table, width_recipe().seed).state_dict(), net.state_dict()
    taken = {name for name in state if not torch.equal(state[name], drawn[name])}
    assert {int(name.split(".")[1]) for name in taken} <= set(range(len(table.rows) - 2))
    assert "layers.0.1.conv.weight" in taken
    for name in taken:
        assert torch.equal(state[name], defined.state_dict()[name])
    assert torch.equal(state["layers.7.conv.weight"], drawn["layers.7.conv.weight"])
    paper = network("detect-digits", width=0.25, form="paper")
    with pytest.raises(ConfigError, match=r"does not begin with the rows of 'detect-digits' \(paper\)"):
        preparation.first_network(width_recipe(), Definition(paper), tmp_path, canvases.train)

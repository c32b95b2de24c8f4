"""rbonn train: what it writes and says, pieces, kills, several processes, and exit code 2."""

import json
import sys
from pathlib import Path

import pytest
import torch

from rbonn_hw import toolchain
from rbonn_hw.cli import main
from rbonn_hw.errors import ToolError
from rbonn_hw.models import storage, tensor_file
from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import network
from rbonn_hw.ownership import MARKER
from rbonn_hw.train import checkpoint
from rbonn_hw.train.logs import METRICS

RECIPE = {"network": "digits", "dataset": "digits", "epochs": 9, "batch_size": 256, "train_frames": 512}
CPU = ["--device", "cpu"]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(RECIPE))
    return path


def command(recipe: Path, out: Path, *options: str) -> list[str]:
    return ["train", "--recipe", str(recipe), "--out", str(out), *CPU, *options]


def model(out: Path) -> dict[str, torch.Tensor]:
    return tensor_file.load_tensors(out / storage.MODEL_FILE)[0]


def test_train_again_and_anew(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once = command(recipe, tmp_path / "out", "--epochs", "1")

    assert main(once) == 0
    first = capsys.readouterr().out
    assert main(once) == 0
    second = capsys.readouterr().out
    assert main([*once, "--seed", "4"]) == 0
    third = capsys.readouterr().out

    assert "on the test split after 1 epochs" in first
    assert "digits: carried by scikit-learn" in first
    assert all(name in first for name in checkpoint.FILES)
    assert "already trained by this recipe" in second
    assert "holds another run (seed: 0 -> 4): training anew" in " ".join(third.split())
    assert json.loads((tmp_path / "out" / checkpoint.RECIPE).read_text())["seed"] == 4


def test_a_run_in_pieces(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    piece = command(recipe, tmp_path / "out", "--epochs", "2", "--stop-after", "0")

    assert main(piece) == 0
    first = capsys.readouterr().out
    assert not (tmp_path / "out" / checkpoint.RESULT).exists()
    assert main(piece) == 0

    assert "paused after 1 of 2 epochs; run again to continue" in " ".join(first.split())
    assert "on the test split after 2 epochs" in capsys.readouterr().out


KILLED = """
import os, signal, sys, torch
from pathlib import Path
from rbonn_hw.train import data, loop
from rbonn_hw.train.recipe import Recipe

def kill(report):
    if (report.epoch, report.step) == (4, 20):
        os.kill(os.getpid(), signal.SIGKILL)

torch.set_num_threads(1)
recipe = Recipe.read(Path(sys.argv[1]))
loop.train(recipe, data.load("digits"), Path(sys.argv[2]), watch=loop.Watch(on_step=kill))
"""


def test_killed_run_ends_with_the_same_bits(recipe: Path, tmp_path: Path) -> None:
    """Killed without a chance to clean up, in the middle of an epoch behind the change of stages."""
    many = {"method": "adambnn", "epochs": 5, "stage1_epochs": 2, "batch_size": 8, "validation": 0.2}
    recipe.write_text(json.dumps({**RECIPE, **many, "train_frames": 256}))
    part, whole = tmp_path / "part", tmp_path / "whole"

    with pytest.raises(ToolError, match="exit -9"):
        toolchain.run_tool([sys.executable, "-c", KILLED, recipe, part], install_hint="")
    assert checkpoint.read_progress(part / checkpoint.LAST).epochs == 3
    assert main(command(recipe, part)) == 0
    assert main(command(recipe, whole)) == 0

    ours, theirs = model(whole), model(part)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert {path.name for path in part.iterdir()} == {*checkpoint.FILES, checkpoint.BEST, MARKER}
    rows = (part / METRICS).read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "1", "2", "3", "4", "5"]


def test_fine_tuning_starts_from_the_given_network(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(recipe, tmp_path / "first", "--epochs", "1")) == 0
    recipe.write_text(json.dumps({**RECIPE, "lr": 1e-12, "tau": 1.0, "epochs": 1}))

    assert main(command(recipe, tmp_path / "tuned", "--init", str(tmp_path / "first"))) == 0

    first, tuned = model(tmp_path / "first"), model(tmp_path / "tuned")
    for name in first:
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(tuned[name], first[name], atol=1e-6, rtol=1e-6)
    # Another start is another run, in a folder that holds a finished one.
    capsys.readouterr()
    assert main(command(recipe, tmp_path / "tuned")) == 0
    assert "already trained" not in capsys.readouterr().out


def test_start_from_another_network_is_refused(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = build(network("tfc"), seed=0)
    storage.save_network(tmp_path / "tfc", net)
    digits = build(network("digits"), seed=0)
    description = storage.Description(network="digits", form="hardware", width=1.0, bits=4)
    storage.save_packed(tmp_path / "packed.safetensors", digits, description)

    for given, message in (
        ("tfc", "holds network 'tfc' of width 1, the recipe wants 'digits' of width 1"),
        ("packed.safetensors", "is packed for shipping; name the folder"),
        ("absent", "absent/model.safetensors does not exist"),
    ):
        assert main(command(recipe, tmp_path / "out", "--init", str(tmp_path / given))) == 2
        assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ('{"network": "digits", "dataset": "digits", "epoch": 1}', [], "did you mean 'epochs'"),
        ("epochs: 1", [], "this is no JSON"),
        (json.dumps(RECIPE), ["--epochs", "0"], "epochs: 0 must be positive"),
        (json.dumps(RECIPE), ["--threads", "0"], "--threads 0 must be at least 1"),
        (json.dumps(RECIPE), ["--stop-after", "-1"], "--stop-after -1.0 must not be negative"),
        (json.dumps(RECIPE), ["--device", "tpu"], "device 'tpu' is not here; this machine has auto, cpu"),
        (json.dumps({**RECIPE, "network": "mnist"}), [], "network 'mnist' takes (1, 28, 28)"),
        (json.dumps({**RECIPE, "tau": 1.5}), [], "tau: 1.5 must lie in 0 .. 1"),
        (json.dumps({**RECIPE, "teacher": "no", "distill": 0.5}), [], "teacher no does not exist"),
    ],
)
def test_bad_input_is_exit_code_2(
    content: str,
    options: list[str],
    message: str,
    recipe: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe.write_text(content)

    code = main(command(recipe, tmp_path / "out", *options))

    assert code == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_missing_recipe_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["train", "--recipe", str(tmp_path / "no.json"), "--out", str(tmp_path / "out")])

    assert code == 2
    assert "no.json cannot be read" in capsys.readouterr().err


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", "--help"])

    shown = capsys.readouterr().out
    assert stop.value.code == 0
    assert "rbonn train --recipe build_flows/demo_digits.json --out build/demo/train" in shown
    assert "torchrun --nproc-per-node 2" in shown


@pytest.mark.slow
def test_two_processes_train_one_network(tmp_path: Path) -> None:
    """By torchrun and gloo; each process checks that it holds the others' parameters after each epoch."""
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps({**RECIPE, "epochs": 2, "batch_size": 64, "u_init": 0.01}))

    launcher = [*toolchain.python_command("torch.distributed.run"), "--standalone", "--nproc-per-node", "2"]
    said = toolchain.run_tool(
        [*launcher, "-m", "rbonn_hw.cli", *command(path, tmp_path / "two")], install_hint=""
    )

    assert said.count("on the test split after 2 epochs") == 1
    document = json.loads((tmp_path / "two" / checkpoint.RESULT).read_text())
    assert document["machine"]["processes"] == 2
    progress = checkpoint.read_progress(tmp_path / "two" / checkpoint.LAST)
    assert progress.records[-1].loss < progress.records[0].loss
    tensors, _ = tensor_file.load_tensors(tmp_path / "two" / checkpoint.LAST)
    steps = [value for name, value in tensors.items() if name.endswith(".u")]
    assert steps
    assert any(bool((value != 0.01).any()) for value in steps)  # the recurrent step has learned its U

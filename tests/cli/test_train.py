"""rbonn train: what it writes and says, and exit code 2 without anything half-written."""

import json
from pathlib import Path

import pytest

from rbonn_hw.cli import main
from rbonn_hw.train import checkpoint

RECIPE = {"network": "digits", "dataset": "digits", "epochs": 9, "batch_size": 256}


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(RECIPE))
    return path


def test_train_again_and_anew(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "--recipe", str(recipe), "--out", str(tmp_path / "out"), "--epochs", "1"]

    assert main(command) == 0
    first = capsys.readouterr().out
    assert main(command) == 0
    second = capsys.readouterr().out
    assert main([*command, "--seed", "4"]) == 0
    third = capsys.readouterr().out

    assert "on the test split after 1 epochs" in first
    assert all(name in first for name in checkpoint.FILES)
    assert "already trained by this recipe" in second
    assert "holds another run (seed: 0 -> 4): training anew" in third
    assert json.loads((tmp_path / "out" / checkpoint.RECIPE).read_text())["seed"] == 4


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ('{"network": "digits", "dataset": "digits", "epoch": 1}', [], "did you mean 'epochs'"),
        ("epochs: 1", [], "this is no JSON"),
        (json.dumps(RECIPE), ["--epochs", "0"], "epochs: 0 must be positive"),
        (json.dumps(RECIPE), ["--threads", "0"], "--threads 0 must be at least 1"),
        (json.dumps({**RECIPE, "network": "mnist"}), [], "network 'mnist' takes (1, 28, 28)"),
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

    code = main(["train", "--recipe", str(recipe), "--out", str(tmp_path / "out"), *options])

    assert code == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_missing_recipe_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["train", "--recipe", str(tmp_path / "no.json"), "--out", str(tmp_path / "out")])

    assert code == 2
    assert "no.json cannot be read" in capsys.readouterr().err


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", "--help"])

    assert stop.value.code == 0
    assert (
        "rbonn train --recipe build_flows/demo_digits.json --out build/demo/train" in capsys.readouterr().out
    )

"""rbonn models: what it lists, what it writes, and exit code 2 without anything written."""

import json

import pytest

from rbonn_hw.cli import main
from rbonn_hw.models.zoo import NETWORKS


def lines(text: str, start: str) -> list[list[str]]:
    """Return the words of the lines that begin with ``start``."""
    return [line.split() for line in text.splitlines() if line.split()[:1] == [start]]


def test_all_networks_are_listed_on_one_line_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    assert main(["models"]) == 0

    out = capsys.readouterr().out
    assert "form hardware, width 1" in out
    assert [len(lines(out, name)) for name in NETWORKS] == [1] * len(NETWORKS)
    (digits,) = lines(out, "digits")
    assert " ".join(digits) == "digits 1x8x8 68.54 k 67.36 k 1.475 M 20.99 k 44.03 k 8.2"
    assert "…" not in out


def test_a_network_layer_by_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "resnet18", "--form", "paper"]) == 0

    out = capsys.readouterr().out
    totals = " ".join(out.split())
    assert "resnet18, form paper, width 1: 11,708,264 parameters" in out
    assert "INT4" not in out
    # By hand: 7 * 7 * 3 * 64 weights at 112 x 112 places.
    assert " ".join(lines(out, "0")[0]) == "0 Stem 64x112x112 7x7 9.408 k 32 301.1 118 M real"
    assert [row[1:3] for row in lines(out, "6")] == [["Downsample", "128x28x28"], ["Downsample,", "shortcut"]]
    assert " ".join(lines(out, "all")[0]) == "all 11.68 M 33,175.6 164 M OPs"
    assert "1.676 G binary 137.8 M real" in totals
    assert "low-bit" not in out


def test_width_changes_the_figures_and_json_has_them_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "digits", "--width", "0.5", "--json"]) == 0

    said = capsys.readouterr()
    assert "form hardware, width 0.5, INT4 maps" in said.err
    document = json.loads(said.out)
    digits = document["networks"]["digits"]
    # By hand: 16 and 32 channels on 8 x 8 and 4 x 4 places; the classifier has 2 x 2 windows.
    weights = [16 * 9, 16 * 16 * 9, 32 * 16 * 9, 32 * 32 * 9, 10 * 32 * 4]
    places = [64, 64, 16, 16, 1]
    assert [layer["weights"] for layer in digits["layers"]] == weights
    operations = [many * there for many, there in zip(weights, places, strict=True)]
    assert [layer["operations"] for layer in digits["layers"]] == operations
    assert digits["operations"] == {
        "binary": sum(operations[1:4]),
        "low-bit": operations[0] + operations[4],
        "real": 0,
    }
    assert digits["ops"] == sum(operations[1:4]) / 64 + operations[0] + operations[4]
    assert digits["memory_bits"] == digits["binary_weights"] == sum(weights)
    assert document["origin"] == {"networks": "executed"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["resnet81"], "did you mean 'resnet18'?"),
        (["digits", "--form", "papr"], "did you mean 'paper'?"),
        (["digits", "--width", "0"], "width=0.0 must lie in 0.001 .. 1000"),
        (["digits", "--bits", "1"], "bits=1 must lie in 2 .. 8"),
    ],
)
def test_bad_input_is_exit_code_2(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *options, "--json"]) == 2

    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["models", "--help"])

    assert stop.value.code == 0
    assert "rbonn models resnet18 --form paper" in capsys.readouterr().out

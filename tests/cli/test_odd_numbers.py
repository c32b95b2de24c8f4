"""Odd numbers on the command line: each is refused by name, before anything is begun."""

import json
from pathlib import Path

import pytest

from rbonn_hw.cli import main

HUGE, BEYOND = str(10**30), str(10**400)
NAN = ("nan", "inf", "-inf")
CASES = [
    *(("compile x --out o --target-fps", value, "target_fps: ") for value in ("1e-320", "1e308", "0", *NAN)),
    *(("compile x --out o --clock-mhz", value, "clock_mhz: ") for value in ("1e-320", "1e308", "-1", *NAN)),
    *(("simulate b --seed", value, "seed: ") for value in ("-1", HUGE, BEYOND)),
    *(("simulate b --stall", value, "stall: ") for value in ("-1", "1", *NAN)),
    *(("simulate b --random", value, "random") for value in ("-1", "0", HUGE, BEYOND)),
    *(("train --recipe r.json --out o --seed", value, "seed: ") for value in ("-1", HUGE, BEYOND)),
    *(("train --recipe r.json --out o --epochs", value, "epochs: ") for value in ("-1", "0", HUGE, BEYOND)),
    *(("train --recipe r.json --out o --threads", value, "threads") for value in ("-1", "0", HUGE, BEYOND)),
    *(("train --recipe r.json --out o --stop-after", value, "--stop-after ") for value in ("-1", "nan")),
    *(("models digits --width", value, "width=") for value in ("0", "-1", "1e308", "1e-320", *NAN)),
    *(("models digits --bits", value, "bits=") for value in ("0", "-1", HUGE, BEYOND)),
    *(("board --virtual x --stall", value, "stall: ") for value in ("-1", "1", *NAN)),
]


@pytest.mark.parametrize(("command", "value", "said"), CASES, ids=lambda text: text[:30])
def test_refused_by_name(
    command: str, value: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    recipe = {"network": "digits", "dataset": "digits", "epochs": 1}
    Path("r.json").write_text(json.dumps(recipe))

    assert main([*command.split()[:-1], f"{command.split()[-1]}={value}"]) == 2

    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_memory_that_does_not_suffice_is_no_fault_of_rbonn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("rbonn_hw.models.zoo.network", full)
    assert main(["models", "digits"]) == 2
    assert "memory does not suffice" in capsys.readouterr().err

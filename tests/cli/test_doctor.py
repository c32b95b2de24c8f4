"""rbonn doctor: complete here; what is missing is named with its price."""

from pathlib import Path

import pytest

from rbonn_hw.cli import doctor, main
from rbonn_hw.soc import pynq_venv


def test_this_environment_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0

    assert "everything that `make demo` needs is here" in capsys.readouterr().out


def test_the_lock_names_every_package() -> None:
    lock = doctor.locked_versions()

    assert [need.name for need in doctor.PACKAGES if need.name.lower() not in lock] == []


def test_a_missing_package_is_exit_code_2_with_its_verbs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = doctor.Need("no-such-package", "synth", "pip install no-such-package")
    monkeypatch.setattr(doctor, "PACKAGES", (absent,))

    assert main(["doctor"]) == 2

    assert "missing: no-such-package" in capsys.readouterr().out


def test_a_missing_compiler_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nowhere/c++")

    states = {finding.need.name: finding.state for finding in doctor.examine()}

    assert states["g++"] == "missing"


def test_another_version_is_said_and_forgiven(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "locked_versions", lambda: {"numpy": "0.0.1"})

    assert main(["doctor"]) == 0

    assert "other version" in capsys.readouterr().out


def test_an_optional_tool_that_is_absent_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PROGRAMS", (doctor.Need("no-such-tool", "nothing", required=False),))

    assert main(["doctor"]) == 0


def test_the_environment_of_the_virtual_board_is_found_or_how_to_make_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["doctor"]) == 0
    assert "needed for: the virtual board; `make board` or" in capsys.readouterr().out

    python = pynq_venv._environments()[0].interpreter
    python.parent.mkdir(parents=True)
    python.touch()
    assert main(["doctor"]) == 0
    assert f"pynq                {python}" in capsys.readouterr().out

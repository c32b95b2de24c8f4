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
    lock = {**doctor.locked_versions(), "numpy": "0.0.1"}
    monkeypatch.setattr(doctor, "locked_versions", lambda: lock)

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


@pytest.mark.parametrize(
    ("name", "bounds", "state"),
    [
        ("numpy", ">=99", "wrong version"),
        ("numpy", ">=1,<2", "wrong version"),
        ("numpy", ">=1,<99", "other version"),
        ("safetensors", "==0.0.1", "wrong version"),
    ],
)
def test_a_version_that_does_not_work_is_exit_code_2(
    name: str, bounds: str, state: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "required_versions", lambda: {name: bounds})
    monkeypatch.setattr(doctor, "locked_versions", lambda: {"numpy": "0.0.1", "safetensors": "0.0.2"})
    states = {finding.need.name: finding.state for finding in doctor.examine()}
    assert states[name] == state
    assert main(["doctor"]) == (2 if state == "wrong version" else 0)
    said = capsys.readouterr().out
    assert (f"(needs {bounds})" in said) == (state == "wrong version")


def test_the_versions_that_work_are_those_of_the_project() -> None:
    bounds = doctor.required_versions()
    assert bounds["finn-plus"] == ">=1.6.1,<1.7"
    assert [need.name for need in doctor.PACKAGES if need.required and need.name not in bounds] == []


@pytest.mark.parametrize(
    ("banner", "state"), [("g++ (Debian) 9.4.0", "wrong version"), ("g++ (x) 12.2.0", "ok")]
)
def test_a_compiler_without_cxx20_is_found_out(
    banner: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "g++"
    compiler.write_text(f"#!/bin/sh\necho '{banner}'\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    assert {finding.need.name: finding.state for finding in doctor.examine()}["g++"] == state


def test_a_cache_that_cannot_be_read_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert main(["doctor"]) == 2
    assert "unusable: cache folder" in capsys.readouterr().out

    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied", "cache")

    monkeypatch.setattr(Path, "exists", refuse)
    monkeypatch.setattr(Path, "is_file", refuse)
    monkeypatch.setattr(doctor, "locked_versions", dict)
    monkeypatch.setattr(doctor, "required_versions", dict)
    assert main(["doctor"]) == 2
    assert "Permission denied" in capsys.readouterr().out

"""rbonn new: what it writes passes its own test at the first attempt, and nothing is overwritten."""

import runpy
from pathlib import Path

import pytest

from rbonn_hw.cli import main


@pytest.mark.slow
@pytest.mark.verilator
@pytest.mark.parametrize("name", ["Residual", "Vgg"])
def test_the_networks_become_hardware(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "mine"

    assert main(["new", str(folder)]) == 0

    names = {"network.py", "recipe.json", "make_data.py", "test_network.py"}
    assert {path.name for path in folder.iterdir()} == names
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]
    test = runpy.run_path(str(folder / "test_network.py"))
    test["test_network_becomes_hardware_bit_for_bit"](name, tmp_path)


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")

    for name in ("file", "folder", "link"):
        assert main(["new", str(tmp_path / name)]) == 2
        assert "exists, and nothing is overwritten" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "precious"
    assert len(list(tmp_path.rglob("*"))) == 3


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["new", "--help"])
    assert "rbonn new mine" in capsys.readouterr().out

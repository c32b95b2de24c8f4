"""rbonn_hw/soc/open_tools.py: tools recognised by what they print, chip databases, and what is missing."""

from pathlib import Path

import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.soc.open_tools import HIMBAECHEL, XILINX, chip_files, find_tools
from rbonn_hw.toolchain import CHIPDB_VARIABLE, PRJXRAY_VARIABLE
from tests.soc.tools import PART, fake_tool, install_open_tools, write


def test_himbaechel_with_its_own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_open_tools(tmp_path, monkeypatch)
    found = find_tools(PART)
    beside = tmp_path / "share" / "nextpnr" / "himbaechel" / "xilinx" / "chipdb-xc7z020.bin"
    assert (found.placer, found.assembler, found.database) == (HIMBAECHEL, "fasm2frames", tmp_path / "xray")
    assert found.version == "nextpnr-himbaechel 0.10-8-g7c0c1c40"
    assert found.chip == ("--device", PART, "--chipdb", str(beside))


@pytest.mark.parametrize("name", chip_files(PART))
def test_a_named_database_is_a_file_or_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    install_open_tools(tmp_path, monkeypatch)
    path = write(tmp_path / "mine" / name, "himbaechel xc7z020 clg400\n")
    assert find_tools(PART, path).chip[-1] == str(path)
    assert find_tools(PART, path.parent).chip[-1] == str(path)
    monkeypatch.setenv(CHIPDB_VARIABLE, str(path.parent))
    assert find_tools(PART).chip[-1] == str(path)
    monkeypatch.chdir(tmp_path)
    assert find_tools(PART, Path("mine")).chip[-1] == str(path)


def test_xilinx_needs_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_open_tools(tmp_path, monkeypatch, XILINX)
    path = tmp_path / "chipdb" / "xc7z020clg400.bin"
    assert find_tools(PART).chip == ("--chipdb", str(path))
    monkeypatch.delenv(CHIPDB_VARIABLE)
    assert find_tools(PART).chip == ("--chipdb", str(path)), "../chipdb is beside the program"
    path.unlink()
    with pytest.raises(ToolError, match=r"chip database of nextpnr-xilinx: name it with --chipdb or CHIPDB"):
        find_tools(PART)
    with pytest.raises(ToolError, match=r"\(xc7z020clg400\.bin or xc7z020\.bin or chipdb-xc7z020\.bin\)"):
        find_tools(PART, path.parent)
    with pytest.raises(ToolError, match=r"absent\.bin \(no such file\), named by --chipdb"):
        find_tools(PART, tmp_path / "absent.bin")


def test_a_database_that_the_tool_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_open_tools(tmp_path, monkeypatch)
    foreign = write(tmp_path / "foreign.bin", "nextpnr-xilinx xc7z020\n")
    with pytest.raises(ToolError, match="does not look like a valid"):
        find_tools(PART, foreign)
    other = write(tmp_path / "other.bin", "himbaechel xc7z020 clg484\n")
    with pytest.raises(ToolError, match=r"Package 'clg400' not found in database"):
        find_tools(PART, other)
    (tmp_path / "share" / "nextpnr" / "himbaechel" / "xilinx" / "chipdb-xc7z020.bin").unlink()
    with pytest.raises(ToolError, match="Unable to read chipdb"):
        find_tools(PART)


def test_a_himbaechel_without_the_architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_open_tools(tmp_path, monkeypatch, architectures="gowin, example")
    with pytest.raises(ToolError, match=r"with the xilinx architecture \(.*included uarches: gowin, example"):
        find_tools(PART)


def test_the_second_placer_where_the_first_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_open_tools(tmp_path, monkeypatch)
    fake_tool(tmp_path / "bin", monkeypatch, XILINX, {})
    assert find_tools(PART).placer == HIMBAECHEL


def test_something_else_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = install_open_tools(tmp_path, monkeypatch)
    fake_tool(calls.parent, monkeypatch, HIMBAECHEL, {})
    with pytest.raises(ToolError, match=r"is no nextpnr \(it says 'nothing'\)"):
        find_tools(PART)


def test_all_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(PRJXRAY_VARIABLE, raising=False)
    with pytest.raises(ToolError, match=r"lacks nextpnr-xilinx, .*fasm2frames.*xc7frames2bit.*PRJXRAY"):
        find_tools(PART)
    install_open_tools(tmp_path, monkeypatch)
    monkeypatch.setenv(PRJXRAY_VARIABLE, str(tmp_path))
    with pytest.raises(ToolError, match=r"zynq7/xc7z020clg400-1/part\.yaml, below PRJXRAY_DB_DIR"):
        find_tools(PART)

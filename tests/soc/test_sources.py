"""rbonn_hw/soc/sources.py: every file of a system once, its parameters and its clock."""

import re
from pathlib import Path

import pytest

from rbonn_hw.errors import ConfigError, DoesNotFitError, SpecError
from rbonn_hw.soc.sources import (
    RTL_DIR,
    accelerator_stub,
    module_files,
    primitive_stubs,
    processor_instance,
    system,
)
from rbonn_hw.spec.boards import board
from tests.soc.systems import RTL, small_system, write_build


def test_the_files_of_a_system(tmp_path: Path) -> None:
    found = small_system(tmp_path)

    assert [path.name for path in found.sources] == ["rbonn_inside.sv", "rbonn_zynq_top.sv", "accelerator.v"]
    assert [path.name for path in found.data] == ["words.mem"]
    assert (found.top, found.clock_mhz, found.clock_pin) == ("rbonn_zynq_top", 100.0, "u_ps7/FCLKCLK[0]")


def test_its_parameters_are_those_of_the_shell(tmp_path: Path) -> None:
    found = small_system(tmp_path)

    assert found.parameters["InBits"] == 8
    assert found.parameters["OutBits"] == 16
    assert found.parameters["NetworkId"] == 0xF00DCAFE
    assert found.overrides["NetworkId"] == f"32'd{0xF00DCAFE}"
    named = re.findall(r"parameter \S+.*? (\w+) +=", (RTL / "rbonn_zynq_top.sv").read_text())
    assert set(named) == set(found.parameters)


def test_what_the_package_has_of_a_kernel_is_found_below_it() -> None:
    names = [path.stem for path in module_files("rbonn_fifo", RTL_DIR)]
    assert names == ["rbonn_ram", "rbonn_fifo"]


def test_another_version_of_a_module_is_refused(tmp_path: Path) -> None:
    rtl = write_build(tmp_path) / "rtl"
    (rtl / "rbonn_inside.sv").write_text("module rbonn_inside; endmodule\n")
    (rtl / "sources.txt").write_text("accelerator.v rbonn_inside.sv\n")
    with pytest.raises(ConfigError, match=r"is not the rbonn_inside\.sv of this version"):
        small_system_again(tmp_path)


def small_system_again(folder: Path) -> object:
    return system(folder, board("Pynq-Z2"), rtl_dir=RTL)


def test_bad_builds(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rbonn compile NETWORK"):
        small_system_again(tmp_path)
    with pytest.raises(DoesNotFitError, match=r"compiled for xc7z010clg400-1, but Pynq-Z2 has xc7z020"):
        small_system(tmp_path, part="xc7z010clg400-1")
    with pytest.raises(SpecError, match="500 MHz is beyond Pynq-Z2"):
        small_system(tmp_path, clk_period_ns=2.0)
    (write_build(tmp_path) / "rtl" / "sources.txt").unlink()
    with pytest.raises(ConfigError, match=r"sources\.txt"):
        small_system_again(tmp_path)


def test_a_top_without_a_processor_has_no_clock() -> None:
    with pytest.raises(ConfigError, match="instantiates no PS7"):
        processor_instance(RTL / "rbonn_inside.sv")
    with pytest.raises(ConfigError, match="does not exist"):
        module_files("rbonn_absent", RTL)


def test_processor_and_clock_buffer_are_black_boxes_for_yosys() -> None:
    stubs = primitive_stubs()
    assert re.findall(r"\(\* blackbox \*\)\nmodule (\w+)", stubs) == ["PS7", "BUFG"]
    assert stubs.count("endmodule") == 2


def test_the_accelerator_is_a_black_box_of_its_widths_for_the_shell(tmp_path: Path) -> None:
    stub = accelerator_stub(small_system(tmp_path).interface)
    assert "input [7:0] s_axis_0_tdata, input s_axis_0_tvalid, output s_axis_0_tready" in stub
    assert "output [15:0] m_axis_0_tdata, output m_axis_0_tvalid, input m_axis_0_tready" in stub

"""rbonn_hw/soc/hwh.py: the handoff as pynq's own parser reads it, and what it refuses."""

import json
from pathlib import Path

import pytest

from rbonn_hw.errors import SpecError
from rbonn_hw.host.handoff import Handoff, read_handoff
from rbonn_hw.host.package import IP_NAME as DRIVER_IP_NAME
from rbonn_hw.soc.hwh import IP_NAME, HandoffDesign, clock_divisors, handoff, part_fields
from rbonn_hw.soc.pynq_venv import pynq_python
from rbonn_hw.spec.boards import BOARDS, board
from rbonn_hw.spec.registers import REGISTERS
from rbonn_hw.toolchain import run_tool

BOARD = board("Pynq-Z2")
READ = """
import json, sys
from pynqmetadata.frontends import Metadata
from pynq.metadata.runtime_metadata_parser import RuntimeMetadataParser
from pynq.pl_server.embedded_device import _ip_to_topology
parser = RuntimeMetadataParser(Metadata(input=sys.argv[1]))
shell = parser.ip_dict["rbonn_shell_0"]
memory = parser.md.blocks["rbonn_shell_0"].ports["m_axi"].addrmap
print(json.dumps({
    "names": list(parser.ip_dict), "family": parser.family_ps, "base": shell["phys_addr"],
    "span": shell["addr_range"], "clocks": parser.clock_dict,
    "registers": {name: row["address_offset"] for name, row in shell["registers"].items()},
    "status": shell["registers"]["STATUS"]["fields"],
    "processor": sorted(parser.ip_dict[parser.ps_name]["parameters"]),
    "banks": [row["m_tag"] for row in _ip_to_topology(parser.mem_dict)["mem_topology"]["m_mem_data"]],
    "memory": [(list(memory)[0].split("]:")[1], r["baseaddr"], r["addr_range"]) for r in memory.values()],
}))
"""


def design(clock_mhz: float = 100.0) -> HandoffDesign:
    return HandoffDesign(name="digits", board=BOARD, clock_mhz=clock_mhz)


@pytest.mark.slow
@pytest.mark.parametrize("release", ["3.0.1", "4.0.0"])
def test_pynq_reads_it(tmp_path: Path, release: str) -> None:
    """With the parser of the image and with the newest; the loader of a board asks for the same facts."""
    path = tmp_path / "digits.hwh"
    path.write_text(handoff(design(125.0)))

    answer = run_tool([pynq_python(print, release), "-c", READ, path], install_hint="run the test again")

    found = json.loads(answer)
    assert (found["names"], found["family"]) == ([IP_NAME, "processing_system7_0"], "processing_system7")
    assert (found["base"], found["span"]) == (BOARD.base_address, 4096)
    assert found["registers"] == {row.name: row.offset for row in REGISTERS}
    assert found["status"]["ERROR_CODE"]["bit_offset"] == 8
    assert found["status"]["BUSY"]["access"] == "read-only"
    assert found["banks"] == ["PSDDR"], "a board allocates in the memory that pynq always adds"
    assert "C_S_AXI_HP0_DATA_WIDTH" in found["processor"], "the loader of a board looks at these"
    assert found["memory"] == [["S_AXI_HP0[port", 0, BOARD.ddr_bytes]]
    enabled = {number: row for number, row in found["clocks"].items() if row["enable"]}
    assert list(enabled) == ["0"]
    # pynq 3.0 sets a clock by its divisors, later ones by its frequency.
    assert enabled["0"].get("frequency", 125.0) == 125.0
    assert enabled["0"]["divisor0"] * enabled["0"]["divisor1"] == 8


def test_the_driver_reads_it() -> None:
    assert DRIVER_IP_NAME == IP_NAME
    expected = Handoff("xc7z020clg400-1", IP_NAME, BOARD.base_address, 4096)
    assert read_handoff(handoff(design()), "x.hwh", IP_NAME) == expected


def test_every_board_has_one() -> None:
    for row in BOARDS.values():
        text = handoff(HandoffDesign(name="x", board=row, clock_mhz=50.0))
        assert read_handoff(text, "x.hwh", IP_NAME).part == row.part


@pytest.mark.parametrize(("clock_mhz", "product"), [(100.0, 10), (142.857, 7), (250.0, 4), (10.0, 100)])
def test_divisors(clock_mhz: float, product: int) -> None:
    one, other = clock_divisors(clock_mhz, 1000.0)
    assert one * other == product
    assert max(one, other) < 64


def test_what_no_board_can_do() -> None:
    with pytest.raises(SpecError, match=r"clock_mhz=230.0 is not 1000.0 MHz over .* 250 is nearest"):
        design(230.0)
    with pytest.raises(SpecError, match="beyond Pynq-Z2"):
        design(300.0)
    with pytest.raises(SpecError, match="part 'xczu3eg-sbva484-1-e' is no Zynq-7000"):
        part_fields("xczu3eg-sbva484-1-e")

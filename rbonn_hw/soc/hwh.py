"""The hardware handoff (.hwh) that PYNQ reads beside a bitstream.

Vivado writes such a file for a block design; the shell has none, because it instantiates the processor
itself. This one has what pynq's parser uses: the system, the processor with its first fabric clock, its
general purpose master GP0 with the register block behind it, and its high performance slave HP0 with the
memory.
"""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Final

from rbonn_hw.errors import SpecError
from rbonn_hw.spec.board import Board
from rbonn_hw.spec.registers import REGISTERS, SPAN_BYTES, Access

IP_NAME: Final = "rbonn_shell_0"
"""Instance name by which pynq, and the driver, find the register block."""
PROCESSOR: Final = "processing_system7_0"
MAX_DIVISOR: Final = 63
# pynq knows these two words of access only.
_ACCESS: Final = {Access.READ_ONLY: "read-only"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffDesign:
    """What the file says.

    Attributes:
        name: Name of the design.
        board: Board: part, address of the registers, memory, source of the clock.
        clock_mhz: FCLK0 [MHz].

    Raises:
        SpecError: The board cannot make the clock.
    """

    name: str
    board: Board
    clock_mhz: float

    def __post_init__(self) -> None:
        self.board.check_clock(self.clock_mhz)
        clock_divisors(self.clock_mhz, self.board.fclk_source_mhz)
        part_fields(self.board.part)


def part_fields(part: str) -> tuple[str, str, str]:
    """Return device, package and speed grade of a Zynq-7000 part.

    Raises:
        SpecError: It is none.
    """
    match = re.fullmatch(r"xc(7z\d{3}s?)((?:clg|sbg|fbg|ffg)\d{3})(-\d[a-z]?)", part)
    if match is None:
        raise SpecError(f"part {part!r} is no Zynq-7000; a PYNQ-Z2 has xc7z020clg400-1")
    return match[1], match[2], match[3]


def clock_divisors(clock_mhz: float, source_mhz: float) -> tuple[int, int]:
    """Return the pair of divisors that comes nearest to a clock.

    Raises:
        SpecError: No pair is within 1 % of it.
    """
    pairs = [(one, other) for one in range(1, MAX_DIVISOR + 1) for other in range(1, one + 1)]
    best = min(pairs, key=lambda pair: abs(source_mhz / (pair[0] * pair[1]) - clock_mhz))
    nearest = source_mhz / (best[0] * best[1])
    if abs(nearest - clock_mhz) > 0.01 * clock_mhz:
        raise SpecError(
            f"clock_mhz={clock_mhz} is not {source_mhz} MHz over a product of two divisors up to "
            f"{MAX_DIVISOR}; {nearest:.6g} is nearest"
        )
    return best


def handoff(design: HandoffDesign) -> str:
    """Return the text of the .hwh file."""
    device, package, grade = part_fields(design.board.part)
    root = ElementTree.Element("EDKSYSTEM", EDWVERSION="1.2", TIMESTAMP="", VIVADOVERSION="")
    ElementTree.SubElement(
        root, "SYSTEMINFO", ARCH="zynq", DEVICE=device, NAME=design.name, PACKAGE=package, SPEEDGRADE=grade
    )
    ElementTree.SubElement(root, "EXTERNALPORTS")
    ElementTree.SubElement(root, "EXTERNALINTERFACES")
    modules = ElementTree.SubElement(root, "MODULES")
    _processor(modules, design)
    _shell(modules, design.board)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n{text}\n'


def _module(
    modules: ElementTree.Element, name: str, kind: str, vlnv: str, **more: str
) -> ElementTree.Element:
    values = {
        "FULLNAME": f"/{name}", "HWVERSION": vlnv.rpartition(":")[2], "INSTANCE": name,
        "IPTYPE": "PERIPHERAL", "IS_ENABLE": "1", "MODTYPE": kind, "VLNV": vlnv,
    }  # fmt: skip
    return ElementTree.SubElement(modules, "MODULE", values | more)


def _bus(interfaces: ElementTree.Element, net: str, name: str, direction: str, width: str) -> None:
    ElementTree.SubElement(
        interfaces, "BUSINTERFACE", BUSNAME=net, DATAWIDTH=width, NAME=name, TYPE=direction,
        VLNV="xilinx.com:interface:aximm:1.0",
    )  # fmt: skip


def _span(memory_map: ElementTree.Element, block: str, base: int, length: int, **more: str) -> None:
    values = {
        "ADDRESSBLOCK": block, "BASENAME": "C_BASEADDR", "BASEVALUE": f"0x{base:08X}",
        "HIGHNAME": "C_HIGHADDR", "HIGHVALUE": f"0x{base + length - 1:08X}", "IS_DATA": "TRUE",
        "IS_INSTRUCTION": "TRUE",
    }  # fmt: skip
    ElementTree.SubElement(memory_map, "MEMRANGE", values | more)


def _processor(modules: ElementTree.Element, design: HandoffDesign) -> None:
    module = _module(
        modules, PROCESSOR, "processing_system7", "xilinx.com:ip:processing_system7:5.5", IS_PL="FALSE"
    )
    parameters = ElementTree.SubElement(module, "PARAMETERS")
    divisors = clock_divisors(design.clock_mhz, design.board.fclk_source_mhz)
    values = {
        "C_USE_M_AXI_GP0": "1",
        "C_USE_S_AXI_HP0": "1",
        "C_S_AXI_HP0_DATA_WIDTH": "64",
        "PCW_FPGA0_PERIPHERAL_FREQMHZ": f"{design.clock_mhz:g}",
        # pynq 4 takes the clock from the name that it has on later families.
        "PSU__CRL_APB__PL0_REF_CTRL__ACT_FREQMHZ": f"{design.clock_mhz:g}",
    }
    for clock in range(4):
        one, other = divisors if clock == 0 else (1, 1)
        values |= {
            f"PCW_FPGA_FCLK{clock}_ENABLE": str(int(clock == 0)),
            f"PCW_FCLK{clock}_PERIPHERAL_CLKSRC": "IO PLL",
            f"PCW_FCLK{clock}_PERIPHERAL_DIVISOR0": str(one),
            f"PCW_FCLK{clock}_PERIPHERAL_DIVISOR1": str(other),
        }
    for name, value in values.items():
        ElementTree.SubElement(parameters, "PARAMETER", NAME=name, VALUE=value)
    interfaces = ElementTree.SubElement(module, "BUSINTERFACES")
    _bus(interfaces, "gp0", "M_AXI_GP0", "MASTER", "32")
    _bus(interfaces, "hp0", "S_AXI_HP0", "SLAVE", "64")
    memory_map = ElementTree.SubElement(module, "MEMORYMAP")
    _span(
        memory_map, "Reg", design.board.base_address, SPAN_BYTES, INSTANCE=IP_NAME, MEMTYPE="REGISTER",
        MASTERBUSINTERFACE="M_AXI_GP0", SLAVEBUSINTERFACE="s_axil",
    )  # fmt: skip


def _shell(modules: ElementTree.Element, board: Board) -> None:
    module = _module(modules, IP_NAME, "rbonn_shell", "rbonn.org:user:rbonn_shell:1.0")
    blocks = ElementTree.SubElement(module, "ADDRESSBLOCKS")
    block = ElementTree.SubElement(
        blocks, "ADDRESSBLOCK", ACCESS="read-write", INTERFACE="s_axil", NAME="Reg", RANGE=str(SPAN_BYTES),
        USAGE="register",
    )  # fmt: skip
    registers = ElementTree.SubElement(block, "REGISTERS")
    for row in REGISTERS:
        entry = ElementTree.SubElement(registers, "REGISTER", NAME=row.name)
        _properties(
            entry, row.fields[0].meaning, ADDRESS_OFFSET=f"0x{row.offset:X}", SIZE="32", IS_ENABLED="true"
        )
        fields = ElementTree.SubElement(entry, "FIELDS")
        for field in row.fields:
            _properties(
                ElementTree.SubElement(fields, "FIELD", NAME=field.name), field.meaning,
                BIT_OFFSET=str(field.low), BIT_WIDTH=str(field.bits),
                ACCESS=_ACCESS.get(field.access, "read-write"),
            )  # fmt: skip
    interfaces = ElementTree.SubElement(module, "BUSINTERFACES")
    _bus(interfaces, "gp0", "s_axil", "SLAVE", "32")
    _bus(interfaces, "hp0", "m_axi", "MASTER", "64")
    memory_map = ElementTree.SubElement(module, "MEMORYMAP")
    _span(
        memory_map, "HP0_DDR_LOWOCM", 0, board.ddr_bytes, INSTANCE=PROCESSOR, MEMTYPE="MEMORY",
        MASTERBUSINTERFACE="m_axi", SLAVEBUSINTERFACE="S_AXI_HP0",
    )  # fmt: skip


def _properties(parent: ElementTree.Element, description: str, **values: str) -> None:
    for name, value in {"DESCRIPTION": description, **values}.items():
        ElementTree.SubElement(parent, "PROPERTY", NAME=name, VALUE=value)

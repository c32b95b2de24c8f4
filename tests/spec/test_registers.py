"""rbonn_hw.spec.registers: the map that hardware and driver share."""

import re
from pathlib import Path

import pytest

import rbonn_hw
from rbonn_hw.errors import SpecError
from rbonn_hw.spec.registers import (
    IDENT_VALUE,
    OFFSETS,
    REGISTERS,
    VERSION_MAJOR,
    VERSION_MINOR,
    Access,
    ErrorCode,
    Field,
    Register,
    register,
    register_document,
)

RTL = (Path(rbonn_hw.__file__).parent / "rtl" / "rbonn_registers.sv").read_text()
JOB = (Path(rbonn_hw.__file__).parent / "rtl" / "rbonn_job.sv").read_text()


def constants(source: str, width: str) -> dict[str, int]:
    """Return the hexadecimal or decimal local parameters of a source."""
    found = re.findall(rf"localparam {width} (\w+)\s*= (?:\d+'([hd]))?(\w+);", source)
    return {name: int(digits, 16 if base == "h" else 10) for name, base, digits in found}


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def test_offsets_are_those_of_the_rtl() -> None:
    assert constants(RTL, r"logic \[11:0\]") == {camel(name): offset for name, offset in OFFSETS.items()}


def test_constants_are_those_of_the_rtl() -> None:
    found = constants(RTL, r"logic \[31:0\]")

    assert found["IdentValue"] == IDENT_VALUE == int.from_bytes(b"RBNN", "big")
    assert found["VersionValue"] == VERSION_MAJOR << 16 | VERSION_MINOR


def test_bits_are_those_of_the_rtl() -> None:
    bits = constants(RTL, "int unsigned")

    for row in ("CONTROL", "STATUS"):
        named = {camel(entry.name): entry.low for entry in register(row).fields}
        assert {name: low for name, low in named.items() if name in bits} == {
            name: low for name, low in bits.items() if name in named
        }
    assert set(bits) == {"Start", "Abort", "IrqEnable", "Done", "Error"}


def test_error_codes_are_those_of_the_rtl() -> None:
    codes = constants(JOB, r"logic \[2:0\]")

    assert codes == {
        "Unaligned": ErrorCode.UNALIGNED,
        "BadLength": ErrorCode.LENGTH,
        "ReadResponse": ErrorCode.READ_RESPONSE,
        "WriteResponse": ErrorCode.WRITE_RESPONSE,
        "Aborted": ErrorCode.ABORTED,
    }


def test_the_map_of_the_contract() -> None:
    assert list(OFFSETS.values()) == list(range(0, 0x3C, 4))
    assert register("STATUS").field("ERROR_CODE").mask == 0xFF00
    assert register("CONTROL").field("START").access is Access.SELF_CLEARING
    assert len({row.name for row in REGISTERS}) == len(REGISTERS)


def test_the_document_carries_every_field() -> None:
    document = register_document()

    assert document["registers"]["FRAMES"]["offset"] == 0x24
    assert document["registers"]["STATUS"]["fields"]["DONE"] == {"low": 1, "bits": 1, "access": "W1C"}
    assert document["error_codes"]["ABORTED"] == 5
    assert set(document["registers"]) == set(OFFSETS)


def test_a_misspelt_register_is_met_with_the_nearest_name() -> None:
    with pytest.raises(SpecError, match=r"'FRAME' is not known; did you mean 'FRAMES'"):
        register("FRAME")
    with pytest.raises(SpecError, match=r"known: IDENT, VERSION"):
        register("!")
    with pytest.raises(SpecError, match=r"has no field 'READY', but \['BUSY'"):
        register("STATUS").field("READY")


@pytest.mark.parametrize("offset", [2, -4, 4096])
def test_an_offset_outside_the_block_is_refused(offset: int) -> None:
    with pytest.raises(SpecError, match=r"must be a multiple of 4 below 0x1000"):
        Register("R", offset, ())


@pytest.mark.parametrize(("low", "bits"), [(0, 1), (1, 32), (2, 0)])
def test_fields_that_overlap_or_leave_the_register_are_refused(low: int, bits: int) -> None:
    fields = (Field("A", 0, 1, Access.READ_ONLY, ""), Field("B", low, bits, Access.READ_ONLY, ""))

    with pytest.raises(SpecError, match=r"field B takes bits .* bits 1 .. 31 are free"):
        Register("R", 0, fields)

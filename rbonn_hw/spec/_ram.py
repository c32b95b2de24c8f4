"""On-chip memory of a 7-series part: what a simple dual-port RAM costs, and where it is better kept."""

from rbonn_hw.errors import SpecError

BLOCK, DISTRIBUTED, AUTO = "block", "distributed", "auto"

# Simple dual-port shapes of a RAMB18E1, (depth [words], width [bits]) (UG473, table 1-8).
_RAMB18_SHAPES = ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))
# Above this many RAM LUTs a RAMB18 is the cheaper place: an xc7z020 has 17,400 LUTs that can be RAM and
# 280 RAMB18, 62 for each.
_LUTS_PER_RAMB18 = 62


def distributed_luts(depth: int, width_bits: int) -> int:
    """Return the LUTs of a LUT RAM with one write and one read port.

    Args:
        depth: Words.
        width_bits: Width of a word [bits].
    """
    if depth <= 32:  # RAM32M: 6 bits in 4 LUTs
        return 4 * -(-width_bits // 6)
    banks = -(-depth // 64)  # RAM64M: 3 bits in 4 LUTs
    multiplexer = -(-(banks - 1) // 3)  # LUT6 takes four banks; MUXF7/F8 are free
    return banks * 4 * -(-width_bits // 3) + width_bits * multiplexer


def ramb18(depth: int, width_bits: int) -> int:
    """Return the RAMB18 of a block RAM with one write and one read port."""
    return min(-(-depth // words) * -(-width_bits // bits) for words, bits in _RAMB18_SHAPES)


def in_block_ram(depth: int, width_bits: int, ram_style: str) -> bool:
    """Return whether a memory goes to block RAM.

    Args:
        depth: Words.
        width_bits: Width of a word [bits].
        ram_style: ``block``, ``distributed`` or ``auto``, which takes the scarcer resource less.

    Raises:
        SpecError: Unknown ``ram_style``.
    """
    if ram_style == AUTO:
        return distributed_luts(depth, width_bits) > _LUTS_PER_RAMB18 * ramb18(depth, width_bits)
    if ram_style not in (BLOCK, DISTRIBUTED):
        raise SpecError(f"ram_style={ram_style!r} must be one of {AUTO!r}, {BLOCK!r}, {DISTRIBUTED!r}")
    return ram_style == BLOCK

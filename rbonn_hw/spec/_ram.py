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
    banks, bits_per_ram = (1, 6) if depth <= 32 else (-(-depth // 64), 3)
    # RAM32M keeps 6 bits and RAM64M keeps 3 in 4 LUTs; a single bit left over takes 2 (RAM32X1D, RAM64X1D).
    rams, rest = divmod(width_bits, bits_per_ram)
    multiplexer = -(-(banks - 1) // 3)  # a LUT6 takes four banks; MUXF7 and F8 are free
    return banks * (4 * rams + min(4, 2 * rest)) + width_bits * multiplexer


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

"""On-chip memory of a 7-series part: what a simple dual-port RAM costs, and where it is better kept."""

from rbonn_hw.errors import SpecError

BLOCK, DISTRIBUTED, AUTO = "block", "distributed", "auto"

# Yosys maps a memory with one read port to the cheapest of these: (RAMB18 that a block takes, its cost,
# address bits of its narrowest shape, widths [bits]). Source: Yosys, techlibs/xilinx/brams_xc4v.txt.
_BLOCKS = (
    (1, 129, 14, (1, 2, 4, 9, 18)),
    (2, 257, 15, (1, 2, 4, 9, 18, 36)),
    (4, 513, 16, (1, 2, 4, 9)),
    (1, 129, 14, (1, 2, 4, 9, 18, 36)),
    (2, 257, 15, (1, 2, 4, 9, 18, 36, 72)),
)
_BYTE = 9
"""Granule of a write, which a word of a memory that is written is padded to [bits]."""
LUTS_PER_RAMB18 = 62
"""Above this many LUTs a RAMB18 is the cheaper place: an xc7z020 has 17,400 LUTs that can be RAM and 280
RAMB18, 62 for each."""


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


def ramb18(depth: int, width_bits: int, *, written: bool = True) -> int:
    """Return the RAMB18 of a block RAM with one read port, as Yosys maps it; a RAMB36 counts two.

    Words beyond the depth of a block lie in further bits, among which a multiplexer chooses: it is all bits
    that are rounded up to blocks, not rows and columns.

    Args:
        depth: Words.
        width_bits: Width of a word [bits].
        written: It has a write port; else it is a table.

    Source: Yosys, passes/memory/memory_libmap.cc, handle_geom.
    """
    return _best(depth, width_bits, written=written)[1]


def bank_luts(depth: int, width_bits: int) -> int:
    """Return the LUTs that choose among the banks of a table in block RAM, fitted to Yosys.

    Args:
        depth: Words.
        width_bits: Width of a word [bits].
    """
    banks = _best(depth, width_bits, written=False)[2]
    return width_bits * max(1, (banks - 1) // 2) if banks > 1 else 0


def _best(depth: int, width_bits: int, *, written: bool) -> tuple[float, int, int]:
    return min((_cheapest(depth, width_bits, block, written=written) for block in _BLOCKS), key=_cost)


def _cost(mapping: tuple[float, int, int]) -> float:
    return mapping[0]


def _cheapest(
    depth: int, width_bits: int, block: tuple[int, int, int, tuple[int, ...]], *, written: bool
) -> tuple[float, int, int]:
    """Return cost, RAMB18 and banks of the best shape of one kind of block."""
    units, cost, address_bits, widths = block
    best: tuple[float, int, int] | None = None
    for narrower, width in enumerate(widths):
        banks = -(-depth // (1 << (address_bits - narrower)))
        granule = min(width, _BYTE) if written else 1
        blocks = -(-banks * -(-width_bits // granule) * granule // width)
        total = cost * blocks + (banks - 1) * width_bits / 2 + (banks / 2 if written and banks > 1 else 0)
        # Yosys remembers the best cost so far without its fraction.
        if best is None or total < int(best[0]):
            best = total, units * blocks, banks
    assert best is not None
    return best


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
        return distributed_luts(depth, width_bits) > LUTS_PER_RAMB18 * ramb18(depth, width_bits)
    if ram_style not in (BLOCK, DISTRIBUTED):
        raise SpecError(f"ram_style={ram_style!r} must be one of {AUTO!r}, {BLOCK!r}, {DISTRIBUTED!r}")
    return ram_style == BLOCK

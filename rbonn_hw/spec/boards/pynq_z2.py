"""PYNQ-Z2. Sources: TUL, PYNQ-Z2 manual; Xilinx UG585 chapter 25 and DS187 (fabric clocks)."""

from rbonn_hw.spec.board import Board

BOARD = Board(
    name="Pynq-Z2",
    part="xc7z020clg400-1",
    ddr_bytes=512 << 20,
    fclk_source_mhz=1000.0,
    max_clock_mhz=250.0,
    base_address=0x43C0_0000,
    finn_name="Pynq-Z2",
)

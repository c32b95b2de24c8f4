"""rbonn_hw/soc/critical_path.py: cells of a flat netlist are those of kernels, wires those of streams."""

from typing import Literal

import pytest

from rbonn_hw.soc.critical_path import limit, stretches
from rbonn_hw.soc.timing_report import CriticalPath, Step

NODES = {"fc0_mvau": "RbonnMVAU", "dwc0": "RbonnDWC", "pool0": "RbonnPool"}
STREAMS = {"stream0": "fc0_mvau -> dwc0", "stream1": "dwc0 -> pool0"}
READY_CHAIN = (
    ("u_shell.u_accelerator.pool0.u_pool.full_q_reg.Q", "logic", 0.4),
    ("u_shell.u_accelerator.stream1_tready", "wire", 2.0),
    ("$flatten\\u_shell.u_accelerator.\\dwc0.$abc$1$lut$2.O", "logic", 0.1),
    ("u_shell.u_accelerator.stream0_tready", "wire", 5.0),
    ("$flatten\\u_shell.u_accelerator.\\fc0_mvau.$abc$7$lut$8.O", "logic", 0.1),
    ("$flatten\\u_shell.u_accelerator.\\fc0_mvau.$x", "wire", 1.0),
    ("$flatten\\u_shell.u_accelerator.\\fc0_mvau.$auto$ff.cc:337:slice$9.CE", "logic", 0.1),
)


def path(*steps: tuple[str, str, float]) -> CriticalPath:
    kinds: dict[str, Literal["logic", "wire"]] = {"logic": "logic", "wire": "wire"}
    return CriticalPath("clock 'clk'", tuple(Step(name, kinds[kind], delay) for name, kind, delay in steps))


def test_a_chain_of_ready_through_three_kernels() -> None:
    found = stretches(path(*READY_CHAIN), NODES, STREAMS)

    assert [(part.node, part.kernel, part.cells) for part in found] == [
        ("pool0", "RbonnPool", 1), ("dwc0", "RbonnDWC", 1), ("fc0_mvau", "RbonnMVAU", 2)
    ]  # fmt: skip
    assert [(part.logic_ns, part.wire_ns) for part in found] == [(0.4, 2.0), (0.1, 5.0), (0.2, 1.0)]
    assert found[1].signals == ("ready of fc0_mvau -> dwc0",)
    said = limit(found, 90.0, 100.0)
    assert said == (
        "the clock is limited by pool0 -> dwc0 -> fc0_mvau, by ready of dwc0 -> pool0, ready of "
        "fc0_mvau -> dwc0: 8.7 ns, 8.0 ns of them wires; try more placements (--seeds 4), or compile for "
        "--clock-mhz 90"
    )


def test_one_kernel_is_folded() -> None:
    found = stretches(path(*READY_CHAIN[4:]), NODES, STREAMS)
    said = limit(found, 60.0, 100.0)
    assert "limited by fc0_mvau (RbonnMVAU): 1.2 ns" in said
    assert "fold fc0_mvau more (a smaller PE or SIMD in folding.json), or compile for --clock-mhz 60" in said
    assert "--seeds" not in said, "another placement will not find 40 %"


@pytest.mark.parametrize(
    ("cell", "kernel"),
    [
        ("u_shell.u_reader.u_dma.u_fifo.u_ram.words.0.39.Q", "u_ram"),
        ("u_shell/u_writer/state_q_reg[0]/C", "u_writer"),
        ("$abc$71502$lut$aiger$o10004.O", "shell"),
        ("$auto$ff.cc:337:slice$3535.Q", "shell"),
    ],
)
def test_the_shell(cell: str, kernel: str) -> None:
    (part,) = stretches(path((cell, "logic", 0.5)), NODES, STREAMS)
    assert (part.node, part.kernel) == ("shell", kernel)


def test_vivado_names_cells_with_slashes() -> None:
    (part,) = stretches(
        path(("u_shell/u_accelerator/fc0_mvau/u_dot/sum_q_reg[3]/D", "logic", 0.5)), NODES, {}
    )
    assert part.node == "fc0_mvau"


def test_nothing_to_say() -> None:
    assert limit((), 120.0, 100.0) == ""
    assert limit((), 80.0, 100.0) == "compile for --clock-mhz 80"

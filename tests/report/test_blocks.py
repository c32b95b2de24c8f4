"""rbonn_hw.report.blocks: layers by name, and what they take of the part."""

import pytest

from rbonn_hw.report.blocks import block_of, block_rows, stack
from rbonn_hw.results import Document


@pytest.mark.parametrize(
    ("layer", "block"),
    [
        ("Conv_0_mvau_fork", "Conv_0"),
        ("Add_12_add_fifo0", "Add_12"),
        ("layer_4_branch_branch_1_act_quant_BipolarQuant_threshold", "layer_4"),
        ("b1_conv_Conv_mvau", "b1"),
        ("features_features_1_Conv_mvau", "features_1"),
        ("fc_MatMul_mvau", "fc"),
        ("mvau0", "mvau0"),
        ("0_odd", "0_odd"),
    ],
)
def test_block_is_the_first_word_with_its_number(layer: str, block: str) -> None:
    assert block_of(layer) == block


def layer(name: str, kernel: str, cycles: int, lut: int) -> Document:
    """Return a layer of a report."""
    area = {"lut": lut, "ff": 0, "ramb36": 0, "dsp": 0}
    return {"name": name, "kernel": kernel, "pe": 1, "simd": 1, "estimated_cycles": cycles, **area}


LAYERS = [
    layer("Conv_0_window_swg", "RbonnWindow", 10, 100),
    layer("Add_1_fifo0", "RbonnFIFO", 5, 7),
    layer("Conv_0_mvau", "RbonnMVAU", 40, 300),
    layer("Add_1_add", "RbonnAdd", 8, 20),
]


def test_blocks_sum_their_layers_and_are_as_slow_as_the_slowest() -> None:
    conv, add = block_rows(LAYERS)

    assert [(row["name"], row["lut"], row["estimated_cycles"]) for row in (conv, add)] == [
        ("Conv_0", 400, 40),
        ("Add_1", 27, 8),
    ]
    assert (conv["slowest"], add["slowest"], add["share"]) == (True, False, 0.2)
    assert [row["name"] for row in add["layers"]] == ["Add_1_add", "1 FIFOs and width converters"]


def test_a_stack_holds_all_that_was_counted_and_the_shell() -> None:
    report = {"layers": LAYERS, "resources": {"lut": 450}, "budget": {"lut": 1000}, "shell": {"lut": 50}}

    found = [(part["name"], part["used"], part["share"]) for part in stack(report, "lut")]

    assert found == [
        ("Conv_0", 400, 0.4),
        ("Add_1", 27, 0.027),
        ("between layers", 23, 0.023),
        ("shell (estimated)", 50, 0.05),
    ]


def test_small_blocks_are_one_segment() -> None:
    layers = [layer(f"Conv_{number}_mvau", "RbonnMVAU", 1, 100 - number) for number in range(9)]
    report = {"layers": layers, "resources": {"lut": 864}, "budget": {"lut": 1000}, "shell": {}}

    names = [part["name"] for part in stack(report, "lut")]

    assert names == [*(f"Conv_{number}" for number in range(7)), "2 other blocks"]

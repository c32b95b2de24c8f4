"""rbonn_hw/rtl/rbonn_depthwise.sv: every integer and every cycle, against rbonn_hw.ref.depthwise."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.memory import depthwise_weight_words
from rbonn_hw.packing import Ints, pack, readmemh_text, unpack
from rbonn_hw.ref.depthwise import depthwise
from rbonn_hw.sim.model import Model, Run, build, kernel_design
from rbonn_hw.spec.depthwise import DepthwiseSpec
from rbonn_hw.toolchain import run_verilator
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

RTL = Path(__file__).resolve().parents[2] / "rbonn_hw" / "rtl"
WINDOWS = 40
BIT, UINT4, INT8 = IntType(1, signed=False), IntType(4, signed=False), IntType(8, signed=True)
SPECS = [
    pytest.param(DepthwiseSpec(channels=6, taps=9, pe=1, input=UINT4, weight_bits=4), id="folded"),
    pytest.param(DepthwiseSpec(channels=6, taps=9, pe=3, input=INT8, weight_bits=8), id="two-folds"),
    pytest.param(DepthwiseSpec(channels=24, taps=4, pe=24, input=UINT4, weight_bits=1), id="bipolar"),
    pytest.param(DepthwiseSpec(channels=3, taps=6, pe=3, simd=3, input=INT8, weight_bits=3), id="three-taps"),
    pytest.param(DepthwiseSpec(channels=2, taps=9, pe=2, simd=9, input=BIT, weight_bits=1), id="all-taps"),
    pytest.param(DepthwiseSpec(channels=6, taps=9, pe=3, input=INT8, weight_bits=4, ram_style="block"),
                 id="block-ram"),
    pytest.param(DepthwiseSpec(channels=4, taps=1, pe=2, input=INT8, weight_bits=2), id="one-tap"),
]  # fmt: skip


def case(spec: DepthwiseSpec) -> tuple[Ints, Ints]:
    """Draw weights and windows; the first channel has the extreme weights, two windows extreme pixels."""
    rng, half = np.random.default_rng(3), 1 << (spec.weight_bits - 1)
    shape = (spec.taps, spec.channels)
    weights = rng.choice([-1, 1], shape) if spec.weight_bits == 1 else rng.integers(-half, half, shape)
    weights[:, 0] = -half
    x = rng.integers(spec.input.min, spec.input.max + 1, (WINDOWS, *shape))
    x[0], x[1] = spec.input.min, spec.input.max
    return weights, x


def build_model(spec: DepthwiseSpec, weights: Ints, folder: Path) -> Model:
    """Write the weights and compile the unit."""
    words = readmemh_text(depthwise_weight_words(spec, weights), spec.weight_row_bits)
    (folder / "weights.mem").write_text(words)
    return build(kernel_design(spec), folder)


def stream(model: Model, spec: DepthwiseSpec, x: Ints, in_stall: float = 0.0, out_stall: float = 0.0) -> Run:
    """Send windows [n, taps, channels]."""
    words = pack(x.reshape(-1, spec.inputs[0].lanes), spec.input.bits)
    return model.run([words], [len(x) * spec.fold], in_stall=in_stall, out_stall=out_stall, seed=1)


def results(run: Run, spec: DepthwiseSpec) -> Ints:
    """Return pixels [n, channels]."""
    kind = spec.output_type
    return unpack(run.outputs[0], spec.pe, kind.bits, signed=kind.signed).reshape(-1, spec.channels)


@pytest.mark.parametrize("spec", SPECS)
def test_matches_golden_model(spec: DepthwiseSpec, tmp_path: Path) -> None:
    weights, x = case(spec)
    model, expected = build_model(spec, weights, tmp_path), depthwise(spec, weights, x)

    unstalled = stream(model, spec, x)

    np.testing.assert_array_equal(results(unstalled, spec), expected)
    assert_modelled(spec, unstalled)
    np.testing.assert_array_equal(unstalled.in_cycles[0], np.arange(WINDOWS * spec.cycles_per_frame))
    assert unstalled.cycles == WINDOWS * spec.cycles_per_frame + spec.latency_cycles
    for in_stall, out_stall in ((0.4, 0.4), (0.0, 0.98), (0.7, 0.0)):
        run = stream(model, spec, x, in_stall, out_stall)
        np.testing.assert_array_equal(results(run, spec), expected)
        assert_modelled(spec, run, in_stall=in_stall, out_stall=out_stall)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (("-GSIMD=2", "-GFold=1"), "SIMD divide Taps=9"),
        (("-GSIMD=3",), "SIMD=3 needs Fold=2 to be 1"),
        (('-GWeightFile=""',), "File must name"),
    ],
)
def test_illegal_parameters_fail_elaboration(parameters: tuple[str, ...], message: str) -> None:
    with pytest.raises(ToolError, match=message):
        run_verilator(["--lint-only", f"-I{RTL}", *parameters, RTL / "rbonn_depthwise.sv"])

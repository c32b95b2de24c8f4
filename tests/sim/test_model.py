"""rbonn_hw/sim/model.py: words, cycles, caching, and every way in which a simulation must fail."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import ConfigError, DeadlockError, ShapeError, SimulationError, SpecError, ToolError
from rbonn_hw.packing import Ints, Words, pack, readmemh_text, unpack
from rbonn_hw.sim import verilated
from rbonn_hw.sim.model import Design, Model, Probe, Run, StreamPins, build
from rbonn_hw.toolchain import run_verilator

pytestmark = pytest.mark.verilator
RTL = Path(__file__).parent / "rtl"
BEATS = 60


def join_fork(width_bits: int = 8, fault: int = 0) -> Design:
    return Design(
        top="join_fork",
        sources=(RTL / "join_fork.sv",),
        inputs=tuple(
            StreamPins(f"in{i}_valid_i", f"in{i}_ready_o", f"in{i}_data_i", width_bits) for i in (0, 1)
        ),
        outputs=tuple(
            StreamPins(f"out{o}_valid_o", f"out{o}_ready_i", f"out{o}_data_o", width_bits) for o in (0, 1)
        ),
        parameters={"Width": width_bits, "Fault": fault},
        probes=(Probe("join -> registers", "pair_valid", "pair_ready"),),
    )


def lookup(table: str) -> Design:
    return Design(
        top="lookup",
        sources=(RTL / "lookup.sv",),
        inputs=(StreamPins("in_valid_i", "in_ready_o", "in_data_i", 4),),
        outputs=(StreamPins("out_valid_o", "out_ready_i", "out_data_o", 8),),
        parameters={"TableFile": table},
    )


def words_of(values: Ints) -> Words:
    return pack(values.reshape(-1, 1), 8)


def two_inputs(seed: int = 0) -> tuple[Ints, Ints]:
    a, b = np.random.default_rng(seed).integers(14, 120, (2, BEATS))
    return a, b


def run(model: Model, expected: int = BEATS, **settings: float) -> Run:
    a, b = two_inputs()
    return model.run([words_of(a), words_of(b)], [expected, BEATS], **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return build(join_fork(), folder)


@pytest.mark.parametrize(("in_stall", "out_stall"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.4, 0.4)])
def test_words_survive_stalls(model: Model, in_stall: float, out_stall: float) -> None:
    a, b = two_inputs()

    result = run(model, in_stall=in_stall, out_stall=out_stall, seed=3)

    np.testing.assert_array_equal(result.outputs[0], words_of((a + b) % 256))
    np.testing.assert_array_equal(result.outputs[1], words_of((a - b) % 256))
    stalled = in_stall or out_stall
    assert (result.cycles > BEATS + 10) == bool(stalled)


def test_cycles_are_exact(model: Model) -> None:
    result = run(model)

    for taken in result.in_cycles:
        np.testing.assert_array_equal(taken, np.arange(BEATS))
    for sent in result.beat_cycles:
        np.testing.assert_array_equal(sent, 1 + np.arange(BEATS))
    assert result.cycles == BEATS + 1


def test_a_seed_repeats_its_pauses(model: Model) -> None:
    one, same, other = (run(model, in_stall=0.3, out_stall=0.3, seed=seed) for seed in (1, 1, 2))

    np.testing.assert_array_equal(one.beat_cycles[0], same.beat_cycles[0])
    assert not np.array_equal(one.beat_cycles[0], other.beat_cycles[0])


def test_wide_words(folder: Path) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 100, (2, BEATS, 9))
    wide = build(join_fork(width_bits=72), folder)

    result = wide.run([pack(a, 8), pack(b, 8)], [BEATS, BEATS], in_stall=0.3, out_stall=0.3)

    np.testing.assert_array_equal(unpack(result.outputs[0], 9, 8, signed=False), a + b)


def test_progress_is_told(model: Model) -> None:
    told: list[int] = []
    a, b = two_inputs()
    model.run([words_of(a), words_of(b)], [BEATS, BEATS], progress=told.append, progress_beats=20)
    assert told == [20, 40, 60]


def test_memory_files_are_found_beside_the_model(folder: Path) -> None:
    table = np.arange(16)[::-1] * 3
    (folder / "found.mem").write_text(readmemh_text(words_of(table), 8))
    inputs = np.arange(16).reshape(-1, 1)

    result = build(lookup("found.mem"), folder).run([pack(inputs, 4)], [16])

    np.testing.assert_array_equal(unpack(result.outputs[0], 1, 8, signed=False)[:, 0], table)


def test_a_missing_memory_file_is_an_error(folder: Path) -> None:
    absent = build(lookup("absent.mem"), folder)
    with pytest.raises(SimulationError, match=r"absent\.mem.*not found"):
        absent.run([pack(np.zeros((1, 1), dtype=np.int64), 4)], [1])


@pytest.mark.parametrize("text", ["00\n" * 17, "0g\n"], ids=["too-long", "not-hexadecimal"])
def test_a_bad_memory_file_is_an_error(folder: Path, text: str) -> None:
    (folder / "bad.mem").write_text(text)
    with pytest.raises(SimulationError, match=r"bad\.mem"):
        build(lookup("bad.mem"), folder).run([pack(np.zeros((1, 1), dtype=np.int64), 4)], [1])


def test_a_starved_design_is_a_deadlock(model: Model) -> None:
    a, b = two_inputs()
    with pytest.raises(DeadlockError) as caught:
        model.run([words_of(a), words_of(b[:7])], [BEATS, BEATS], idle_limit=500)
    message = str(caught.value)
    assert "in0 waits for ready (7 of 60 beats)" in message
    assert "out0 waits for data (7 of 60 beats)" in message
    assert "join -> registers: ready, not valid" in message
    assert "in1" not in message


FAULTS = [
    pytest.param(1, "out0 withdrew valid", id="withdrawn-valid"),
    pytest.param(2, "out0 changed its data", id="changed-data"),
    pytest.param(3, "out0 sent a surplus beat after all 60", id="surplus-beat"),
    pytest.param(4, "in1 waits for ready", id="input-not-taken"),
    pytest.param(5, "in0 is 13", id="assertion"),
]


@pytest.mark.parametrize(("fault", "message"), FAULTS)
def test_a_broken_design_is_an_error(folder: Path, fault: int, message: str) -> None:
    a, b = two_inputs()
    a[-1] = 13
    broken = build(join_fork(fault=fault), folder)
    with pytest.raises(SimulationError, match=message):
        broken.run([words_of(a), words_of(b)], [BEATS, BEATS], out_stall=0.5, idle_limit=1000)


def test_input_that_is_left_over_is_an_error(model: Model) -> None:
    a, b = two_inputs()
    with pytest.raises(SimulationError, match=r"in0 waits for ready \(59 of 60 beats\)"):
        model.run([words_of(a), words_of(b[:-1])], [BEATS - 1, BEATS - 1])


def test_a_waveform_is_written(folder: Path, tmp_path: Path) -> None:
    traced = build(join_fork(), folder, trace=True)
    a, b = two_inputs()

    traced.run([words_of(a), words_of(b)], [BEATS, BEATS], waveform=tmp_path / "w.fst")

    content = (tmp_path / "w.fst").read_bytes()
    assert content[0] == 0, "the header block of an FST file"
    assert len(content) > 1000


def test_an_unchanged_design_is_not_compiled_again(
    model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise AssertionError("Verilator was run")

    monkeypatch.setattr(verilated, "run_verilator", refuse)
    assert build(join_fork(), folder).program == model.program
    with pytest.raises(AssertionError, match="Verilator was run"):
        build(join_fork(width_bits=9), folder)


def test_a_changed_source_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "lookup.sv"
    source.write_text((RTL / "lookup.sv").read_text())
    design = Design(top="lookup", sources=(source,), inputs=lookup("t").inputs, outputs=lookup("t").outputs)
    build(design, tmp_path)
    source.write_text(source.read_text().replace("rows[in_data_i]", "~rows[in_data_i]"))

    calls: list[object] = []

    def counted(arguments: Sequence[str | Path]) -> str:
        calls.append(arguments)
        return run_verilator(arguments)

    monkeypatch.setattr(verilated, "run_verilator", counted)
    build(design, tmp_path)

    assert len(calls) == 1


def test_a_large_design_is_compiled_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verilated, "SPLIT_BYTES", 0)
    a, b = two_inputs()

    result = run(build(join_fork(), tmp_path))

    np.testing.assert_array_equal(result.outputs[0], words_of((a + b) % 256))


def test_words_of_the_wrong_shape(model: Model) -> None:
    good = words_of(two_inputs()[0])
    with pytest.raises(ShapeError, match="2 input streams, but 1"):
        model.run([good], [BEATS, BEATS])
    with pytest.raises(ShapeError, match=r"must be uint8 \[beats, 1\]"):
        model.run([good, np.zeros((BEATS, 2), dtype=np.uint8)], [BEATS, BEATS])
    with pytest.raises(ShapeError, match="2 output streams"):
        model.run([good, good], [BEATS])


def test_bits_above_the_width(folder: Path) -> None:
    (folder / "full.mem").write_text(readmemh_text(words_of(np.arange(16)), 8))
    with pytest.raises(ShapeError, match="above its 4 bits"):
        build(lookup("full.mem"), folder).run([np.full((1, 1), 16, dtype=np.uint8)], [1])


def test_settings_out_of_range(model: Model, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"in_stall=1\.0"):
        run(model, in_stall=1.0)
    with pytest.raises(ConfigError, match="trace=True"):
        run(model, waveform=tmp_path / "w.fst")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="width_bits=0"):
        StreamPins("v", "r", "d", 0)


def test_a_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ToolError, match=r"no-such-compiler.*install g\+\+"):
        build(join_fork(), tmp_path)
    assert not list(tmp_path.glob("join_fork*"))


def test_lint_warnings_and_missing_sources_are_errors(tmp_path: Path) -> None:
    (tmp_path / "lookup.sv").write_text((RTL / "lookup.sv").read_text().replace("[3:0]", "[4:0]"))
    pins = lookup("t")
    with pytest.raises(ToolError, match="WIDTHTRUNC"):
        build(
            Design(top="lookup", sources=(tmp_path / "lookup.sv",), inputs=pins.inputs, outputs=pins.outputs),
            tmp_path,
        )
    with pytest.raises(ToolError, match=r"none\.sv does not exist"):
        build(Design(top="none", sources=(tmp_path / "none.sv",), inputs=(), outputs=()), tmp_path)

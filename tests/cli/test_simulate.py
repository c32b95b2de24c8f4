"""rbonn simulate: every integer of RTL, FINN's graph and QONNX, and which run a folder shows."""

import json
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.cli import main
from rbonn_hw.ownership import MARKER
from tests.cli.mlp_build import compile_mlp

pytestmark = pytest.mark.verilator


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_mlp(tmp_path_factory.mktemp("mlp"))


def test_random_frames_agree_and_ii_is_the_bottleneck(build_dir: Path) -> None:
    assert main(["simulate", str(build_dir), "--random", "20"]) == 0

    result = json.loads((build_dir / "simulate.json").read_text())
    assert result["frames"] == 20
    assert result["mismatches"] == 0
    assert set(result["pairs"]) == {"qonnx-finn", "qonnx-rtl", "finn-rtl"}
    compiled = json.loads((build_dir / "compile.json").read_text())
    assert result["ii_cycles"] == compiled["estimated_ii_cycles"]
    assert result["origin"]["ii_cycles"] == "simulated"


def test_rerun_with_nothing_changed_is_idle(build_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(build_dir), "--random", "6"]) == 0
    stamp = (build_dir / "simulate.json").stat().st_mtime_ns
    capsys.readouterr()

    assert main(["simulate", str(build_dir), "--random", "6"]) == 0

    assert "nothing changed" in capsys.readouterr().out
    assert (build_dir / "simulate.json").stat().st_mtime_ns == stamp
    assert main(["simulate", str(build_dir), "--random", "6", "--seed", "1"]) == 0
    assert (build_dir / "simulate.json").stat().st_mtime_ns != stamp


def test_rtl_that_was_edited_is_simulated_again_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    out = compile_mlp(tmp_path / "out")
    (out / "folding.json").write_text("{}")  # for the next compilation
    words = ["simulate", str(out), "--random", "6"]
    assert main(words) == 0
    assert not caplog.text
    memory = next(path for path in sorted((out / "rtl").glob("*.mem")) if "weight" in path.name)
    good = memory.read_text()
    memory.write_text(good.translate(str.maketrans("0123456789abcdef", "fedcba9876543210")))
    capsys.readouterr()

    assert main(words) == 1

    assert "nothing changed" not in capsys.readouterr().out
    assert f"{memory} was changed since it was compiled" in caplog.text
    assert json.loads((out / "simulate.json").read_text())["edited"] == [f"rtl/{memory.name}"]
    assert main(words) == 1
    assert "nothing changed" in capsys.readouterr().out
    memory.write_text(good)
    assert main(words) == 0
    assert json.loads((out / "simulate.json").read_text())["edited"] == []
    memory.unlink()
    assert main(words) == 2
    assert f"{memory} is gone" in capsys.readouterr().err


@pytest.mark.parametrize("seed", [0, (1 << 63) - 1])
def test_stalls_change_the_cycles_and_no_answer(
    seed: int, build_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--random", "5", "--stall", "0.4", "--seed", str(seed), "--json"]
    assert main(["simulate", str(build_dir), *words]) == 0
    assert json.loads(capsys.readouterr().out)["dataflow_error_cycles"] == 0


def test_instances(build_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {}
    for count in ("1", "3"):
        words = ["--random", "21", "--instances", count, "--json"]
        assert main(["simulate", str(build_dir), *words]) == 0
        found[count] = json.loads(capsys.readouterr().out)
    same = ("ii_cycles", "latency_cycles", "dataflow_error_cycles", "frames", "mismatches")
    assert [found["1"][name] for name in same] == [found["3"][name] for name in same]
    assert (found["3"]["instances"], found["3"]["dataflow_error_cycles"]) == (3, 0)
    assert found["3"]["simulated_cycles"] == found["1"]["simulated_cycles"] + 2 * (
        found["1"]["latency_cycles"] - found["1"]["ii_cycles"]
    )


def test_a_window_of_a_waveform(build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = []
    for window in ([], ["--window", "40", "45"]):
        waveform = tmp_path / f"{len(window)}.fst"
        words = ["--random", "60", "--finn-frames", "1", "--waveform", str(waveform), *window]
        assert main(["simulate", str(build_dir), *words]) == 0
        sizes.append(waveform.stat().st_size)
    assert 2 * sizes[1] < sizes[0]
    nothing = tmp_path / "nothing.fst"
    words = ["--random", "1", "--waveform", str(nothing), "--window", "999999", "1000000"]
    assert main(["simulate", str(build_dir), *words]) == 2
    assert "window: the run ended before cycle 999999" in capsys.readouterr().err
    assert not nothing.exists()


def test_waveform(build_dir: Path, tmp_path: Path) -> None:
    waveform = tmp_path / "one.fst"
    assert main(["simulate", str(build_dir), "--random", "1", "--waveform", str(waveform)]) == 0
    assert waveform.stat().st_size > 0


def test_answers_that_differ_from_the_data_exit_1(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "wrong.npz"
    rng = np.random.default_rng(0)
    np.savez(data, frames=rng.normal(size=(3, 12)), outputs=np.full((3, 3), 99.0), labels=np.zeros(3))

    assert main(["simulate", str(build_dir), "--data", str(data)]) == 1
    assert "pytorch-rtl: 3 of 3 frames differ" in capsys.readouterr().out


def test_answers_with_the_last_bit_off_agree_and_one_integer_off_does_not(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = np.random.default_rng(0).normal(size=(6, 12)).astype(np.float32)
    data = tmp_path / "data.npz"
    np.savez(data, frames=frames)
    assert main(["simulate", str(build_dir), "--data", str(data)]) == 0
    with np.load(build_dir / "outputs.npz") as answers:
        outputs = answers["scores"].copy()
    np.savez(data, frames=frames, outputs=np.nextafter(outputs, np.float32(np.inf)))
    assert main(["simulate", str(build_dir), "--data", str(data)]) == 0
    assert "pytorch-rtl: 0 of 6 frames differ; floats by" in capsys.readouterr().out

    # A sum of twelve -1/+1 moves in steps of two.
    outputs[4, 1] += 2
    np.savez(data, frames=frames, outputs=outputs)
    assert main(["simulate", str(build_dir), "--data", str(data)]) == 1

    text = capsys.readouterr().out
    for pair in ("pytorch-qonnx", "pytorch-finn", "pytorch-rtl"):
        assert f"{pair}: 1 of 6 frames differ, 1 integers" in text
    assert "qonnx-rtl: 0 of 6 frames differ" in text
    assert "one integer step is 1, right ones differ by 0 at most (estimated)" in text


def test_a_part_does_not_take_the_place_of_the_whole(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", str(build_dir), "--random", "5"]) == 0
    before = [(build_dir / name).read_bytes() for name in ("simulate.json", "outputs.npz")]

    waveform = ["--random", "2", "--waveform", str(tmp_path / "w.fst")]
    assert main(["simulate", str(build_dir), *waveform]) == 0

    assert "simulate.partial.json" in capsys.readouterr().out
    assert [(build_dir / name).read_bytes() for name in ("simulate.json", "outputs.npz")] == before
    part = json.loads((build_dir / "simulate.partial.json").read_text())
    assert part["frames"] == 2
    with np.load(build_dir / "outputs.partial.npz") as answers:
        assert len(answers["integers"]) == 2


def test_random_frames_and_pauses_do_not_take_the_place_of_data(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.npz"
    np.savez(data, frames=np.random.default_rng(1).normal(size=(3, 12)), labels=np.zeros(3, np.int64))
    given = ["simulate", str(build_dir), "--data", str(data)]
    assert main(given) == 0
    before = (build_dir / "simulate.json").read_bytes()
    for words in (["simulate", str(build_dir), "--random", "7"], [*given, "--stall", "0.3"]):
        assert main([*words, "--force"]) == 0
        assert "simulate.partial.json" in capsys.readouterr().out
        assert (build_dir / "simulate.json").read_bytes() == before
    np.savez(data, frames=np.random.default_rng(1).normal(size=(2, 12)))
    assert main(given) == 0  # another question, whose answer is whole
    assert json.loads((build_dir / "simulate.json").read_text())["frames"] == 2


def test_what_its_user_made_is_not_overwritten(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waveform = tmp_path / "notes.txt"
    waveform.write_text("mine")
    words = ["simulate", str(build_dir), "--random", "1", "--waveform"]
    assert main([*words, str(waveform)]) == 2
    assert "notes.txt is a file of 4 bytes that `rbonn simulate` did not make" in capsys.readouterr().err
    assert waveform.read_text() == "mine"
    assert main([*words, str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
    assert main([*words, str(tmp_path / "w.fst")]) == 0
    assert main([*words, str(tmp_path / "w.fst")]) == 0  # over a waveform

    marker = json.loads((build_dir / MARKER).read_text())
    for name in ("outputs.npz", "outputs.partial.npz"):
        marker["made"].pop(name, None)
    (build_dir / MARKER).write_text(json.dumps(marker))
    mine = (build_dir / "outputs.npz").read_bytes()
    assert main(["simulate", str(build_dir), "--random", "9"]) == 2
    assert "outputs.npz is a file" in capsys.readouterr().err
    assert (build_dir / "outputs.npz").read_bytes() == mine
    (build_dir / "outputs.npz").unlink()
    (build_dir / "outputs.partial.npz").unlink()

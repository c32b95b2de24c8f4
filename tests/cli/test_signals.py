"""Ctrl-C, twice, and a polite request to end: every long verb ends soon, with all that it started."""

import json
import os
import signal
import subprocess  # noqa: TID251 - processes that are sent signals while they run
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rbonn_hw import drafts
from rbonn_hw.at_work import LOCK
from rbonn_hw.cli import main
from tests.networks import binary_mlp

RECIPE = Path(__file__).parents[2] / "build_flows" / "demo_digits.json"
TAG = "RBONN_TEST_TAG"


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signals")
    assert main(["compile", str(binary_mlp(folder / "m.onnx")), "--out", str(folder / "build")]) == 0
    return folder / "build"


def tagged(tag: str) -> list[str]:
    """Return the commands of the processes whose environment has a tag."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{TAG}={tag}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [command for command in found if command]  # one that has ended has none


def end(
    words: list[str], ready: Callable[[list[str]], bool], numbers: list[signal.Signals]
) -> tuple[int, str]:
    """Run rbonn, and send it signals when ``ready`` says so of its processes; return exit code and stderr."""
    tag, pipe = f"{os.getpid()}-{time.monotonic_ns()}", subprocess.PIPE
    command = [sys.executable, "-m", "rbonn_hw.cli", *words]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TAG, tag)
        verb = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=pipe, text=True)
    with verb:
        deadline = time.monotonic() + 120
        while not ready(tagged(tag)):
            assert verb.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for number in numbers:
            verb.send_signal(number)
            time.sleep(0.1)
        _, said = verb.communicate(timeout=5)
    deadline = time.monotonic() + 2
    while tagged(tag) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert tagged(tag) == []
    return verb.returncode, said


@pytest.mark.parametrize("numbers", [[signal.SIGINT, signal.SIGINT], [signal.SIGTERM]])
@pytest.mark.parametrize(
    ("verb", "program"), [("synth", "yosys"), ("simulate", "cc1plus"), ("verify", "cc1plus")]
)
def test_programs_end_too(verb: str, program: str, numbers: list[signal.Signals], build_dir: Path) -> None:
    def ready(commands: list[str]) -> bool:
        return any(program in command for command in commands)

    before = {path.name for path in build_dir.iterdir()}
    code, said = end([verb, str(build_dir)], ready, numbers)
    assert code == 2
    assert f"rbonn {verb}: interrupted; run the same command again" in said
    assert "Traceback" not in said
    assert json.loads((build_dir / LOCK).read_text())["verb"] == verb
    left = {path.name for path in build_dir.iterdir()} - before - {LOCK, ".rbonn.json", "sim"}
    assert not left
    assert not [*build_dir.rglob(f"{drafts.PREFIX}*")]


def test_after_a_killed_run_a_second_start_works(build_dir: Path) -> None:
    words = ["verify", str(build_dir), "--random", "4", "--levels", "qonnx,functional"]
    lock, result = build_dir / LOCK, build_dir / "verify.json"
    lock.unlink(missing_ok=True)
    assert not result.exists()
    with subprocess.Popen([sys.executable, "-m", "rbonn_hw.cli", *words]) as run:
        while not lock.exists():
            assert run.poll() is None
            time.sleep(0.01)
        run.kill()
    assert lock.exists()
    assert not result.exists()

    assert main(words) == 0

    assert not lock.exists()
    assert json.loads(result.read_text())["agrees"]


def test_training_ends_and_continues(tmp_path: Path) -> None:
    out = tmp_path / "out"
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({**json.loads(RECIPE.read_text()), "train_frames": 64, "epochs": 500}))
    words = ["train", "--recipe", str(recipe), "--out", str(out)]
    code, said = end(words, lambda _: (out / "last.safetensors").is_file(), [signal.SIGINT, signal.SIGINT])
    assert (code, "Traceback" in said) == (2, False)
    done = (out / "metrics.csv").read_text().count("\n")
    code, said = end(words, lambda _: (out / "metrics.csv").read_text().count("\n") > done, [signal.SIGTERM])
    assert code == 2
    assert "`rbonn train` (process" in said
    assert "was interrupted" in said

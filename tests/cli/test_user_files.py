"""What its user put into a folder, every verb leaves as it is: exit code 2, and a message that names it."""

import json
import shutil
from pathlib import Path

import pytest

from rbonn_hw import drafts
from rbonn_hw.cli import main
from rbonn_hw.models import storage
from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import DIGITS
from rbonn_hw.ownership import MARKER
from tests.full_disk import files_of_at_most
from tests.networks import binary_mlp
from tests.report.documents import write_stages

RECIPE = Path(__file__).parents[2] / "build_flows" / "demo_digits.json"
TRAIN = ("train", "--recipe", str(RECIPE))
MINE = b"mine"


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    words = ["compile", str(binary_mlp(folder / "m.onnx")), "--out", str(folder / "build")]
    assert main([*words, "--input-range", "-1", "1"]) == 0
    return folder / "build"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    storage.save_network(folder, build(DIGITS, seed=0), dataset="digits")
    return folder


@pytest.mark.parametrize(
    ("words", "mine"),
    [
        (["synth", "BUILD"], "BUILD/synth/notes.txt"),
        (["bitstream", "BUILD"], "BUILD/accelerator.bit"),
        (["bitstream", "BUILD"], "BUILD/bitstream/notes.txt"),
        (["report", "STAGES"], "STAGES/report.html"),
        (["package", "BUILD", "--out", "OUT/notes.zip"], "OUT/notes.zip"),
        (["package", "BUILD", "--out", "OUT/a.zip", "--data", "OUT/a.zip"], "OUT/a.zip"),
        (["pack", "TRAINED", "--out", "OUT/notes.safetensors"], "OUT/notes.safetensors"),
        (["pack", "TRAINED", "--out", "TRAINED/model.safetensors"], "TRAINED/model.safetensors"),
        (["export", "TRAINED", "--out", "OUT", "--frames", "none"], "OUT/golden.npz"),
        ([*TRAIN, "--out", "OUT"], "OUT/test.npz"),
        ([*TRAIN, "--out", "OUT"], "OUT/tensorboard/events.out.tfevents.mine"),
        ([*TRAIN, "--init", "TRAINED", "--out", "TRAINED"], "TRAINED/model.safetensors"),
    ],
)
def test_files_of_the_user_stay(
    words: list[str],
    mine: str,
    build_dir: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(build_dir, tmp_path / "BUILD")
    shutil.copytree(trained, tmp_path / "TRAINED")
    (tmp_path / "STAGES").mkdir()
    write_stages(tmp_path / "STAGES")
    shutil.copyfile(build_dir / MARKER, tmp_path / "STAGES" / MARKER)
    path = tmp_path / mine
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MINE)
    content = path.read_bytes()
    assert main([str(tmp_path / word) if word.split("/")[0].isupper() else word for word in words]) == 2
    said = capsys.readouterr().err
    assert str(path) in said or str(path.parent) in said
    assert "move it away" in said or "is read" in said
    assert path.read_bytes() == content


@pytest.mark.parametrize("verb", ["simulate", "export", "train"])
def test_a_full_disk_is_exit_code_2_and_loses_nothing(
    verb: str, build_dir: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file beyond some bytes cannot be written, as on a full disk; the results of before stay whole."""
    shutil.copytree(build_dir, tmp_path / "simulate")
    recipe = {**json.loads(RECIPE.read_text()), "epochs": 1, "train_frames": 64}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    out = tmp_path / verb
    words = {
        "simulate": ["simulate", str(out), "--random", "300"],
        "export": ["export", str(trained), "--out", str(out), "--frames", "20"],
        "train": ["train", "--recipe", str(tmp_path / "recipe.json"), "--out", str(out)],
    }[verb]
    assert main(words) == 0
    again = {"simulate": ["--seed", "1"], "export": ["--frames", "30"], "train": []}[verb]
    if verb == "train":
        (out / "train.json").unlink()
    before = {path: path.read_bytes() for path in out.rglob("*") if path.suffix in (".json", ".npz", ".onnx")}
    capsys.readouterr()
    with files_of_at_most(4000):
        assert main([*words, *again]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not [*out.rglob(f"{drafts.PREFIX}*")]
    after = {path: path.read_bytes() for path in before if path.exists()}
    assert after == before
    assert main([*words, *again]) == 0

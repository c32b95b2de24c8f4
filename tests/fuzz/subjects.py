"""The files that are damaged, small ones of every kind, and how a verb reads each."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from rbonn_hw.results import write_result
from tests.fuzz import damage
from tests.fuzz.trial import Subject
from tests.networks import binary_mlp

JSON = (damage.of_bytes, damage.of_json, damage.of_json)
NPZ = (damage.of_bytes, damage.of_npz, damage.of_npz)
ONNX = (damage.of_bytes, damage.of_onnx, damage.of_onnx)
SAFETENSORS = (damage.of_bytes, damage.of_safetensors, damage.of_safetensors)


def subjects(folder: Path) -> list[Subject]:
    """Write undamaged files below a folder, and return the subjects that they are."""
    return [
        *_networks(folder / "networks"),
        *_build(folder / "build"),
        *_training(folder / "training"),
        *_reports(folder / "report"),
        *_package(folder / "package"),
    ]


def _networks(folder: Path) -> Iterator[Subject]:
    from tests.compiler.frontend.files import Style, perceptron
    from tests.fuzz.networks import lowered, pooled

    folder.mkdir(parents=True)
    made: tuple[tuple[str, Callable[[Path], Path]], ...] = (
        ("onnx-binary", binary_mlp),
        ("onnx-integer", lambda path: perceptron(path, Style())),
        ("onnx-maps", pooled),
    )
    for name, write in made:
        yield Subject(
            name=name,
            path=write(folder / f"{name}.onnx"),
            damages=ONNX,
            read=lowered,
            named=False,
            trials=600,
        )


def _build(folder: Path) -> Iterator[Subject]:
    """Compile a network, and damage what it leaves and what is given beside it."""
    from rbonn_hw import api
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.answer import AnswerScale
    from rbonn_hw.spec.input import InputMeaning
    from tests.fuzz import stages

    network, out = binary_mlp(folder.with_name("mlp.onnx")), folder / "out"
    api.compile(network, out, target_cycles=40)
    folding = folder / "folding.json"
    folding.write_bytes((out / "folding.json").read_bytes())
    yield Subject(name="folding", path=folding, damages=JSON, read=stages.folded(network), trials=1100)
    declared = folder / "input.json"
    meaning = InputMeaning.from_document({"scale": "1/255", "mean": [0.5], "std": [0.25]})
    declared.write_text(json.dumps(meaning.to_document()))
    yield Subject(name="input", path=declared, damages=JSON, read=stages.declared, trials=1100)
    yield Subject(
        name="compile-result",
        path=out / "compile.json",
        damages=JSON,
        read=stages.read_build,
        sealed=True,
    )
    yield Subject(
        name="verdict", path=out / "verdict.json", damages=JSON, sealed=True,
        read=lambda _: repr(AnswerScale.read(out)),
    )  # fmt: skip
    for name in ("reference", "head", "tail"):
        yield Subject(
            name=f"build-{name}", path=out / f"{name}.onnx", damages=ONNX, sealed=True, trials=400,
            read=lambda _: stages.answers(out),
        )  # fmt: skip
    data = folder / "data.npz"
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(6, 12)).astype(np.float32)
    outputs = golden.reference_scores(out, frames)
    np.savez(data, frames=frames, labels=np.arange(6) % 3, outputs=outputs)
    yield Subject(name="frames", path=data, damages=NPZ, read=stages.frames_of(out), trials=900)


def _training(folder: Path) -> Iterator[Subject]:
    from tests.fuzz import checkpoints

    yield from checkpoints.subjects(folder)


def _reports(folder: Path) -> Iterator[Subject]:
    from tests.fuzz import stages
    from tests.report.documents import write_stages

    def read(_: Path) -> object:
        return stages.report(folder)

    write_stages(folder)
    for name in ("compile.json", "simulate.json", "synth.json", "train/train.json", "export/export.json"):
        path = folder / name
        document = json.loads(path.read_text())
        write_result(path, document, {})
        yield Subject(name=f"report-{path.stem}", path=path, damages=JSON, read=read, sealed=True, trials=250)
    for name in ("export/golden.npz", "outputs.npz"):
        path = folder / name
        yield Subject(name=f"report-{path.stem}", path=path, damages=NPZ, read=read, trials=150)
    study = folder / "study.json"
    values = {"accuracy": [0.5, 0.6], "mean": 0.55, "loss": [2.0, 1.0]}
    about = {"network": "tfc", "form": "hardware", "dataset": "mnist"}
    write_result(study, {"study": "s", "baseline": "a", "base": about, "arms": {"a": values}}, {})
    yield Subject(name="study", path=study, damages=JSON, read=stages.study, sealed=True, trials=200)


def _package(folder: Path) -> Iterator[Subject]:
    from tests.fuzz import stages
    from tests.host.packages import bitstream, write_toy

    folder.mkdir(parents=True)
    path = write_toy(folder, bitstream=bitstream()).path
    twin = path.with_name("twin.zip")
    twin.write_bytes(path.read_bytes())
    yield Subject(
        name="package", path=path, damages=(damage.of_bytes, damage.of_zip), read=stages.package, sealed=True,
        trials=900,
    )  # fmt: skip
    yield Subject(
        name="package-forged", path=twin, damages=(damage.of_package,), read=stages.package, trials=300
    )

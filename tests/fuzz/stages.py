"""How verbs read what they are given, as far as seconds of Verilator or training are not needed."""

import argparse
import copy
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from rbonn_hw.api.question import Question, read_frames
from rbonn_hw.cli.input_options import PARTS, read_input_options
from rbonn_hw.compiler import golden
from rbonn_hw.compiler.build import CompileOptions
from rbonn_hw.compiler.folding import read_given
from rbonn_hw.compiler.hardware_nodes import specialize
from rbonn_hw.errors import ConfigError
from rbonn_hw.host.errors import HostError
from rbonn_hw.host.package import Package
from rbonn_hw.results import read_result
from rbonn_hw.soc import sources
from rbonn_hw.spec.boards import board
from rbonn_hw.spec.summary import Summary


def declared(path: Path) -> object:
    """Read ``--input FILE``."""
    return read_input_options(argparse.Namespace(input=path, **dict.fromkeys(PARTS)))


def read_build(path: Path) -> object:
    """Read compile.json as simulate, synth, bitstream and package do before they work."""
    out = path.parent
    document = read_result(path, "rbonn compile")
    system = sources.system(out, board("Pynq-Z2"))
    return document, Summary.from_document(document["summary"]), system, golden.declared_input(out)


def report(folder: Path) -> object:
    """Join, render and write the report."""
    from rbonn_hw.cli import report as verb

    args = argparse.Namespace(build_dir=folder, other=None, train=folder / "train", export=folder / "export")
    # A report says when it was made: two of one build made a minute apart are the same all the same.
    made = {"date": "", "version": "", "commit": "", "command": ""}
    with mock.patch("rbonn_hw.report.provenance.provenance", return_value=made):
        code = verb.run(args)
    return code, (folder / "report.json").read_text(), (folder / "report.html").read_text()


def study(path: Path) -> object:
    """Draw the picture of a study's result."""
    from rbonn_hw.report import study_plot

    document = read_result(path, "python build_flows/study.py")
    study_plot.write(document, path.with_suffix(".png"))
    return document


def package(path: Path) -> object:
    """Open a package, and use what is in it."""
    try:
        found = Package.open(path)
        found.answer.classes(found.self_test.integers)
        found.images.integers(found.self_test.images)
    except HostError as error:
        raise ConfigError(str(error)) from None
    return found.files


def folded(network: Path) -> Callable[[Path], object]:
    """Return what reads ``--folding FILE`` for a network."""
    from rbonn_hw.compiler.frontend import lower
    from rbonn_hw.compiler.infer import infer_hardware_layers

    options = CompileOptions()
    plain = specialize(infer_hardware_layers(lower(network).lowered), options.part)

    def read(path: Path) -> object:
        return read_given(copy.deepcopy(plain), path)

    return read


def frames_of(out: Path) -> Callable[[Path], object]:
    """Return what reads the frames for a simulation of a build folder."""

    def read(path: Path) -> object:
        question = Question(
            build_dir=out, data=path, random=1, frames=None, finn_frames=None, stall=0.0, seed=0,
            waveform=None,
        )  # fmt: skip
        frames, labels, outputs = read_frames(question)
        floats = golden.network_frames(out, frames)
        return floats.tobytes(), None if labels is None else labels.tobytes(), repr(outputs)

    return read


def answers(out: Path) -> object:
    """Answer frames by the files of a build folder, as a simulation does."""
    from rbonn_hw.compiler.answer import AnswerScale

    frames = golden.random_frames(out, 2, 0)
    found, _ = golden.reference_answers(out, AnswerScale.read(out), frames)
    integers = golden.to_integers(out, frames)
    return repr(found), integers.tobytes(), golden.load(out, "tail").model.SerializeToString()

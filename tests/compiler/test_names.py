"""Layers called anything at all: names of modules and files are A-Z a-z 0-9 _, and the RTL is right."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.cli import main
from rbonn_hw.compiler.frontend.arithmetic import identifier
from tests.compiler.frontend.files import Style, node

NAMES = (
    "größe", "grösse", "gr_e", "卷积", "слой", "é", "e\u0301", "module", "begin", "wire", "1st", "1st",
    "rbonn",
    "a b", "a/b", "a.b", "a_b", "x" * 300, "y" * 300, "'; $finish; //", 'say "hi"\n', "\\escaped ",
    "accelerator", "_", "Wire", "fifo", "rbonn_mvau", "/export_handler", "\x00\x07",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_identifiers(name: str) -> None:
    made = identifier(name)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", made)
    assert len(made) < 120
    assert not made.lower().startswith("rbonn")


def test_ordinary_names_stay_themselves() -> None:
    assert identifier("/features.2/MatMul") == "features_2_MatMul"
    assert identifier("conv1__bn") == "conv1__bn"
    assert identifier("x" * 300) != identifier("x" * 301)


def _deep(path: Path, names: tuple[str, ...]) -> Path:
    """Save a chain of products and quantizers, named as given in order."""
    rng = np.random.default_rng(0)
    style = Style()
    nodes: list[Any] = [style.quant("x", "s", "four", "a0")]
    constants: dict[str, Any] = {}
    for number in range(len(names) // 2):
        constants[f"w{number}"] = rng.choice([-1.0, 1.0], (4, 4))
        nodes.append(node("MatMul", [f"a{number}", f"w{number}"], f"b{number}"))
        nodes.append(style.quant(f"b{number}", "s", "four", f"a{number + 1}"))
    for entry, name in zip(nodes[1:], names, strict=False):
        entry.name = name
    return style.write(path, nodes, constants, [4], [4])


@pytest.mark.verilator
def test_layers_with_any_name_compile_to_right_rtl(tmp_path: Path) -> None:
    names = ("größe", "gr_e", "卷积", "слой", "module", "1st", "rbonn", "a b", "a.b", "x" * 300)
    out = tmp_path / "out"
    assert main(["compile", str(_deep(tmp_path / "net.onnx", names)), "--out", str(out)]) == 0

    files = [path.stem for path in (out / "rtl").iterdir()]
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in files)
    layers = [entry["name"] for entry in json.loads((out / "compile.json").read_text())["nodes"]]
    assert len(set(layers)) == len(layers)
    assert main(["simulate", str(out), "--random", "3"]) == 0

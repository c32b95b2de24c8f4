"""The workflow that others copy: its steps are run as GitHub would, on a small network of theirs."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml  # type: ignore[import-untyped]
from onnx import numpy_helper

from rbonn_hw.errors import ToolError
from rbonn_hw.toolchain import run_tool
from tests.networks import binary_mlp

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "build_flows" / "ci_for_others" / "accelerator.yml"
ALWAYS = "success() || failure()"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository with a network and a test set, whose labels are plain arithmetic on the weights."""
    folder = tmp_path_factory.mktemp("theirs")
    known = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in onnx.load(binary_mlp(folder / "network.onnx")).graph.initializer
    }
    frames = np.random.default_rng(4).normal(size=(40, 12)).astype(np.float32)
    first, second = (np.where(known[name] >= 0, 1, -1) for name in ("w0", "w1"))
    hidden = np.where(known["gamma"] * (np.where(frames >= 0, 1, -1) @ first) + known["beta"] >= 0, 1, -1)
    labels = (hidden @ second).argmax(axis=1)
    np.savez(folder / "test.npz", frames=frames, labels=labels)
    (folder / "bin").mkdir()
    command = folder / "bin" / "rbonn"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m rbonn_hw.cli "$@"\n')
    command.chmod(0o755)
    return folder


def _workflow() -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())
    return workflow


def _run(repository: Path, *, only: tuple[str, ...] = (), **changes: str) -> tuple[dict[str, bool], str]:
    """Run the steps, or some; return which of them succeeded, and the job's summary."""
    workflow, summary = _workflow(), repository / "summary.md"
    summary.unlink(missing_ok=True)
    env = {
        **{name: str(value) for name, value in workflow["env"].items()},
        **changes,
        "GITHUB_STEP_SUMMARY": str(summary),
        "PATH": f"{repository / 'bin'}:{os.defpath}:/usr/local/bin",
        "PYTHONPATH": str(ROOT),
    }
    done: dict[str, bool] = {}
    for step in workflow["jobs"]["accelerator"]["steps"]:
        if "run" not in step or step["name"] == "install" or (only and step["name"] not in only):
            continue
        if not all(done.values()) and step.get("if") != ALWAYS:
            continue
        try:
            run_tool(["bash", "-e", "-c", step["run"]], install_hint="bash", cwd=repository, env=env)
            done[step["name"]] = True
        except ToolError:
            done[step["name"]] = False
    return done, summary.read_text()


def test_nothing_but_pip_installs() -> None:
    steps = _workflow()["jobs"]["accelerator"]["steps"]
    commands = [line for step in steps if "run" in step for line in step["run"].splitlines()]
    assert commands[0] == 'pip install "$RBONN"'
    assert all(command.startswith("rbonn ") for command in commands[1:])
    assert {step["uses"].partition("/")[0] for step in steps if "uses" in step} == {"actions"}
    assert all(step.get("if", ALWAYS) == ALWAYS for step in steps)


@pytest.mark.verilator
@pytest.mark.slow
def test_its_steps_pass_and_fail(repository: Path) -> None:
    done, summary = _run(repository, COMPILE="--target-cycles 30", BUDGET="--cycles 30 --top1 1")
    assert done == {
        "compile": True,
        "functional simulation of the whole test set": True,
        "every level on a few frames": True,
        "area": True,
        "budget": True,
    }
    assert "## accelerator: passed" in summary
    assert "| yes | cycles between frames | 24 | 30 | simulated |" in summary
    assert "| yes | top-1 | 100.00% | at least 100.00% | executed |" in summary
    assert "rtl (8)" in summary
    assert "| yes | LUT |" in summary

    done, summary = _run(repository, only=("budget",), BUDGET="--cycles 23 --lut 10")
    assert done == {"budget": False}
    assert "## accelerator: FAILED" in summary
    assert "| **no** | cycles between frames | 24 | 23 | simulated |" in summary
    assert "| **no** | LUT |" in summary
    done, _ = _run(
        repository, only=("compile", "area", "budget"), NETWORK="absent.onnx", BUDGET="--cycles 23"
    )
    assert done == {"compile": False, "area": True, "budget": False}

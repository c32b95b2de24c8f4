"""Networks that ship, on all 10,000 test images: the functional simulator gives every integer of PyTorch."""

import json
from pathlib import Path

import pytest

from build_flows import functional_shipped
from rbonn_hw import api, toolchain
from rbonn_hw.models import shipped, storage
from rbonn_hw.results import read_result

IMAGES = 10_000
FILES = {"mnist": "mnist", "cifar10": "cifar-10-batches-bin"}
"""Data sets of classes, and their folders."""
ROOT = Path(__file__).parents[3]
CLASSIFIERS = [
    name for name in shipped.names() if storage.describe(shipped.resolve(Path(name))).dataset in FILES
]


def top_1(name: str) -> float:
    accuracy: float = json.loads((shipped.HERE / f"{name}.json").read_text())["accuracy"]["test"]
    return accuracy


def test_the_committed_run_is_of_the_networks_that_ship() -> None:
    networks = read_result(functional_shipped.RESULT, "python build_flows/functional_shipped.py")["networks"]
    assert sorted(networks) == sorted(functional_shipped.TARGETS) == CLASSIFIERS
    for name, found in networks.items():
        assert (found["frames"], found["frames_that_differ"], found["integers_that_differ"]) == (IMAGES, 0, 0)
        assert found["top_1"] == {"functional": top_1(name), "pytorch": top_1(name)}
        assert f"{top_1(name):.2%}".replace("%", " %") in (ROOT / "README.md").read_text()


def test_they_are_compiled_as_the_makefile_does_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for name, target_cycles in functional_shipped.TARGETS.items():
        assert f"COMPILE_{name} := --target-cycles {target_cycles}\n" in makefile


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_integer_of_all_test_images(name: str, tmp_path: Path) -> None:
    dataset = storage.describe(shipped.resolve(Path(name))).dataset
    home = toolchain.environment_path(toolchain.DATA_VARIABLE)
    folder = FILES[dataset]
    if home is None or not (home / folder).exists():
        pytest.skip(f"minutes for PyTorch alone: set RBONN_DATA to a folder with {folder} of {dataset}")
    api.export(name, tmp_path / "export")

    found = functional_shipped.figures(
        tmp_path / "export", tmp_path / "build", functional_shipped.TARGETS[name]
    )

    assert (found["frames"], found["integers_that_differ"], found["rounded"]) == (IMAGES, 0, 0)
    assert found["top_1"]["functional"] == top_1(name)

"""Networks that come with the package: they load, are small, and are as good as is said of them."""

import json
from pathlib import Path

import pytest

from rbonn_hw import toolchain
from rbonn_hw.models import shipped, storage
from rbonn_hw.train import data, task
from rbonn_hw.train.batches import EvaluationBatches
from rbonn_hw.train.recipe import Recipe

ROOT = Path(__file__).parents[2]
LARGEST_BYTES = 1_000_000


def record(name: str) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((shipped.HERE / f"{name}.json").read_text())
    return loaded


def test_what_the_makefile_compiles_is_what_is_shipped() -> None:
    line = next(x for x in (ROOT / "Makefile").read_text().splitlines() if x.startswith("SHIPPED := "))
    assert line.split()[2:] == shipped.names()


@pytest.mark.parametrize("name", shipped.names())
def test_a_shipped_network_is_small_and_binary_and_has_its_record(name: str) -> None:
    file = shipped.resolve(Path(name))
    net = storage.load_network(file)
    recipe = Recipe(**record(name)["recipe"])  # type: ignore[arg-type]

    assert file.stat().st_size < LARGEST_BYTES
    description = storage.describe(file)
    assert (description.network, description.width, description.bits) == (
        recipe.network,
        recipe.width,
        recipe.bits,
    )
    assert (description.form, recipe.method) == ("hardware", "rbonn")
    assert all(bool((weight.abs() == 1).all()) for weight, _ in net.binary_pairs())
    # The recipe that made it can be run again as it stands.
    assert recipe in [Recipe.read(path) for path in (ROOT / "build_flows").glob("train_*.json")]


def test_the_name_of_a_path_that_exists_is_that_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shipped.resolve(Path("lfc-mnist")) == shipped.HERE / "lfc-mnist.safetensors"
    assert shipped.resolve(Path("a/lfc-mnist")) == Path("a/lfc-mnist")
    (tmp_path / "lfc-mnist").mkdir()
    assert shipped.resolve(Path("lfc-mnist")) == Path("lfc-mnist")


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped.names())
def test_accuracy_is_what_the_record_says(name: str, tmp_path: Path) -> None:
    described = storage.describe(shipped.resolve(Path(name)))
    dataset, place = described.dataset, toolchain.data_dir()
    folder = {"mnist": "mnist", "cifar10": "cifar-10-batches-bin", "digit-canvases": ""}[dataset]
    if not folder:
        place = tmp_path  # made there
    elif not (place / folder).exists():
        pytest.skip(f"needs the {dataset} files in {place / folder} (set RBONN_DATA)")
    net = storage.load_network(shipped.resolve(Path(name)))

    batches = EvaluationBatches(data.load(dataset, place).test)
    accuracy = task.accuracy(net, described.score_scale, batches)

    assert accuracy == record(name)["accuracy"]["test"]  # type: ignore[index]

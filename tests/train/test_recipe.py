"""Recipes: JSON there and back, and every bad value named."""

import json
from pathlib import Path

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.train.recipe import Recipe

LEAST = {"network": "digits", "dataset": "digits", "epochs": 3}
ROOT = Path(__file__).resolve().parents[2]


def test_json_there_and_back() -> None:
    recipe = Recipe(network="digits", dataset="digits", epochs=3, lr=0.125, tau=1)

    assert Recipe.from_json(recipe.to_json()) == recipe
    assert set(json.loads(recipe.to_json())) == set(Recipe.__slots__)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "build_flows").glob("demo_*.json")), ids=lambda path: path.name
)
def test_frozen_recipes_can_be_read_and_hide_no_default(path: Path) -> None:
    assert Recipe.read(path).to_json().split() == path.read_text().split()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epoch": 3}, "unknown key 'epoch' in the recipe; did you mean 'epochs'"),
        ({"zzz": 3}, "unknown key 'zzz' in the recipe; known are network, dataset"),
        ({"network": "resnet2"}, r"network: 'resnet2' is not one of \['digits', .*; did you mean 'resnet20'"),
        ({"dataset": "cifar"}, "dataset: 'cifar' is not one of .*; did you mean 'cifar10'"),
        ({"method": "rbon"}, "method: 'rbon' is not one of .*; did you mean 'rbonn'"),
        ({"form": "papers"}, "form: 'papers' is not one of .*; did you mean 'paper'"),
        ({"precision": "fp16"}, "precision: 'fp16' is not one of"),
        ({"temperature": 0}, "temperature: 0 must be positive"),
        ({"accumulate": 0}, "accumulate: 0 must be positive"),
        ({"distill": 2.0, "teacher": "t"}, r"distill: 2\.0 must lie in 0 \.\. 1"),
        ({"distill": 0.5}, "teacher: '' and distill: 0.5 go together"),
        ({"teacher": "t"}, "teacher: 't' and distill: 0.0 go together"),
        ({"stage1_epochs": 3}, "stage1_epochs: 3 must be below epochs, 3; try 1"),
        ({"method": "adambnn"}, "method 'adambnn' has two stages; set stage1_epochs, e.g. 1"),
        ({"batch_size": 64, "accumulate": 3}, "accumulate: 3 must divide batch_size, 64"),
        ({"validation": 0.6}, r"validation: 0\.6 must lie in 0 \.\. 0\.5"),
        ({"dataset": 5}, "dataset: 5 must be a string"),
        ({"schedule": "step"}, "schedule: 'step' is not one of"),
        ({"epochs": 0}, "epochs: 0 must be positive"),
        ({"epochs": 2.5}, r"epochs: 2\.5 must be an integer"),
        ({"epochs": True}, "epochs: True must be an integer"),
        ({"seed": -1}, "seed: -1 must be finite and not negative"),
        ({"lr": "high"}, "lr: 'high' must be a number"),
        ({"tau": 1.5}, r"tau: 1\.5 must lie in 0 \.\. 1"),
        ({"zoom": 0.9}, r"zoom: 0\.9 must lie in 0 \.\. 0\.5; try 0\.1"),
        ({"input": "1/255"}, "input: '1/255' must be a JSON object"),
        ({"input": {"scales": 2}}, "input: unknown key 'scales'; known are kind, scale"),
        ({"input": {"std": [0.5, 0]}}, r"input std \[0\.5, 0\.0\] must be positive"),
        ({"decay": "l2"}, r"decay: 'l2' is not one of \['penalty', 'decoupled'\]"),
        ({"evaluate_every": 0}, "evaluate_every: 0 must be positive"),
        ({"coupling": float("nan")}, "coupling: nan must be finite"),
    ],
)
def test_bad_values_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Recipe.from_json(json.dumps({**LEAST, **change}))


@pytest.mark.parametrize(
    ("text", "message"),
    [("[]", "not a list"), ("{", "no JSON"), ('{"epochs": 3}', "lacks 'network', 'dataset'")],
)
def test_what_is_no_recipe_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Recipe.from_json(text)


def test_the_file_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{}")

    with pytest.raises(ConfigError, match=r"bad\.json: the recipe lacks"):
        Recipe.read(bad)
    with pytest.raises(ConfigError, match=r"absent\.json cannot be read"):
        Recipe.read(tmp_path / "absent.json")


def test_difference_names_the_fields() -> None:
    first = Recipe(network="digits", dataset="digits", epochs=3)
    second = Recipe(network="digits", dataset="digits", epochs=4, seed=1)

    assert first.difference(second) == "epochs: 3 -> 4, seed: 0 -> 1"
    assert first.difference(first) == ""


@pytest.mark.parametrize(("name", "value"), [("width", 10.0**30), ("bits", 99), ("bits", 1)])
def test_what_the_table_refuses_names_the_recipe(name: str, value: float, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"network": "digits", "dataset": "digits", "epochs": 1, name: value}))
    with pytest.raises(ConfigError, match=rf"r\.json: digits: {name}="):
        Recipe.read(path)

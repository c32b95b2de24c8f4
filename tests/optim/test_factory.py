"""A name chooses the optimizer; settings are checked and arrive."""

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim.binary_optimizer import BinaryOptimizer
from rbonn_hw.optim.bop import Bop, Bop2ndOrder
from rbonn_hw.optim.factory import Settings, make_optimizer
from rbonn_hw.optim.latent_adam import LatentAdam
from rbonn_hw.optim.methods import METHODS
from rbonn_hw.optim.plain_adam import PlainAdam
from rbonn_hw.optim.recurrent_bilinear import RecurrentBilinear
from rbonn_hw.optim.released_bilinear import ReleasedBilinear
from tests.optim.layer import Layer

CLASSES = {
    "rbonn": RecurrentBilinear,
    "rbonn-released": ReleasedBilinear,
    "ste": LatentAdam,
    "reactnet": LatentAdam,
    "adambnn": LatentAdam,
    "bop": Bop,
    "bop2ndorder": Bop2ndOrder,
    "bop2ndorder-corrected": Bop2ndOrder,
    "real": PlainAdam,
}


def made(method: str, settings: Settings, *, real_weights: bool = False) -> BinaryOptimizer:
    layer = Layer()
    return make_optimizer(
        method, [(layer.weight, layer.alpha)], [layer.bias], settings, real_weights=real_weights
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_its_optimizer(method: str) -> None:
    settings = Settings(lr=0.1)

    assert type(made(method, settings)) is CLASSES[method]
    assert type(made(method, settings, real_weights=True)) is PlainAdam
    assert all(group["lr"] == 0.1 for group in made(method, settings).param_groups)


def test_settings_arrive() -> None:
    settings = Settings(
        lr=0.1,
        weight_lr=0.2,
        weight_decay=0.3,
        coupling=0.4,
        tau=0.5,
        u_init=0.6,
        flip_threshold=0.7,
        flip_rate=0.8,
        flip_variance_rate=0.9,
    )
    expected = {
        "rbonn": {"weight_lr": 0.2, "coupling": 0.4, "tau": 0.5, "u_init": 0.6},
        "rbonn-released": {"weight_lr": 0.2, "coupling": 0.4, "tau": 0.5},
        "ste": {"weight_lr": 0.2, "bounded": True},
        "reactnet": {"weight_lr": 0.2, "bounded": False},
        "adambnn": {"weight_lr": 0.2, "bounded": False},
        "bop": {"threshold": 0.7, "rate": 0.8},
        "bop2ndorder": {"threshold": 0.7, "rate": 0.8, "variance_rate": 0.9, "bias_corrected": False},
        "bop2ndorder-corrected": {"threshold": 0.7, "bias_corrected": True},
        "real": {"weight_decay": 0.3},
    }

    for method, values in expected.items():
        group = made(method, settings).param_groups[0]
        assert {name: group[name] for name in values} == values


@pytest.mark.parametrize("method", ["bop", "bop2ndorder", "bop2ndorder-corrected"])
def test_threshold_zero_is_the_methods_own(method: str) -> None:
    assert made(method, Settings(lr=0.1)).param_groups[0]["threshold"] > 0


def test_unknown_method_is_refused() -> None:
    with pytest.raises(ConfigError, match="method 'rbon' is unknown; did you mean 'rbonn'"):
        made("rbon", Settings(lr=0.1))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tau": 1.5}, r"tau=1\.5 must lie in 0 \.\. 1, for example 0\.6"),
        ({"tau": -0.5}, r"tau=-0\.5 must lie in 0 \.\. 1"),
        ({"tau": float("nan")}, r"tau=nan must lie in 0 \.\. 1"),
        ({"coupling": float("nan")}, "coupling=nan must be a finite number"),
        ({"lr": -1.0}, r"lr=-1\.0 must be a finite number, not negative"),
        ({"u_init": float("inf")}, "u_init=inf must be"),
        ({"flip_rate": 2.0}, r"flip_rate=2\.0 must lie"),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Settings(**{"lr": 0.1, **values})  # type: ignore[arg-type]

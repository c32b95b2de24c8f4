"""The networks that a recipe can name."""

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.table import Classifier, MaxPool, Residual, Stem, SumPool, Table, Widen

DIGITS = Table(
    name="digits",
    frame=(1, 8, 8),
    bits=4,
    rows=(
        Stem(channels=32),
        Residual(),
        MaxPool(),
        Widen(channels=64),
        Residual(),
        SumPool(),
        Classifier(classes=10),
    ),
)
"""For the 8x8 digits of scikit-learn."""

MNIST = Table(
    name="mnist",
    frame=(1, 28, 28),
    bits=4,
    rows=(
        Stem(channels=32, kernel=5, stride=2),
        Residual(),
        MaxPool(),
        Widen(channels=64, stride=2),
        Residual(),
        SumPool(),
        Classifier(classes=10),
    ),
)
"""For MNIST."""

NETWORKS = {table.name: table for table in (DIGITS, MNIST)}


def network(name: str) -> Table:
    """Return the table of a name.

    Raises:
        ConfigError: No such network.
    """
    if name not in NETWORKS:
        raise ConfigError(f"network {name!r} is not one of {sorted(NETWORKS)}")
    return NETWORKS[name]

"""Tables are checked at construction, and know their shapes."""

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.table import Classifier, MaxPool, Residual, Row, Stem, SumPool, Table, Widen
from rbonn_hw.models.zoo import NETWORKS, network

END: tuple[Row, ...] = (SumPool(), Classifier(classes=3))


def table(*inner: Row, frame: tuple[int, int, int] = (1, 8, 8), bits: int = 4) -> Table:
    return Table(name="t", frame=frame, bits=bits, rows=(Stem(channels=4), *inner, *END))


def test_shapes_follow_the_rows() -> None:
    built = table(Residual(), MaxPool(), Widen(channels=6, stride=2))

    assert built.shapes() == ((4, 8, 8), (4, 8, 8), (4, 4, 4), (6, 2, 2), (6, 1, 1), (3, 1, 1))
    assert table().shapes()[-2:] == ((4, 4, 4), (3, 1, 1))
    assert built.classes == 3


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_of_the_zoo_has_a_residual_block_and_ten_classes(name: str) -> None:
    assert any(isinstance(row, Residual) for row in network(name).rows)
    assert network(name).classes == 10


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: table(MaxPool(size=3)), "a pool of 3 does not divide 8x8 pixels"),
        (lambda: SumPool(size=3), r"SumPool: size=3 must be a power of two; try 2"),
        (
            lambda: Table(
                name="t", frame=(1, 8, 8), bits=4, rows=(Stem(channels=4), SumPool(size=8), END[1])
            ),
            r"the sum of 64 pixels of INT4 needs more than 8 bits; sum 16 pixels or fewer",
        ),
        (lambda: table(frame=(1, 9, 9)), "a pool of 2 does not divide 9x9 pixels"),
        (lambda: table(MaxPool(), bits=9), r"bits=9 must lie in 2 \.\. 8"),
        (lambda: table(Stem(channels=4)), "Stem cannot stand inside"),
        (lambda: Table(name="t", frame=(1, 8, 8), bits=4, rows=END), "rows must be Stem"),
        (lambda: Residual(kernel=2), "kernel=2 must be odd"),
        (lambda: Widen(channels=0), "channels=0 must be positive"),
        (lambda: network("resnet"), r"network 'resnet' is not one of \['digits', 'mnist'\]"),
    ],
)
def test_bad_tables_are_refused(build, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=message):
        build()

"""Tables are checked at construction, and know their shapes."""

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.residual_rows import Double, Downsample, Residual, Shrink, Widen
from rbonn_hw.models.rows import Classifier, Conv, Dense, MaxPool, MeanPool, Stem, SumPool
from rbonn_hw.models.shapes import Kind
from rbonn_hw.models.table import Row, Table

END: tuple[Row, ...] = (SumPool(), Classifier(classes=3))


def table(*inner: Row, frame: tuple[int, int, int] = (1, 8, 8), bits: int = 4) -> Table:
    return Table(name="t", frame=frame, bits=bits, rows=(Stem(channels=4), *inner, *END))


def test_shapes_follow_the_rows() -> None:
    built = table(Residual(), MaxPool(), Widen(channels=6, stride=2))

    assert built.shapes() == ((4, 8, 8), (4, 8, 8), (4, 4, 4), (6, 2, 2), (6, 1, 1), (3, 1, 1))
    assert table().shapes()[-2:] == ((4, 4, 4), (3, 1, 1))
    assert built.classes == 3


def test_rows_change_shapes() -> None:
    strided = table(Downsample(channels=6), Shrink(), Double(kernel=3))
    plain = Table(
        name="t", frame=(3, 9, 12), rows=(Conv(channels=4), Conv(channels=5), Dense(features=7), END[1])
    )
    mean = Table(name="t", frame=(3, 9, 9), rows=(Stem(channels=4), MaxPool(size=3), MeanPool(), END[1]))

    assert strided.shapes()[1:4] == ((6, 4, 4), (6, 2, 2), (12, 2, 2))
    assert plain.shapes() == ((4, 7, 10), (5, 5, 8), (7, 1, 1), (3, 1, 1))
    assert mean.shapes() == ((4, 9, 9), (4, 3, 3), (4, 1, 1), (3, 1, 1))


def test_kinds_follow_the_rows() -> None:
    plain = Table(
        name="t",
        frame=(3, 8, 8),
        rows=(Conv(channels=4), MaxPool(), Dense(features=7), Classifier(classes=3)),
    )

    assert table(MaxPool()).kinds() == (Kind.IMAGE, Kind.MAP, Kind.MAP, Kind.VECTOR)
    assert plain.kinds() == (Kind.IMAGE, Kind.SIGNS, Kind.SIGNS, Kind.SIGNS)


def test_wide_sums_are_a_matter_of_the_hardware_form() -> None:
    rows = (Stem(channels=4), SumPool(size=64), END[1])

    for form in ("paper", "hardware"):
        assert Table(name="t", form=form, frame=(1, 64, 64), rows=rows, bits=4).shapes()[1] == (4, 1, 1)
    assert Table(name="t", form="paper", frame=(1, 64, 64), rows=rows, bits=8).shapes()[1] == (4, 1, 1)
    with pytest.raises(ConfigError, match="sum of 4096 pixels of INT8"):
        Table(name="t", frame=(1, 64, 64), rows=rows, bits=8)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: table(MaxPool(size=3)), "a pool of 3 does not divide 8x8 pixels"),
        (lambda: SumPool(size=3), r"SumPool: size=3 must be a power of two; try 2"),
        (
            lambda: Table(
                name="t", frame=(1, 32, 32), bits=8, rows=(Stem(channels=4), SumPool(size=32), END[1])
            ),
            r"the sum of 1024 pixels of INT8 needs more than 16 bits, .*; sum 256 pixels or fewer",
        ),
        (lambda: table(frame=(1, 9, 9)), "a pool of 2 does not divide 9x9 pixels"),
        (lambda: table(MaxPool(), bits=9), r"bits=9 must lie in 2 \.\. 8"),
        (lambda: table(Stem(channels=4)), "Stem takes image, but Stem gives map"),
        (
            lambda: Table(name="t", frame=(1, 8, 8), bits=4, rows=END),
            "SumPool takes map, but the frame gives image",
        ),
        (lambda: Residual(kernel=2), "kernel=2 must be odd"),
        (lambda: Widen(channels=0), "channels=0 must be positive"),
        (lambda: table(Conv(channels=4)), "Conv takes image or signs, but Stem gives map; rows are Stem"),
        (lambda: Table(name="t", frame=(1, 8, 8), rows=(Dense(features=2),)), "the last row is Dense"),
        (
            lambda: Table(name="t", frame=(1, 2, 9), rows=(Conv(channels=4), END[1])),
            "t: Conv: a window of 3x3 does not fit 2x9 pixels",
        ),
        (lambda: table(Shrink(), frame=(1, 6, 5)), "a pool of 2 does not divide 6x5"),
        (lambda: table(Downsample(channels=2), frame=(1, 6, 5)), "a pool of 2 does not divide 6x5"),
        (lambda: table(frame=(0, 8, 8)), r"frame=\(0, 8, 8\) must be positive"),
        (lambda: Table(name="t", form="papre", frame=(1, 8, 8), rows=END), r"did you mean 'paper'\?"),
        (lambda: Table(name="t", width=0.0, frame=(1, 8, 8), rows=END), r"width=0.0 must be positive; try 1"),
        (lambda: Stem(channels=3, weight_bits=9), r"Stem: weight_bits=9 must lie in 1 \.\. 8; try 8"),
        (lambda: Downsample(channels=3, weight_bits=0), "Downsample: weight_bits=0 must lie in"),
        (lambda: Classifier(classes=3, weight_bits=9), "Classifier: weight_bits=9 must lie in"),
        (lambda: MeanPool(bits=1), r"MeanPool: bits=1 must lie in 2 \.\. 8; try 6"),
        (lambda: Double(kernel=2), "Double: kernel=2 must be odd"),
        (lambda: Dense(features=0), "Dense: features=0 must be positive"),
    ],
)
def test_bad_tables_are_refused(build, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=message):
        build()

"""The networks that a recipe can name, in both forms and any width."""

import difflib
from collections.abc import Callable

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.residual_rows import Double, Downsample, Residual, Shrink, Widen
from rbonn_hw.models.rows import Boxes, Classifier, Conv, Dense, MaxPool, MeanPool, Stem, SumPool
from rbonn_hw.models.shapes import Shape
from rbonn_hw.models.table import Row, Table

Width = Callable[[int], int]
"""From the channels of a published network to those of ours."""
Builder = Callable[[Width], tuple[Shape, tuple[Row, ...]]]
"""Returns frame and rows of a network."""

GREY_DIGIT, CANVAS, COLOUR, PHOTO = (1, 28, 28), (1, 64, 64), (3, 32, 32), (3, 224, 224)


def _digits(width: Width) -> tuple[Shape, tuple[Row, ...]]:
    """For the 8x8 digits of scikit-learn."""
    rows = (
        Stem(channels=width(32)),
        Residual(),
        MaxPool(),
        Widen(channels=width(64)),
        Residual(),
        SumPool(),
        Classifier(classes=10),
    )
    return (1, 8, 8), rows


def _mnist(width: Width) -> tuple[Shape, tuple[Row, ...]]:
    """For MNIST."""
    rows = (
        Stem(channels=width(32), kernel=5, stride=2),
        Residual(),
        MaxPool(),
        Widen(channels=width(64), stride=2),
        Residual(),
        SumPool(),
        Classifier(classes=10),
    )
    return GREY_DIGIT, rows


def _detect_digits(width: Width) -> tuple[Shape, tuple[Row, ...]]:
    """For digits of several sizes on a canvas of 64x64, found on a grid of 8x8 cells."""
    rows = (
        Stem(channels=width(16), stride=2, weight_bits=8),
        Residual(),
        Downsample(channels=width(32)),
        Residual(),
        Downsample(channels=width(64)),
        Residual(),
        Residual(),
        Boxes(classes=10, anchors=(16.0,)),
    )
    return CANVAS, rows


def _detect_voc(width: Width) -> tuple[Shape, tuple[Row, ...]]:
    """ResNet-18 for ImageNet as a backbone, and boxes of VOC's 20 classes on its last map, 10x10 cells."""
    _, backbone = _resnet((4, 4, 4, 4))(width)
    rows = (*backbone[:-2], Boxes(classes=20, anchors=(24.0, 72.0, 200.0), weight_bits=8))
    return (3, 320, 320), rows


def _perceptron(features: int) -> Builder:
    """Three hidden layers, as FINN's TFC, SFC and LFC (Umuroglu et al., FINN, FPGA 2017, table 4)."""

    def build(width: Width) -> tuple[Shape, tuple[Row, ...]]:
        hidden = (Dense(features=width(features)),) * 3
        return GREY_DIGIT, (*hidden, Classifier(classes=10))

    return build


def _cnv(width: Width) -> tuple[Shape, tuple[Row, ...]]:
    """VGG-like, as FINN's CNV (Umuroglu et al., FINN, FPGA 2017, table 4)."""
    rows: list[Row] = []
    for channels in (64, 128, 256):
        rows += [Conv(channels=width(channels))] * 2
        rows += [] if channels == 256 else [MaxPool()]
    rows += [Dense(features=width(512))] * 2
    return COLOUR, (*rows, Classifier(classes=10))


def _resnet20(width: Width) -> tuple[Shape, tuple[Row, ...]]:
    """ResNet-20 of one-convolution blocks (He et al., CVPR 2016, section 4.2; Liu et al., Bi-Real Net)."""
    rows: list[Row] = [Stem(channels=width(16), weight_bits=8), *[Residual()] * 6]
    for channels in (32, 64):
        rows += [Downsample(channels=width(channels)), *[Residual()] * 5]
    return COLOUR, (*rows, MeanPool(), Classifier(classes=10, weight_bits=4))


def _resnet(stages: tuple[int, int, int, int]) -> Builder:
    """ResNet of one-convolution blocks for ImageNet, ``stages`` of them per width (Bi-Real Net, ReActNet)."""

    def build(width: Width) -> tuple[Shape, tuple[Row, ...]]:
        rows: list[Row] = [
            Stem(channels=width(64), kernel=7, stride=2, weight_bits=8),
            MaxPool(overlapping=True),
            *[Residual()] * stages[0],
        ]
        for channels, count in zip((128, 256, 512), stages[1:], strict=True):
            rows += [Downsample(channels=width(channels)), *[Residual()] * (count - 1)]
        return PHOTO, (*rows, MeanPool(), Classifier(classes=1000, weight_bits=8))

    return build


def _reactnet_a(width: Width) -> tuple[Shape, tuple[Row, ...]]:
    """MobileNet with shortcuts (Liu et al., ReActNet, ECCV 2020, table 5 and figure 5)."""
    rows: list[Row] = [Stem(channels=width(32), stride=2, weight_bits=8), Residual(), Double()]
    for same in (1, 1, 5, 1):
        rows += [Shrink(), Double(), *[Residual(), Residual(kernel=1)] * same]
    return PHOTO, (*rows, MeanPool(), Classifier(classes=1000, weight_bits=8))


NETWORKS: dict[str, Builder] = {
    "digits": _digits,
    "mnist": _mnist,
    "tfc": _perceptron(64),
    "sfc": _perceptron(256),
    "lfc": _perceptron(1024),
    "cnv": _cnv,
    "resnet20": _resnet20,
    "resnet18": _resnet((4, 4, 4, 4)),
    "resnet34": _resnet((6, 8, 12, 6)),
    "reactnet-a": _reactnet_a,
    "detect-digits": _detect_digits,
    "detect-voc": _detect_voc,
}
"""Name to what makes it."""


def network(name: str, *, form: str = "hardware", width: float = 1.0, bits: int = 4) -> Table:
    """Return the table of a name.

    Args:
        name: One of :data:`NETWORKS`.
        form: "hardware" or "paper"; see :mod:`rbonn_hw.models.table`.
        width: Factor on the channel counts; products are rounded, and 1 at least.
        bits: Width of the feature maps between rows in the hardware form [bits].

    Raises:
        ConfigError: No such network or form, or a factor or width out of its range.
    """
    if name not in NETWORKS:
        near = difflib.get_close_matches(name, NETWORKS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(NETWORKS)}"
        raise ConfigError(f"network {name!r} is not one of {sorted(NETWORKS)}; {hint}")
    if not 1e-3 <= width <= 1e3:
        raise ConfigError(f"{name}: width={width!r} must lie in 0.001 .. 1000; try 1.0")
    frame, rows = NETWORKS[name](lambda channels: max(1, round(channels * width)))
    return Table(name=name, form=form, width=width, frame=frame, bits=bits, rows=rows)


DIGITS, MNIST = network("digits"), network("mnist")

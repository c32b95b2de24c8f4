"""A network as a table: rows of plain data, checked at construction, from which modules are built.

In the hardware form a feature map between two rows is INT<bits> with scale 1: one grid for the whole network,
so that any two maps of equal shape may be added. In the paper form feature maps, the first layer, the
shortcuts' convolutions and the classifier are real. Both forms of a network have the same rows, and the same
names and shapes of whatever parameters they share, so weights can move between them.
"""

import difflib
import math
from dataclasses import dataclass

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError
from rbonn_hw.models.residual_rows import Double, Downsample, Residual, Shrink, Widen
from rbonn_hw.models.rows import Boxes, Classifier, Conv, Dense, MaxPool, MeanPool, Stem, SumPool
from rbonn_hw.models.shapes import Kind, Shape
from rbonn_hw.spec.boxes import BoxMeaning

FORMS = ("hardware", "paper")
SUM_BITS = 16
"""Widest input of a matrix product [bits]."""

Row = (
    Stem
    | Conv
    | Dense
    | Residual
    | Widen
    | Downsample
    | Shrink
    | Double
    | MaxPool
    | SumPool
    | MeanPool
    | Classifier
    | Boxes
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A whole network.

    Attributes:
        name: What a recipe calls it.
        form: One of :data:`FORMS`.
        width: Factor on the channel counts that the rows were made with; they hold the product.
        frame: Input shape (channels, height, width), UINT8.
        bits: Width of the signed feature maps between rows in the hardware form [bits].
        rows: From one that takes the image to the :class:`~rbonn_hw.models.rows.Classifier`, or to the
            :class:`~rbonn_hw.models.rows.Boxes` of a detector.
    """

    name: str
    form: str = "hardware"
    width: float = 1.0
    frame: Shape
    bits: int = 4
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            near = difflib.get_close_matches(self.form, FORMS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(FORMS)}"
            raise ConfigError(f"{self.name}: form={self.form!r} is not one of {list(FORMS)}; {hint}")
        if not 2 <= self.bits <= 8:
            raise ConfigError(f"{self.name}: bits={self.bits} must lie in 2 .. 8; try 4")
        if not (math.isfinite(self.width) and self.width > 0):
            raise ConfigError(f"{self.name}: width={self.width} must be positive; try 1.0")
        if min(self.frame) < 1:
            raise ConfigError(f"{self.name}: frame={self.frame} must be positive; try (3, 32, 32)")
        self.kinds()
        self.shapes()
        for row in self.rows:
            if isinstance(row, SumPool) and not self.paper:
                self._check_sum(row)

    def _check_sum(self, row: SumPool) -> None:
        pixels = row.size**2
        if IntType.holding(self.dtype.min * pixels, self.dtype.max * pixels).bits > SUM_BITS:
            raise ConfigError(
                f"{self.name}: the sum of {pixels} pixels of {self.dtype.qonnx_name} needs more than "
                f"{SUM_BITS} bits, which the classifier takes; sum {1 << (SUM_BITS - self.bits)} pixels or "
                "fewer"
            )

    @property
    def paper(self) -> bool:
        """Whether this is the paper form."""
        return self.form == "paper"

    @property
    def dtype(self) -> IntType:
        """Type of the feature maps between rows in the hardware form."""
        return IntType(self.bits, signed=True)

    def kinds(self) -> tuple[Kind, ...]:
        """Return what each row takes.

        Raises:
            ConfigError: A row that does not take what the row before it gives, or neither classifier nor
                boxes at the end.
        """
        kinds = []
        kind, before = Kind.IMAGE, "the frame"
        for row in self.rows:
            name = type(row).__name__
            if kind not in row.takes:
                wanted = " or ".join(allowed.value for allowed in row.takes)
                raise ConfigError(
                    f"{self.name}: {name} takes {wanted}, but {before} gives {kind.value}; "
                    "rows are Stem, Residual, .., SumPool, Classifier or Conv, .., Dense, Classifier"
                )
            kinds.append(kind)
            kind, before = row.gives or kind, name
        if kind not in (Kind.SCORES, Kind.BOXES):
            raise ConfigError(f"{self.name}: the last row is {before}; it must be a Classifier, or Boxes")
        return tuple(kinds)

    def shapes(self) -> tuple[Shape, ...]:
        """Return the (channels, height, width) behind each row.

        Raises:
            ConfigError: A window that does not fit its map, or a pool that does not divide it.
        """
        shapes = []
        shape = self.frame
        for row in self.rows:
            try:
                shape = row.shape(shape)
            except ConfigError as error:
                raise ConfigError(f"{self.name}: {error}") from None
            shapes.append(shape)
        return tuple(shapes)

    @property
    def boxes(self) -> Boxes | None:
        """The last row of a detector; None for a network that classifies."""
        last = self.rows[-1]
        return last if isinstance(last, Boxes) else None

    def box_meaning(self, step: float) -> BoxMeaning:
        """Return what a detector's answers mean whose integer 1 is a logit of ``step``."""
        assert self.boxes is not None
        return BoxMeaning(self.boxes.classes, self.boxes.anchors, step)

    @property
    def classes(self) -> int:
        """Classes of frames, or of a detector's objects."""
        return self.boxes.classes if self.boxes else self.shapes()[-1][0]

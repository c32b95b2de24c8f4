"""The verdict on several implementations of one network: integers are compared, not the last bits of floats.

Two right implementations give the same integers. Their floats differ in the last bits where scales are no
powers of two, and so may a class that two scores share. An implementation of which only floats are known is
taken back to integers by the network's own scale, or, behind a tail, held to the bound that ``rbonn compile``
computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.frontend.arithmetic import odd_part
from rbonn_hw.errors import DatasetError
from rbonn_hw.packing import Ints

# Floats all this close to integers [integers] have kept them apart, whatever the worst case of their sums is.
SETTLED = 0.25
# A scale of so many significant bits shows every rounding of a sum; that of a power of two hides it.
LONG = 2.0**12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """What one implementation answers; every array has a row a frame.

    Attributes:
        integers: The network's last integers ``[n, elements]``; None when only floats are known.
        outputs: The network's float output ``[n, outputs]``; None when only a class is known.
        classes: Class, or the k classes of a top-k, ``[n, k]``; None for a network that answers none.
    """

    integers: Ints | None
    outputs: NDArray[Any] | None
    classes: Ints | None

    @property
    def frames(self) -> int:
        """Number of frames."""
        known = (self.integers, self.outputs, self.classes)
        return len(next(values for values in known if values is not None))

    def first(self, count: int) -> "Answers":
        """Return the answers to the first ``count`` frames."""
        return self.chosen(slice(count))

    def chosen(self, frames: "slice | Ints") -> "Answers":
        """Return the answers to some frames."""
        parts = (self.integers, self.outputs, self.classes)
        integers, outputs, classes = (None if part is None else part[frames] for part in parts)
        return Answers(integers=integers, outputs=outputs, classes=classes)


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """How two implementations compare.

    Attributes:
        compared: Frames that both answered.
        frames: Frames with an integer that differs, or a class that does without a tie.
        integers: Integers that differ (behind a tail: outputs further apart than the bound).
        classes: Frames whose class differs, ties included.
        ties: Of these, frames in which the reference scores both classes alike, within the bound.
        rounded: Frames that differ and do not count: one of the two computed in float32, and there a sum lies
            so close to a step of a quantizer that its rounding decides.
        largest: Largest difference of float outputs; None when one has none.
    """

    compared: int
    frames: int
    integers: int
    classes: int
    ties: int
    rounded: int
    largest: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Compares implementations of one network on the same frames.

    Attributes:
        scale: What the integers mean.
        scores: The reference's scores that decide a class ``[n, labels]``; None without classes.
        lost: What float32 sums may be off in the floats of the network's last integers ``[n, elements]``.
        ambiguous: Frames ``[n]`` in which the rounding of float32 sums may decide an integer within the
            network.
        exact: The reference's answers with exact sums; None where they are not known.
    """

    scale: AnswerScale
    scores: NDArray[Any] | None
    lost: NDArray[np.float64]
    ambiguous: NDArray[np.bool_]
    exact: Answers | None = None

    def pairs(self, answers: Mapping[str, Answers]) -> dict[str, PairVerdict]:
        """Compare each with each, in the order given; a name is ``one-other``."""
        return {
            f"{one}-{other}": self.pair(answers[one], answers[other])
            for one, other in combinations(answers, 2)
        }

    def pair(self, one: Answers, other: Answers) -> PairVerdict:
        """Compare two implementations on the frames that both answered."""
        return self.compare(one, other)[0]

    def compare(self, one: Answers, other: Answers) -> tuple[PairVerdict, NDArray[np.bool_]]:
        """Compare two implementations; return the verdict, and which of the frames it counts ``[n]``."""
        count = min(one.frames, other.frames)
        one, other = one.first(count), other.first(count)
        wrong, turned, tied, frames = self._compared(one, other)
        rounded = np.zeros(count, np.bool_)
        if one.integers is None or other.integers is None:
            rounded = frames & self.ambiguous[:count]
        counted = frames & ~rounded
        verdict = PairVerdict(
            compared=count,
            frames=int(counted.sum()),
            integers=0 if wrong is None else int(wrong[counted].sum()),
            classes=int(turned.sum()),
            ties=int(tied.sum()),
            rounded=int(rounded.sum()),
            largest=_largest(one.outputs, other.outputs),
        )
        return verdict, counted

    def differing(self, one: Answers, other: Answers) -> NDArray[np.bool_]:
        """Tell in which frames ``[n]`` two implementations differ, be it by the rounding of float32 sums."""
        return self._compared(one, other)[3]

    def _compared(
        self, one: Answers, other: Answers
    ) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return integers that differ [n, elements], and frames [n]: other class, of a tie, different."""
        wrong = self._differing(one, other)
        turned, tied = np.zeros((2, one.frames), np.bool_)
        if one.classes is not None and other.classes is not None:
            turned = np.any(one.classes != other.classes, axis=1)
            tied = turned & self._tied(one.classes, other.classes)
        frames = turned & ~tied
        if wrong is not None:
            frames = frames | wrong.any(axis=1)
        return wrong, turned, tied, frames

    def _differing(self, one: Answers, other: Answers) -> NDArray[np.bool_] | None:
        """Return which integers differ ``[n, elements]``; None when only classes can be compared."""
        if one.integers is not None and other.integers is not None:
            return one.integers != other.integers if one.integers.shape == other.integers.shape else None
        if one.outputs is None or other.outputs is None or one.outputs.shape != other.outputs.shape:
            return None
        if self.scale.direct and (one.integers is not None or other.integers is not None):
            better = self._explained_better(one, other)
            return self._off_integers(one, other) | (better if better.size else False)
        if self.scale.bound is None:
            return None
        apart: NDArray[np.bool_] = _distance(one.outputs, other.outputs) > self.scale.bound
        better = self._explained_better(one, other)
        return np.hstack([apart & ~better.any(axis=1, keepdims=True), better])

    def _explained_better(self, one: Answers, other: Answers) -> NDArray[np.bool_]:
        """Tell which integers of one are not those of the reference, where the other's floats are its floats.

        The bounds are those of the worst case; here the reference's own answer to the same frame is nearer to
        the floats than that of the integers in question, by more than half.
        """
        known, floats = (one, other.outputs) if other.integers is None else (other, one.outputs)
        if self.exact is None or known.integers is None or known.outputs is None or floats is None:
            return np.zeros((one.frames, 0), np.bool_)
        exact = self.exact.first(known.frames)
        assert exact.integers is not None
        assert exact.outputs is not None
        far, near = (
            _distance(floats, outputs).max(axis=1, initial=0.0) for outputs in (known.outputs, exact.outputs)
        )
        better: NDArray[np.bool_] = (known.integers != exact.integers) & (2 * near < far)[:, None]
        return better

    def _off_integers(self, one: Answers, other: Answers) -> NDArray[np.bool_]:
        """Take the floats of one back to integers and compare with those of the other."""
        known, floats = (
            (one.integers, other.outputs) if other.integers is None else (other.integers, one.outputs)
        )
        assert known is not None
        unit = self.scale.unit()
        units = np.asarray(floats, np.float64) / unit
        nearest = np.rint(units)
        differs: NDArray[np.bool_] = nearest != known
        # Sums of a long scale that left the lattice nowhere have not lost an integer.
        if np.abs(units - nearest).max(initial=0.0) < SETTLED and odd_part(unit).min() >= LONG:
            return differs
        return differs & (np.abs(units - known) * np.abs(unit) > self.lost[: len(units)])

    def _tied(self, one: Ints, other: Ints) -> NDArray[np.bool_]:
        """Tell in which frames the reference scores the classes of both alike, within rounding ``[n]``."""
        if self.scores is None:
            return np.zeros(len(one), np.bool_)
        scores = self.scores[: len(one)].astype(np.float64)
        labels = scores.shape[1]
        if min(one.min(), other.min()) < 0 or max(one.max(), other.max()) >= labels:
            return np.zeros(len(one), np.bool_)
        gap = np.abs(np.take_along_axis(scores, one, 1) - np.take_along_axis(scores, other, 1))
        bound = self.scale.scores_bound if self.scale.scores else self.scale.bound
        tied: NDArray[np.bool_] = np.all(gap <= (bound or 0.0), axis=1)
        return tied


def largest_class(outputs: NDArray[Any]) -> Ints:
    """Return the class of every frame ``[n, 1]``: the arg-max of its scores ``[n, labels]``."""
    classes: Ints = outputs.argmax(axis=1).astype(np.int64)[:, None]
    return classes


def check_frames(frames: NDArray[Any], file: str) -> NDArray[Any]:
    """Require frames of finite numbers, with at least one axis behind that of the frames.

    Raises:
        DatasetError: They are something else.
    """
    if frames.ndim < 2 or frames.dtype.kind not in "fiub":
        raise DatasetError(
            f"{file}: frames are {frames.dtype} {list(frames.shape)}; expected numbers [n, ...], as "
            "`rbonn export` writes them"
        )
    if not frames.size:
        raise DatasetError(f"{file}: frames are {list(frames.shape)}, which is nothing; give one at least")
    whole = np.isfinite(frames.reshape(len(frames), -1)).all(axis=1)
    if not whole.all():
        raise DatasetError(
            f"{file}: frame {int(np.argmin(whole))} holds NaN or an infinity; give finite numbers"
        )
    return frames


def labels_of_data(labels: NDArray[Any], frames: int, file: str) -> NDArray[Any]:
    """Check the labels that came with the data, one integer a frame, and return them as ``[n]``.

    Raises:
        DatasetError: They are something else.
    """
    whole = labels.dtype.kind in "iu" or (labels.dtype.kind == "f" and np.all(labels == np.rint(labels)))
    if labels.shape not in ((frames,), (frames, 1)) or not whole:
        raise DatasetError(
            f"{file}: labels are {labels.dtype} {list(labels.shape)}; expected one integer for each of the "
            f"{frames} frames, [{frames}]: np.argmax(labels, axis=1) makes them of one-hot rows"
        )
    return labels.reshape(-1).astype(np.int64)


def floats_of_data(outputs: NDArray[Any], frames: int, shape: Sequence[int], file: str) -> NDArray[Any]:
    """Check answers that came with the data, and return them as ``[n, outputs]``.

    Raises:
        DatasetError: Another number of frames or values, or values that are no finite numbers.
    """
    expected = int(np.prod(shape))
    if outputs.ndim < 1 or len(outputs) != frames or outputs.size != frames * expected:
        raise DatasetError(
            f"{file}: outputs are {list(outputs.shape)}, the network answers {frames} frames with "
            f"[{frames}, {', '.join(map(str, shape))}]; export the data with this network"
        )
    flat = outputs.reshape(frames, expected)
    if flat.dtype.kind not in "fiub" or not np.all(np.isfinite(flat)):
        raise DatasetError(f"{file}: outputs hold values that are no finite numbers; export them again")
    return flat


def _distance(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.abs(one.astype(np.float64) - other.astype(np.float64))
    return distance


def _largest(one: NDArray[Any] | None, other: NDArray[Any] | None) -> float | None:
    if one is None or other is None or one.shape != other.shape:
        return None
    return float(_distance(one, other).max(initial=0.0))

"""When a window takes and gives its beats if nobody holds it up, cycle by cycle."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import lcm

from rbonn_hw.spec.window import WindowSpec


@dataclass(frozen=True, slots=True)
class Schedule:
    """Cycle of every beat; cycle 0 is the first in which input is offered.

    Attributes:
        in_cycles: When each input beat is taken.
        out_cycles: When each output beat is offered, and taken.
    """

    in_cycles: tuple[int, ...]
    out_cycles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A read: the word of the frame (None for border), words freed by it, and whether a beat leaves."""

    word: int | None
    freed: int
    emits: bool


def unstalled(spec: WindowSpec, frames: int) -> Schedule:
    """Return the schedule of ``frames`` frames offered without a gap, to a sink that is always ready."""
    reads = list(_reads(spec))
    frame_words = spec.height * spec.row_words
    words = frames * frame_words
    source = _Source(spec)
    written: list[int] = []
    space, free_at = (spec.rows - spec.pad_top) * spec.row_words, 0
    out_cycles: list[int] = []
    now = -1
    credits: list[tuple[int, int]] = []  # (words that may be written from then on, cycle)

    def write_until(word: int) -> None:
        """Write words up to this one; what they wait for has been read before."""
        nonlocal space, free_at
        while len(written) <= word:
            while space <= len(written):
                space, free_at = credits.pop(0)
            earliest = max(free_at, written[-1] + 1 if written else 0)
            written.append(source.deliver(earliest))

    for frame in range(frames):
        for number, read in enumerate(reads):
            # A frame begins with its first word, also where it begins with border.
            needed = read.word if read.word is not None else 0 if number == 0 else None
            if needed is not None:
                write_until(frame * frame_words + needed)
                now = max(now, written[frame * frame_words + needed])
            now += 1
            if read.freed:
                credits.append(((credits[-1][0] if credits else space) + read.freed, now + 1))
            if read.emits:
                out_cycles.append(now + spec.latency_cycles - 1)
    write_until(words - 1)
    return Schedule(tuple(source.in_cycles), tuple(out_cycles))


class _Source:
    """Input beats through the width converter in front of the memory, if there is one."""

    def __init__(self, spec: WindowSpec) -> None:
        wide = lcm(spec.in_lanes, spec.lanes)
        self._gathered, self._scattered = wide // spec.in_lanes, wide // spec.lanes
        self._delivered = 0
        self._offered = 0  # first cycle in which the next word may be written
        self._gather_free = self._scatter_free = 0  # first cycle in which each may take its next first beat
        self.in_cycles: list[int] = []

    def deliver(self, earliest: int) -> int:
        """Return the cycle in which the next word is written, ``earliest`` or later."""
        if self._delivered % self._scattered == 0:
            self._load()
        self._delivered += 1
        cycle = max(earliest, self._offered)
        self._offered = cycle + 1
        if self._scattered > 1:
            self._scatter_free = cycle
        elif self._gathered > 1:
            self._gather_free = cycle
        else:
            self.in_cycles[-1] = cycle
        return cycle

    def _load(self) -> None:
        for beat in range(self._gathered):
            first = self.in_cycles[-1] + 1 if self.in_cycles else 0
            self.in_cycles.append(max(first, self._gather_free) if beat == 0 else first)
        self._offered = self.in_cycles[-1] + (self._gathered > 1)
        if self._scattered > 1:
            self._gather_free = max(self._offered, self._scatter_free)
            if self._gathered == 1:
                self.in_cycles[-1] = self._gather_free
            self._offered = self._gather_free + 1


def _reads(spec: WindowSpec) -> Iterator[_Read]:
    """Yield the reads of one frame."""
    # Windows that begin further down would free rows that the next frame begins with.
    limit = spec.height // spec.stride_y
    if (spec.out_height - 1) * spec.stride_y < spec.height:
        limit = spec.out_height
    for y in range(spec.out_height):
        row = list(_row_reads(spec, y))
        first, last = min(y, limit), y == spec.out_height - 1
        dropped = (spec.height if last else min(y + 1, limit) * spec.stride_y) - first * spec.stride_y
        # Columns are freed before the end of the row where it frees rows at all.
        early = y < limit
        rest = dropped * spec.row_words - sum(read.freed for read in row) * early
        for read in row[:-1]:
            yield _Read(read.word, read.freed * early, read.emits)
        yield _Read(row[-1].word, rest, row[-1].emits)


def _row_reads(spec: WindowSpec, y: int) -> Iterator[_Read]:
    """Yield the reads of a row of windows; the last frees nothing yet."""
    top = y * spec.stride_y - spec.pad_top
    rows = [top + ky * spec.dilation_y for ky in range(spec.kernel_h)]
    if spec.out_lanes > spec.channels:
        last = spec.row_reads // spec.kernel_h - 1
        full = (spec.kernel_w - 1) * spec.dilation_x - spec.pad_left
        whole = spec.out_lanes > spec.kernel_w * spec.channels
        for column in range(last + 1):
            emits = column >= full and (column - full) % spec.stride_x == 0
            for ky, row in enumerate(rows):
                end = ky == spec.kernel_h - 1
                freed = int(ky == 0 and column < min(last, spec.width))
                yield _Read(_word(spec, row, column, 0), freed, emits and (end or not whole))
        return
    first_free = -(-spec.pad_left // spec.stride_x)
    for x in range(spec.out_width):
        frees = first_free <= x < min(spec.out_width - 1, first_free + spec.width // spec.stride_x)
        taps = list(_window_taps(spec, rows, x * spec.stride_x - spec.pad_left))
        for number, tap in enumerate(taps):
            last_tap = number == len(taps) - 1
            yield _Read(tap, spec.stride_x * spec.fold if frees and last_tap else 0, emits=True)


def _window_taps(spec: WindowSpec, rows: list[int], left: int) -> Iterator[int | None]:
    columns = [left + kx * spec.dilation_x for kx in range(spec.kernel_w)]
    if spec.channel_major:
        yield from (
            _word(spec, row, column, fold) for fold in range(spec.fold) for row in rows for column in columns
        )
    else:
        yield from (
            _word(spec, row, column, fold) for row in rows for column in columns for fold in range(spec.fold)
        )


def _word(spec: WindowSpec, row: int, column: int, fold: int) -> int | None:
    """Return the word of the frame, None outside the map."""
    if not (0 <= row < spec.height and 0 <= column < spec.width):
        return None
    return (row * spec.width + column) * spec.fold + fold

"""rbonn_hw/host/streams.py against rbonn_hw/packing.py, bit by bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbonn_hw.host.errors import FrameError, PackageError
from rbonn_hw.host.fields import Fields
from rbonn_hw.host.streams import Stream
from rbonn_hw.packing import pack


@settings(max_examples=150, deadline=None)
@given(
    bits=st.integers(1, 32), signed=st.booleans(), lanes=st.integers(1, 40), beats=st.integers(1, 3),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_packs_as_the_simulator_does_and_back(
    bits: int, signed: bool, lanes: int, beats: int, seed: int
) -> None:
    stream = Stream((beats, lanes), "any", bits, signed, lanes, beats)
    frames = np.random.default_rng(seed).integers(stream.low, stream.high + 1, (2, beats, lanes))
    frames[0, 0, 0], frames[-1, -1, -1] = stream.low, stream.high
    stream.check(frames)

    packed = np.full(2 * stream.frame_bytes, 0xFF, np.uint8)
    stream.pack(frames, packed)

    np.testing.assert_array_equal(packed, pack(frames.reshape(-1, lanes), bits).reshape(-1))
    np.testing.assert_array_equal(stream.unpack(packed), frames)


def test_narrow_types_need_no_conversion() -> None:
    stream = Stream((4,), "UINT5", 5, False, 4, 1)
    frames = np.array([[31, 0, 1, 16]], np.uint8)
    packed = np.zeros(stream.frame_bytes, np.uint8)
    stream.pack(frames, packed)
    np.testing.assert_array_equal(stream.unpack(packed), frames)


def test_wrong_integers() -> None:
    stream = Stream((2, 2), "INT4", 4, True, 2, 2)
    with pytest.raises(FrameError, match=r"hold -9 \.\. 0, but INT4 is -8 \.\. 7"):
        stream.check(np.array([[[0, -9], [0, 0]]]))
    with pytest.raises(FrameError, match=r"shape \[4, 2\]; the accelerator takes \[n, 2, 2\]"):
        stream.check(np.zeros((4, 2), np.int64))
    with pytest.raises(FrameError, match="type float64; give integers of INT4"):
        stream.check(np.zeros((1, 2, 2)))


def test_a_stream_that_contradicts_itself() -> None:
    entry = {"shape": [6], "dtype": "UINT2", "bits": 2, "signed": False, "lanes": 4, "beats": 2}
    with pytest.raises(PackageError, match="lanes times beats must be the 6 elements"):
        Stream.from_document(Fields(entry, "metadata.json"))

"""The Zynq shell around one accelerator, as plain data: RTL parameters, and the bytes of a job."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rbonn_hw.errors import ConfigError, SpecError
from rbonn_hw.spec.accelerator import AcceleratorInterface, FrameStream
from rbonn_hw.spec.dma import DmaSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSpec:
    """Registers, DMA and width conversion around an accelerator.

    Attributes:
        in_bits: Width of the accelerator's input stream, whole bytes [bits].
        in_beats: Input beats per frame.
        out_bits: Width of its output stream, whole bytes [bits].
        out_beats: Output beats per frame.
        network_id: What register NETWORK reads, 32 bits; see :func:`network_id`.
        read_depth_words: FIFO of the reading DMA.
        write_depth_words: FIFO of the writing DMA.

    Raises:
        SpecError: A width is not whole bytes, a count below 1, or the identity beyond 32 bits.
    """

    MODULE: ClassVar[str] = "rbonn_shell"

    in_bits: int
    in_beats: int
    out_bits: int
    out_beats: int
    network_id: int
    read_depth_words: int = 128
    write_depth_words: int = 64

    def __post_init__(self) -> None:
        for name in ("in_bits", "out_bits"):
            if getattr(self, name) < 8 or getattr(self, name) % 8:
                raise SpecError(f"{name}={getattr(self, name)} must be whole bytes, such as 8 or 24")
        for name in ("in_beats", "out_beats"):
            if getattr(self, name) < 1:
                raise SpecError(f"{name}={getattr(self, name)} must be at least 1")
        if not 0 <= self.network_id < 1 << 32:
            raise SpecError(f"network_id={self.network_id:#x} must fit in 32 bits")
        for depth in (self.read_depth_words, self.write_depth_words):
            DmaSpec(depth_words=depth)

    @classmethod
    def of(cls, interface: AcceleratorInterface, network_id: int) -> "ShellSpec":
        """Return the shell of a compiled accelerator."""
        return cls(
            in_bits=_word_bits(interface.input),
            in_beats=interface.input.beats,
            out_bits=_word_bits(interface.output),
            out_beats=interface.output.beats,
            network_id=network_id,
        )

    @property
    def in_frame_bytes(self) -> int:
        """Bytes of an input frame in memory [bytes]."""
        return self.in_bits // 8 * self.in_beats

    @property
    def out_frame_bytes(self) -> int:
        """Bytes of a frame's answer in memory [bytes]."""
        return self.out_bits // 8 * self.out_beats

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_shell``, spelled as in the RTL."""
        return {
            "InBits": self.in_bits,
            "InBeats": self.in_beats,
            "OutBits": self.out_bits,
            "OutBeats": self.out_beats,
            "NetworkId": self.network_id,
            "ReadDepth": self.read_depth_words,
            "WriteDepth": self.write_depth_words,
        }


def network_id(document: Mapping[str, Any]) -> int:
    """Return the identity of a compiled network: the first 32 bits of the key in its ``compile.json``.

    The key is a digest of the network's file, the options and this package, so another build of another
    network has another identity, but for one chance in 2**32.

    Raises:
        ConfigError: The document has no key.
    """
    key = document.get("key")
    if not isinstance(key, str) or not re.fullmatch(r"[0-9a-f]{8,}", key):
        raise ConfigError(f"compile.json has key {key!r}, but needs a digest; run `rbonn compile` again")
    return int(key[:8], 16)


def _word_bits(stream: FrameStream) -> int:
    return -(-stream.data_bits // 8) * 8

"""Does it fit, and how fast: the estimate of a compiled accelerator beside its part, as plain data."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError, DoesNotFitError, TargetMissedError
from rbonn_hw.spec.device import Device, device

NAMES = ("lut", "ff", "ramb36", "dsp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a piece of a design takes of a part.

    Attributes:
        lut: Six-input look-up tables.
        ff: Flip-flops.
        ramb36: Block RAMs of 36 kbit; one of 18 kbit is half of it.
        dsp: DSP slices.
    """

    lut: int = 0
    ff: int = 0
    ramb36: float = 0.0
    dsp: int = 0

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(**{name: getattr(self, name) + getattr(other, name) for name in NAMES})

    def __sub__(self, other: "Resources") -> "Resources":
        return Resources(**{name: getattr(self, name) - getattr(other, name) for name in NAMES})

    def shares(self, part: Device) -> dict[str, float]:
        """Return the share of the part that each takes, 1 = all of it."""
        return {name: getattr(self, name) / getattr(part, name) for name in NAMES}


def excess(used: Resources, part: Device, allowed: float = 1.0) -> list[str]:
    """Say which resources exceed ``allowed`` times a part; nothing if none do."""
    return [
        f"{name.upper()} {getattr(used, name):,} of {getattr(part, name):,} (x {share:.2f})"
        for name, share in used.shares(part).items()
        if share > allowed
    ]


ROUTABLE = 0.85
"""Share of a part that place and route can be expected to fill."""
SHELL = Resources(lut=1_558, ff=1_469)
"""Registers, DMA and width converters around an accelerator, synthesised by Yosys for a stream of bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCost:
    """A layer and what it takes.

    Attributes:
        name: Its node.
        kernel: Its operator.
        cycles_per_frame: Cycles between frames if it were alone [cycles].
        resources: Estimated.
    """

    name: str
    kernel: str
    cycles_per_frame: int
    resources: Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The cheapest folding that is quicker than the present one.

    Attributes:
        layers: Layers that it folds less.
        ii_cycles: Cycles between frames then [cycles].
        more: What it takes beside the present one, buffers and width converters included, register stages
            not; where one resource stands in for another, the less of it is negative.
    """

    layers: tuple[str, ...]
    ii_cycles: int
    more: Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The estimate of a whole accelerator.

    Attributes:
        part: Name of the part.
        clk_period_ns: Clock period that rates are computed with [ns]; no timing result.
        target_cycles: Cycles between frames that were asked for; None if none were [cycles].
        ii_cycles: Cycles between frames [cycles].
        latency_cycles: From the first input of a frame to its last output, in an idle accelerator [cycles].
        accelerator: All layers, buffers and width converters.
        shell: What stands around it on a Zynq board.
        dearest: The layers that take most of the part, the dearest first.
        bottleneck: Name of the slowest layer.
        next_step: None where no folding is quicker.
        most_of_scarcest: The layers that take most of the resource of which least is left.
        allowed_share: Share of the part that it may take with its shell.
        best_fit_cycles: Where it does not fit, the cycles of the quickest folding that does; None if none
            does, or if nothing was asked of it [cycles].
    """

    part: str
    clk_period_ns: float
    target_cycles: int | None
    ii_cycles: int
    latency_cycles: int
    accelerator: Resources
    shell: Resources = SHELL
    dearest: tuple[LayerCost, ...]
    bottleneck: str
    next_step: NextStep | None
    most_of_scarcest: tuple[LayerCost, ...] = ()
    allowed_share: float = 1.0
    best_fit_cycles: int | None = None

    @property
    def total(self) -> Resources:
        """Accelerator and shell."""
        return self.accelerator + self.shell

    @property
    def frames_per_second(self) -> float:
        """Rate at the clock [1/s]."""
        return 1e9 / (self.clk_period_ns * self.ii_cycles)

    @property
    def latency_us(self) -> float:
        """Latency at the clock [us]."""
        return self.latency_cycles * self.clk_period_ns / 1e3

    @property
    def target_is_met(self) -> bool:
        """Whether it is as fast as was asked for."""
        return self.target_cycles is None or self.ii_cycles <= self.target_cycles

    def over(self, part: Device) -> list[str]:
        """Say which resources exceed what it may take of the part; nothing if none do."""
        return excess(self.total, part, self.allowed_share)

    def check(self) -> None:
        """Check that the accelerator fits its part and is as fast as was asked for.

        Raises:
            DoesNotFitError: It does not fit.
            TargetMissedError: It is too slow.
        """
        if over := self.over(device(self.part)):
            raise DoesNotFitError(self._misfit(over))
        if not self.target_is_met:
            if self.next_step is None:
                way_out = "no folding is quicker: make that layer smaller"
            else:
                quicker = f"{self.next_step.ii_cycles:,} cycles"
                way_out = f"give it a quicker folding by --folding (next: {quicker})"
            raise TargetMissedError(
                f"the target of {self.target_cycles:,} cycles per frame is not met: {self.bottleneck} takes "
                f"{self.ii_cycles:,} (estimated); {way_out}, ask for {self.ii_cycles:,}, or go on with "
                "--allow-misfit"
            )

    def _misfit(self, over: Sequence[str]) -> str:
        """Say what is too large, which layers are in the way, and what would fit."""
        shares = self.total.shares(device(self.part))
        scarcest = max(shares, key=shares.__getitem__)
        layers = ", ".join(
            f"{layer.name} ({getattr(layer.resources, scarcest):,})" for layer in self.most_of_scarcest
        )
        allowed = self.part if self.allowed_share == 1 else f"{self.allowed_share:.0%} of {self.part}"
        if self.target_cycles is None:
            way_out = "no folding is smaller: make those layers smaller"
        elif self.best_fit_cycles is None:
            way_out = "no folding fits: make those layers smaller"
        else:
            way_out = f"the quickest that fits takes {self.best_fit_cycles:,} cycles per frame (--fit 1)"
        in_the_way = f"most {scarcest.upper()}: {layers}; " if layers else ""
        return (
            f"estimated to be larger than {allowed}: {'; '.join(over)}; {in_the_way}{way_out}, take a larger "
            "part, or go on with --allow-misfit"
        )

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON objects, with the figures that follow from it."""
        return {
            **asdict(self),
            "frames_per_second": round(self.frames_per_second, 1),
            "latency_us": round(self.latency_us, 2),
            "share": {name: round(value, 4) for name, value in self.total.shares(device(self.part)).items()},
            "fits": not self.over(device(self.part)),
            "target_is_met": self.target_is_met,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Summary":
        """Return what :meth:`to_document` wrote.

        Raises:
            ConfigError: It is of another version.
        """
        fields = {field.name for field in dataclasses.fields(cls)}
        stored = {name: value for name, value in document.items() if name in fields}
        try:
            return documents.build(cls, stored, "summary")
        except ConfigError as error:
            raise ConfigError(
                f"compile.json is of another version ({error}); run `rbonn compile` again"
            ) from None

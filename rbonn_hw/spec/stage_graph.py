"""An accelerator as its layers and the streams between them: all that says when a beat moves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rbonn_hw.errors import ConfigError, SpecError
from rbonn_hw.spec._stream import KernelSpec
from rbonn_hw.spec.select import SelectSpec

FIFO = "rbonn_fifo"


@dataclass(frozen=True, slots=True)
class Stage:
    """A layer: a module with its parameters.

    Attributes:
        name: Instance.
        module: Module of ours, such as ``rbonn_mvau``; another one is none that timing is known of.
        parameters: Its integer parameters, spelled as in the RTL.
        inputs: Streams in, in port order.
        outputs: Streams out, in port order.
        keep: For ``rbonn_select``, whether each beat of a pixel stays.
    """

    name: str
    module: str
    parameters: Mapping[str, int]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    keep: tuple[int, ...] = ()

    @classmethod
    def of(cls, name: str, spec: KernelSpec, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> "Stage":
        """Return the layer that a kernel's specification describes."""
        keep = spec.keep if isinstance(spec, SelectSpec) else ()
        return cls(name, spec.MODULE, spec.rtl_parameters(), inputs, outputs, keep)


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """A stream into or out of the whole: its name, and its beats per frame."""

    stream: str
    beats: int

    def __post_init__(self) -> None:
        if self.beats < 1:
            raise SpecError(f"stream {self.stream}: beats={self.beats} must be at least 1")


@dataclass(frozen=True, slots=True)
class StageGraph:
    """Layers in topological order, and the ends of the streams that lead out of it."""

    stages: tuple[Stage, ...]
    inputs: tuple[StreamEnd, ...]
    outputs: tuple[StreamEnd, ...]

    @property
    def internal(self) -> tuple[str, ...]:
        """Streams between two layers, in the order of the RTL's netlist."""
        ends = {end.stream for end in self.outputs}
        return tuple(name for stage in self.stages for name in stage.outputs if name not in ends)

    @property
    def streams(self) -> tuple[str, ...]:
        """Every stream: inputs, outputs, and those between two layers."""
        return (*(end.stream for end in (*self.inputs, *self.outputs)), *self.internal)

    @property
    def fifo_depths(self) -> dict[str, int]:
        """Depth of every FIFO, by instance [words]."""
        return {stage.name: stage.parameters["Depth"] for stage in self.stages if stage.module == FIFO}

    def with_fifo_depths(self, depths: Mapping[str, int]) -> "StageGraph":
        """Return the same accelerator with other FIFO depths, by instance [words]."""
        stages = tuple(
            replace(stage, parameters={**stage.parameters, "Depth": depths[stage.name]})
            if stage.name in depths
            else stage
            for stage in self.stages
        )
        return replace(self, stages=stages)

    def to_document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "stages": [
                {
                    "name": stage.name,
                    "module": stage.module,
                    "parameters": dict(stage.parameters),
                    "inputs": list(stage.inputs),
                    "outputs": list(stage.outputs),
                    "keep": list(stage.keep),
                }
                for stage in self.stages
            ],
            **{
                side: [{"stream": end.stream, "beats": end.beats} for end in ends]
                for side, ends in (("inputs", self.inputs), ("outputs", self.outputs))
            },
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "StageGraph":
        """Read what :meth:`to_document` returned.

        Raises:
            ConfigError: The content is not that.
        """
        try:
            stages = tuple(
                Stage(
                    name=str(entry["name"]),
                    module=str(entry["module"]),
                    parameters={str(name): int(value) for name, value in entry["parameters"].items()},
                    inputs=tuple(map(str, entry["inputs"])),
                    outputs=tuple(map(str, entry["outputs"])),
                    keep=tuple(map(int, entry["keep"])),
                )
                for entry in document["stages"]
            )
            ends = (
                tuple(StreamEnd(str(end["stream"]), int(end["beats"])) for end in document[side])
                for side in ("inputs", "outputs")
            )
            return cls(stages, *ends)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"compile.json does not describe the accelerator's layers ({type(error).__name__}: {error}); "
                "run `rbonn compile` again"
            ) from None

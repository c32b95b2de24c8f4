"""How layers spend their cycles and how far FIFOs fill, from the dataflow simulator."""

from collections.abc import Sequence

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.blocks import BUFFERS
from rbonn_hw.results import Document

STATES = ("busy", "starved", "blocked")


def pipeline(dataflow: Document, nodes: Sequence[Document]) -> Document:
    """Return layers with the shares of their cycles, and FIFOs with how full they were at most.

    Args:
        dataflow: Content of dataflow.json, or empty.
        nodes: Layers of compile.json, whose formulas stand beside what was seen.

    Returns:
        Empty without a simulation; else its ``frames``, ``layers`` without those that only move data, and
        ``fifos``.

    Raises:
        ConfigError: The file is of another version.
    """
    if not dataflow:
        return {}
    estimated = {node["name"]: node["cycles_per_frame"] for node in nodes if node["kernel"] not in BUFFERS}
    try:
        frames = int(dataflow["frames"])
        return {
            "frames": frames,
            "layers": [
                _layer(stage, estimated[stage["name"]], frames)
                for stage in dataflow["stages"]
                if stage["name"] in estimated
            ],
            "fifos": [
                {**fifo, "share": fifo["high_water_words"] / fifo["depth_words"]}
                for fifo in dataflow["fifos"]
            ],
        }
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ConfigError(
            f"dataflow.json is of another version ({type(error).__name__}: {error}); run "
            "`rbonn simulate BUILD_DIR --level dataflow` again"
        ) from None


def _layer(stage: Document, estimated: int, frames: int) -> Document:
    """Return a layer's busy cycles per frame beside its formula, and the shares of the whole run."""
    spent = {state: int(stage[f"{state}_cycles"]) for state in STATES}
    return {
        "name": stage["name"],
        "estimated": estimated,
        "busy": spent["busy"] / frames,
        **{f"{state}_share": cycles / sum(spent.values()) for state, cycles in spent.items()},
    }

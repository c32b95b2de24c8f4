"""The graphs of a build folder, as QONNX's tools take them."""

from pathlib import Path

from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.results import write_bytes
from rbonn_hw.sealed_graph import read_sealed, sealed


def save_graph(model: ModelWrapper, path: Path) -> None:
    """Write a graph; any reader of ONNX takes the file."""
    write_bytes(path, sealed(model.model.SerializeToString()))


def load_graph(path: Path, made_by: str) -> ModelWrapper:
    """Read what :func:`save_graph` wrote.

    Args:
        path: The file.
        made_by: The command that writes it, for the error message.

    Raises:
        ConfigError: It is absent, damaged, or was changed.
    """
    return ModelWrapper(read_sealed(path, made_by))

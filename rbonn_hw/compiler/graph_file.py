"""The graphs of a build folder: ONNX files that end in a hash of all before it, so that damage is noticed."""

import hashlib
from pathlib import Path

import onnx
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.errors import ConfigError
from rbonn_hw.results import write_bytes

KEY = "rbonn.sha256"


def save_graph(model: ModelWrapper, path: Path) -> None:
    """Write a graph; any reader of ONNX takes the file."""
    content = model.model.SerializeToString()
    write_bytes(path, content + _seal(content))


def load_graph(path: Path, made_by: str) -> ModelWrapper:
    """Read what :func:`save_graph` wrote.

    Args:
        path: The file.
        made_by: The command that writes it, for the error message.

    Raises:
        ConfigError: It is absent, damaged, or was changed.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; run `{made_by}` first") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); run `{made_by}` again") from None
    length = len(content) - len(_seal(b""))
    if length < 0 or content[length:] != _seal(content[:length]):
        raise ConfigError(f"{path} was damaged, or changed since it was written; run `{made_by}` again")
    return ModelWrapper(onnx.load_model_from_string(content))


def _seal(content: bytes) -> bytes:
    """Return a message that adds an entry to the metadata of the model that it stands behind."""
    entry = onnx.StringStringEntryProto(key=KEY, value=hashlib.sha256(content).hexdigest())
    return bytes(onnx.ModelProto(metadata_props=[entry]).SerializeToString())

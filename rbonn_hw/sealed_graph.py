"""ONNX files that end in a hash of all before it, by which damage is noticed; any reader takes them."""

import hashlib
from pathlib import Path

import onnx

from rbonn_hw.errors import ConfigError

KEY = "rbonn.sha256"


def sealed(content: bytes) -> bytes:
    """Return the content of a file for a serialized model."""
    return content + _seal(content)


def read_sealed(path: Path, made_by: str) -> onnx.ModelProto:
    """Read a file whose content :func:`sealed` made.

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
    return onnx.load_model_from_string(content)


def _seal(content: bytes) -> bytes:
    """Return a message that adds an entry to the metadata of the model that it stands behind."""
    entry = onnx.StringStringEntryProto(key=KEY, value=hashlib.sha256(content).hexdigest())
    return bytes(onnx.ModelProto(metadata_props=[entry]).SerializeToString())

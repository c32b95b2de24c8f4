"""Whether there is a network's file at all; asked before FINN is loaded, which takes seconds."""

from pathlib import Path

from rbonn_hw.errors import ModelError


def check_there(path: Path) -> None:
    """Check that a path is that of a file.

    Raises:
        ModelError: It is none.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise ModelError(f"{path} {what}; give the path of a QONNX file, for instance model.onnx")

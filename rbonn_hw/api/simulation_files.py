"""The files of a simulation in a build folder, and whether a former one already answers a question."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api import timelines
from rbonn_hw.api.question import Question

if TYPE_CHECKING:
    from rbonn_hw.ownership import Claim


def result_file(build_dir: Path, *, partial: bool) -> Path:
    """Return where the result of a run goes: one of a part does not take the place of the whole."""
    return build_dir / ("simulate.partial.json" if partial else "simulate.json")


def outputs_file(result: Path) -> Path:
    """Return where the answers of a run go."""
    return result.with_name(result.name.replace("simulate", "outputs").replace(".json", ".npz"))


def claim(question: Question) -> "Claim":
    """Return what is written in the build folder."""
    from rbonn_hw.ownership import Claim

    files = [result_file(question.build_dir, partial=partial) for partial in (False, True)]
    names = [path.name for file in files for path in (file, outputs_file(file))]
    if question.trace is not None:
        names.append(timelines.RESULT)
    return Claim(question.build_dir, "simulate", tuple(names), inputs=(question.data,))


def is_part(question: Question, frames: int, compiled: str) -> bool:
    """Tell whether simulate.json holds a run that says more of the accelerator than this one.

    That is one of more frames, of which this one shows the first or draws a waveform; one of data, where this
    one's frames are random; one without pauses, which make an accelerator slower than it is.
    """
    from rbonn_hw.errors import RbonnError
    from rbonn_hw.results import read_result

    try:
        whole = read_result(result_file(question.build_dir, partial=False), "rbonn simulate")
        if whole["compiled"] != compiled:
            return False
        shows_some = question.frames is not None or question.draws
        return bool(
            (shows_some and whole["frames"] > frames)
            or (question.data is None and whole["of_data"])
            or question.stall > whole["stall"]
        )
    except (RbonnError, TypeError):
        return False


def earlier_result(path: Path, key: str) -> dict[str, Any] | None:
    """Return the earlier result if it answers the same question."""
    from rbonn_hw.results import read_former

    document = read_former(path)
    is_it = document is not None and document.get("key") == key and outputs_file(path).is_file()
    return document if is_it else None

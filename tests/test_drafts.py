"""rbonn_hw/drafts.py: a file or folder is whole or as it was; what a kill leaves goes at the next start."""

import os
import signal
import subprocess  # noqa: TID251 - a process that is killed while it writes
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rbonn_hw import drafts
from rbonn_hw.results import write_bytes, write_text
from tests.full_disk import files_of_at_most

HOLDER = """
import sys, time
from pathlib import Path
from rbonn_hw import drafts
where = Path(sys.argv[1])
with drafts.folder_in(where, "made") as made, drafts.file_beside(where / "file") as file:
    (made / "part").write_text("half")
    file.write_text("half")
    print(made, flush=True)
    time.sleep(300)
"""


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond 1,000 bytes, as a full disk would."""
    with files_of_at_most(1000):
        yield


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_bytes(path, b"good")
    with pytest.raises(OSError, match="too large"):
        write_bytes(path, bytes(5000))
    assert path.read_bytes() == b"good"
    assert os.listdir(tmp_path) == ["result.json"]  # noqa: PTH208 - hidden names, too


def test_drafts_go_with_the_block_and_remnants_with_the_next(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("former")
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        drafts.sweep(tmp_path)
        assert len(list(tmp_path.glob(f"{drafts.PREFIX}*"))) == 2, "drafts that are held were removed"
        holder.send_signal(signal.SIGKILL)
    assert len(list(tmp_path.glob(f"{drafts.PREFIX}*"))) == 2
    with drafts.folder_in(tmp_path, "next") as draft:
        assert list(tmp_path.glob(f"{drafts.PREFIX}*")) == [draft]
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208
    assert (tmp_path / "file").read_text() == "former"


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "old").touch()
    with drafts.folder_in(tmp_path, "compile") as draft:
        (draft / "rtl").mkdir()
        (draft / "rtl" / "new").touch()
        drafts.put(draft / "rtl", tmp_path / "rtl")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["rtl", "rtl/new"]


def test_long_names_are_no_obstacle(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("n" * 250), b"x")
    assert [len(path.name) for path in tmp_path.iterdir()] == [250]


def test_one_that_begins_does_not_lose_its_draft_to_another_that_begins(tmp_path: Path) -> None:
    """A draft that is made and not held yet looks like a remnant to whoever sweeps just then."""

    def often(number: int) -> int:
        kept = 0
        for _ in range(300):
            with drafts.folder_in(tmp_path, f"run{number}") as draft:
                (draft / "mine").touch()
                kept += (draft / "mine").exists()
            write_text(tmp_path / f"file{number}", "mine")
        return kept

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(often, range(4))) == [300] * 4
    assert sorted(os.listdir(tmp_path)) == [f"file{number}" for number in range(4)]  # noqa: PTH208

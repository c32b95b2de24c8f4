"""Fetching from a server on this machine: whole, broken off, absent, changed, and not there at all."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rbonn_hw.errors import DatasetError
from rbonn_hw.train import download
from rbonn_hw.train.download import Checksum, fetch

CONTENT = bytes(range(256)) * 40
CHECKSUM = Checksum("md5", hashlib.md5(CONTENT).hexdigest())
REMEDY = "put it there"


@dataclass
class Server:
    """What the server does, and what it was asked for.

    Attributes:
        url: Of the file.
        breaks_after: Bytes after which a transfer breaks off; 0 for never.
        knows_ranges: Whether it continues where it is asked to.
        ranges: Range header of each request.
    """

    url: str = ""
    breaks_after: int = 0
    knows_ranges: bool = True
    ranges: list[str | None] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            state.ranges.append(wanted)
            if self.path != "/file.bin":
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and state.knows_ranges else 0
            if start >= len(CONTENT):
                self.send_error(416)
                return
            rest = CONTENT[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: state.breaks_after or None])

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{httpd.server_port}/file.bin"
        yield state
        httpd.shutdown()
        thread.join()


def test_a_file_comes_whole_and_its_progress_is_told(server: Server, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = tmp_path / "a" / "b" / "file.bin"

    fetch(server.url, path, CHECKSUM, REMEDY, lambda *values: told.append(values))

    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    assert told[-1] == ("file.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_what_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT)

    fetch(server.url, path, CHECKSUM, REMEDY)

    assert server.ranges == []


def test_what_is_there_but_changed_is_refused(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT[:-1])

    with pytest.raises(DatasetError, match=r"file.bin is not the published file .* delete it"):
        fetch(server.url, path, CHECKSUM, REMEDY)
    assert server.ranges == []


def test_a_broken_transfer_is_continued(server: Server, tmp_path: Path) -> None:
    server.breaks_after = 4000
    told: list[tuple[int, int]] = []

    fetch(
        server.url,
        tmp_path / "file.bin",
        CHECKSUM,
        REMEDY,
        lambda _, done, total: told.append((done, total)),
    )

    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=4000-", "bytes=8000-"]
    assert {total for _, total in told} == {len(CONTENT)}


def test_a_server_without_ranges_starts_anew(server: Server, tmp_path: Path) -> None:
    server.knows_ranges = False
    (tmp_path / "file.bin.part").write_bytes(b"some other beginning")

    fetch(server.url, tmp_path / "file.bin", CHECKSUM, REMEDY)

    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_server_that_never_gets_to_the_end(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.knows_ranges = False
    server.breaks_after = 4000
    monkeypatch.setattr(download, "MOST_TRANSFERS", 3)

    with pytest.raises(DatasetError, match=r"fetched \(the connection breaks off after 4000"):
        fetch(server.url, tmp_path / "file.bin", CHECKSUM, REMEDY)
    assert len(server.ranges) == 3
    assert not (tmp_path / "file.bin").exists()


def test_the_next_call_continues(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:9000])

    fetch(server.url, tmp_path / "file.bin", CHECKSUM, REMEDY)

    assert server.ranges == ["bytes=9000-"]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_part_that_is_the_whole_is_checked_and_kept(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT)

    fetch(server.url, tmp_path / "file.bin", CHECKSUM, REMEDY)

    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert not (tmp_path / "file.bin.part").exists()


def test_another_file_is_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=rf"{server.url} is not the published file \(sha256 differs\)"):
        fetch(server.url, tmp_path / "sub" / "file.bin", Checksum("sha256", "0" * 64), REMEDY)
    assert list(tmp_path.iterdir()) == []


def test_an_absent_file_names_address_folder_and_remedy(server: Server, tmp_path: Path) -> None:
    url = server.url.replace("file", "no")

    with pytest.raises(DatasetError) as caught:
        fetch(url, tmp_path / "sub" / "file.bin", CHECKSUM, REMEDY)
    assert url in str(caught.value)
    assert str(tmp_path / "sub" / "file.bin") in str(caught.value)
    assert "404" in str(caught.value)
    assert str(caught.value).endswith("; put it there")
    assert len(server.ranges) == 1
    assert list(tmp_path.iterdir()) == []


def test_offline(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"cannot be fetched \(.*refused.*\); put it there"):
        fetch("http://127.0.0.1:1/file.bin", tmp_path / "file.bin", CHECKSUM, REMEDY)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DatasetError, match="put it there"):
        fetch(server.url, tmp_path / "file" / "file.bin", CHECKSUM, REMEDY)


def test_of_several_processes_one_fetches(server: Server, tmp_path: Path) -> None:
    faults: list[DatasetError] = []

    def work() -> None:
        try:
            fetch(server.url, tmp_path / "file.bin", CHECKSUM, REMEDY)
        except DatasetError as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert len(server.ranges) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "file.bin"]


@pytest.mark.parametrize(
    ("algorithm", "digest", "message"),
    [
        ("sha1", "0" * 40, r"'sha1' is not one of \['md5', 'sha256'\]"),
        ("md5", "0" * 31, "must be 32 hexadecimal digits"),
        ("md5", "A" * 32, "must be 32 hexadecimal digits"),
    ],
)
def test_what_is_no_checksum_is_refused(algorithm: str, digest: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        Checksum(algorithm, digest)

"""rbonn_hw/host/archive.py, manifest.py: nothing leaves its folder, every byte is the one that was packed."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from rbonn_hw.host import Package
from rbonn_hw.host import manifest as manifests
from rbonn_hw.host.archive import read_files, unpack, write_files
from rbonn_hw.host.errors import PackageError
from rbonn_hw.host.manifest import Manifest
from tests.host.packages import bitstream, repacked, write_toy, write_zip

OUTSIDE = [
    "../x", "design/../../x", "design//etc/x", "/etc/x", "//host/x", "", "design/", "./x", "design/./x", "..",
    "..\\x", "design\\x", "C:x", "C:/x", "design/x:stream", "x\0y", "x\ny", " /x", "x /y", "\u202ex",
    "a" * 300,
]  # fmt: skip


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_toy(tmp_path_factory.mktemp("toy"), bitstream=bitstream())


def entry(name: str, *, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    """Return an entry of exactly this name."""
    made = zipfile.ZipInfo("placeholder")
    made.filename = name
    made.external_attr = mode << 16
    return made


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_leave_the_package(package: Package, tmp_path: Path, name: str) -> None:
    """In the zip, in its manifest, and where files are written: the same rule."""
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        for good, content in package.files.items():
            archive.writestr(good, content)
        archive.writestr(entry(name), b"owned")
    if name != "design/":  # the entry of a folder, which is none of its files
        with pytest.raises(PackageError, match=r"evil\.zip: names .* outside of itself"):
            read_files(tmp_path / "evil.zip")
    with pytest.raises(PackageError, match="outside of itself"):
        Manifest.of({name: b""}, "somebody")
    with pytest.raises(PackageError, match="outside of itself"):
        write_files({"fine": b"", name: b"owned"}, tmp_path / "target")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.zip"]


def test_a_manifest_that_names_what_is_outside(package: Package, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    folder = tmp_path / "folder"
    write_files(package.files, folder)
    listed = package.files[manifests.NAME].replace(b'"LICENSES.txt"', b'"../secret"')
    (folder / manifests.NAME).write_bytes(listed)
    with pytest.raises(PackageError, match=r"names '\.\./secret', which may lie outside"):
        read_files(folder)


def test_links_are_not_followed_out_of_a_folder(package: Package, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "victim").write_bytes(package.files["LICENSES.txt"])
    folder = tmp_path / "folder"
    write_files(package.files, folder)

    (folder / "LICENSES.txt").unlink()
    (folder / "LICENSES.txt").symlink_to(outside / "victim")
    with pytest.raises(PackageError, match=r"LICENSES\.txt: leads to .*victim, outside of .*remove that"):
        read_files(folder)
    with pytest.raises(PackageError, match="leads to"):
        write_files({"LICENSES.txt": b"owned"}, folder)
    (folder / "new").symlink_to(outside)
    with pytest.raises(PackageError, match="leads to"):
        write_files({"new/file": b"owned"}, folder)
    assert sorted(path.name for path in outside.iterdir()) == ["victim"]
    assert (outside / "victim").read_bytes() == package.files["LICENSES.txt"]

    (folder / "LICENSES.txt").unlink()
    (folder / "LICENSES.txt").symlink_to("LICENSES.txt")
    with pytest.raises(PackageError, match="cannot be read"):
        read_files(folder)


def test_unpacking_leaves_what_others_made(package: Package, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    unpack(package.files, folder)
    assert (folder / "classify.ipynb").read_bytes() == package.files["classify.ipynb"]
    (folder / "classify.ipynb").write_text("run and saved")
    (folder / "LICENSES.txt").write_text("of an earlier package")
    unpack(package.files, folder)
    assert (folder / "classify.ipynb").read_text() == "run and saved"
    assert (folder / "LICENSES.txt").read_bytes() == package.files["LICENSES.txt"]

    (folder / manifests.NAME).unlink()
    (folder / "LICENSES.txt").write_text("somebody's")
    with pytest.raises(PackageError, match="but no package; unpack into a folder of its own"):
        unpack(package.files, folder)
    assert (folder / "LICENSES.txt").read_text() == "somebody's"


def test_links_devices_and_strange_methods_in_a_zip(package: Package, tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    for mode in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(entry("accelerator.bit", mode=mode | 0o777), b"/etc/passwd")
        with pytest.raises(PackageError, match="is a link or no file"):
            read_files(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("accelerator.bit", bytes(1000))
    with pytest.raises(PackageError, match="is compressed by method 14"):
        read_files(path)


def test_a_name_that_stands_there_twice(package: Package, tmp_path: Path) -> None:
    for twin in ("LICENSES.txt", "licenses.TXT"):
        with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
            for name, content in package.files.items():
                archive.writestr(name, content)
            with pytest.warns(UserWarning, match="Duplicate") if twin in package.files else os.scandir("."):
                archive.writestr(twin, b"another")
        with pytest.raises(PackageError, match="twice; do not use"):
            read_files(tmp_path / "twice.zip")


def test_sizes_are_bounded_before_anything_is_unpacked(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_zip(tmp_path / "bomb.zip", {"a": bytes(60_000), "b": bytes(60_000)})
    assert path.stat().st_size < 1000
    monkeypatch.setattr("rbonn_hw.host.manifest.MAX_BYTES", 100_000)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(PackageError, match="holds 120000 bytes, a package at most 100000"):
        read_files(path)
    monkeypatch.setattr("rbonn_hw.host.manifest.MAX_FILES", 2)
    with pytest.raises(PackageError, match="names more than 2 files"):
        read_files(package.path)


@pytest.mark.parametrize("name", ["rbonn_host/jobs.py", "accelerator.bit", "design/rtl/accelerator.v"])
def test_a_changed_file_is_noticed(package: Package, tmp_path: Path, name: str) -> None:
    changed = bytearray(package.files[name])
    changed[len(changed) // 2] ^= 1
    path = write_zip(tmp_path / "changed.zip", {**package.files, name: bytes(changed)})
    folder = tmp_path / "folder"
    write_files({**package.files, name: bytes(changed)}, folder)
    for place in (path, folder):
        with pytest.raises(PackageError, match=rf"{name} is not the file that was packed"):
            Package.open(place)


def test_files_too_many_and_too_few(package: Package, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "more.zip", {**package.files, "rbonn_host/numpy.py": b""})
    with pytest.raises(PackageError, match=r"holds 'rbonn_host/numpy\.py', which its manifest\.json does"):
        Package.open(path)
    fewer = {name: content for name, content in package.files.items() if name != "rbonn_host/jobs.py"}
    with pytest.raises(PackageError, match=r"has no rbonn_host/jobs\.py"):
        Package.open(write_zip(tmp_path / "fewer.zip", fewer))
    write_files(fewer, tmp_path / "folder")
    with pytest.raises(PackageError, match=r"has no rbonn_host/jobs\.py"):
        Package.open(tmp_path / "folder")


def test_a_folder_is_its_users(package: Package, tmp_path: Path) -> None:
    """Other files are not read, and the notebook may have been run and saved; nothing else may differ."""
    write_files(package.files, tmp_path)
    (tmp_path / "photo.raw").write_bytes(bytes(100))
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    (tmp_path / "classify.ipynb").write_text("{}")
    opened = Package.open(tmp_path)
    assert set(opened.files) == set(package.files)
    assert opened.files["classify.ipynb"] == b"{}"
    with pytest.raises(PackageError, match=r"classify\.ipynb is not the file"):
        Package.open(write_zip(tmp_path / "x.zip", {**package.files, "classify.ipynb": b"{}"}))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            b'"format": 2',
            b'"format": 3',
            "has format 3, this driver reads format 2; use",
        ),
        (b'"format": 2', b'"format": "2"', "format is '2', expected an integer"),
        (b'"kind": "rbonn-package"', b'"kind": "zip"', "kind is 'zip', expected 'rbonn-package'"),
        (b'"files": [', b'"files": {}, "x": [', r"files is \{\}, expected a list"),
        (b'"bytes": ', b'"bytes": -', "expected an integer in 0"),
        (b'"sha256": "', b'"sha256": "0', "is not the file that was packed"),
        (b'"name": "LICENSES.txt"', b'"name": ["LICENSES.txt"]', "expected a text"),
    ],
)
def test_a_manifest_that_is_none(
    package: Package, tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    changed = package.files[manifests.NAME].replace(old, new)
    assert changed != package.files[manifests.NAME]
    path = write_zip(tmp_path / "x.zip", {**package.files, manifests.NAME: changed})
    with pytest.raises(PackageError, match=message):
        Package.open(path)


def test_another_tool_may_pack_it_again(package: Package, tmp_path: Path) -> None:
    """Order, compression and entries of folders do not matter; contents do."""
    with zipfile.ZipFile(tmp_path / "again.zip", "w") as archive:
        archive.mkdir("design")
        for name in sorted(package.files, reverse=True):
            archive.writestr(name, package.files[name])
    assert Package.open(tmp_path / "again.zip").files == package.files
    assert Package.open(repacked(package, {})).name == package.name

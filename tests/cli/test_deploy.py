"""rbonn_hw/cli/deploy.py with a fake ssh and scp: what is run, and every way in which it can fail."""

import ast
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.cli import main
from rbonn_hw.cli.deploy import REASONS
from rbonn_hw.host import Package
from rbonn_hw.soc.image import PROBE, Image
from rbonn_hw.toolchain import run_tool
from tests.host.packages import bitstream, write_toy

REPORT = {
    "network": "toy", "frames": 6, "cycles": 600, "expected_cycles": 600, "in_stalls": 0, "out_stalls": 0,
    "measured": {"frames_per_second": 1234.0, "latency_seconds": 0.002},
}  # fmt: skip
# Runs the remote command here, in a folder that stands for the board's home.
SSH = """#!{python}
import os, subprocess, sys
os.chdir({home!r})
with open({log!r}, "a") as log:
    print(*sys.argv[1:], file=log)
sys.exit(subprocess.run(["bash", "-c", sys.argv[-1]]).returncode)
"""
# The board's Python: says what the image is, unpacks for real, and reports in place of the self-test.
PYTHON = """#!/bin/sh
case "$1 $2 $4" in
    -c*) echo '{image}' ;;
    *--unpack) exec {python} "$@" ;;
    *) echo "$@" >> {log}; test -f rbonn_host/__main__.py && test -f accelerator.bit && echo '{report}' ;;
esac
"""
IMAGE = {
    "python": "3.10.4", "machine": "armv7l", "board": "Pynq-Z2", "root": True, "pynq": "3.0.1",
    "numpy": "1.21.5", "xrt": True, "xclbinutil": True, "fpga_manager": True, "free_bytes": 1 << 30,
    "free_temporary_bytes": 1 << 30,
}  # fmt: skip
SCP = """#!{python}
import os, shutil, sys
with open({log!r}, "a") as log:
    print(*sys.argv[1:], file=log)
shutil.copy(sys.argv[-2], os.path.join({home!r}, sys.argv[-1].partition(":")[2]))
"""
FAILS = """#!/bin/sh
echo {message!r} >&2
exit {code}
"""


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_toy(tmp_path / "package", bitstream=bitstream()).path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder at the head of PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "bin"


@dataclass
class StandIn:
    """A board behind ssh and scp that are scripts.

    Attributes:
        programs: Folder of the scripts, at the head of PATH.
        home: What stands for the home folder of the board.
        log: What was called.
    """

    programs: Path
    home: Path
    log: Path

    def image(self, **changes: object) -> None:
        """Make the board one with this image."""
        text = PYTHON.format(
            image=json.dumps({**IMAGE, **changes}),
            python=sys.executable,
            log=self.log,
            report=json.dumps(REPORT),
        )
        program(self.programs, "board-python", text)

    def deploy(self, package: Path, *options: str) -> int:
        """Deploy to it."""
        return main(["deploy", "xilinx@board", str(package), "--python", "board-python", *options])


@pytest.fixture
def board(programs: Path, tmp_path: Path) -> StandIn:
    """Return a board with the right image."""
    home, log = tmp_path / "home", tmp_path / "log"
    home.mkdir()
    names = {"python": sys.executable, "home": str(home), "log": str(log)}
    program(programs, "ssh", SSH.format(**names))
    program(programs, "scp", SCP.format(**names))
    made = StandIn(programs, home, log)
    made.image()
    return made


def test_copies_unpacks_and_runs(board: StandIn, package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert board.deploy(package, "--folder", "my nets") == 0

    said = capsys.readouterr().out
    assert "6 frames, every integer as recorded (measured on the board)" in said
    assert "1234 frames per second, latency 2.00 ms" in said
    calls = board.log.read_text()
    assert calls.count("-o BatchMode=yes") == 4
    assert calls.count("-- xilinx@board") == 3
    assert "-m rbonn_host toy.zip\n" in calls
    assert Package.open(board.home / "my nets").name == "toy"

    assert board.deploy(package, "--board", "Pynq-Z2") == 0
    assert "-m rbonn_host toy.zip --board Pynq-Z2\n" in board.log.read_text()


def test_as_root_by_sudo(board: StandIn, package: Path) -> None:
    # sudo looks for programs in its own path only, hence needs the whole name of what was found before it.
    text = f'#!/bin/sh\necho "sudo $@" >> {board.log}\nshift 2\nPATH=/usr/bin:/bin "$@"\n'
    program(board.programs, "sudo", text)
    assert board.deploy(package, "--sudo") == 0
    assert f"sudo -n -E {board.programs / 'board-python'} -m rbonn_host" in board.log.read_text()
    assert f"sudo -n -E {board.programs / 'board-python'} -c" in board.log.read_text(), "asked as root, too"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"machine": "x86_64"}, "has a processor of x86_64, a Pynq-Z2 of armv7l"),
        ({"python": "3.6.5"}, "runs Python 3.6.5, the driver needs 3.8; write the image v3.0.1"),
        ({"pynq": ""}, "has no pynq for the Python that ran"),
        ({"pynq": "2.7.0"}, "has pynq 2.7.0, the driver needs 3.0"),
        ({"numpy": "1.13.3"}, "has NumPy 1.13.3, the driver needs 1.17"),
        ({"numpy": ""}, "has NumPy not at all"),
        ({"xrt": False}, "has no XRT"),
        ({"xclbinutil": False}, "has no XRT"),
        ({"fpga_manager": False}, "has a kernel without FPGA manager"),
        ({"root": False}, "runs commands without root, which pynq needs; log in as root, or give --sudo"),
        ({"board": ""}, "does not name its board; if it is a Pynq-Z2, give --board Pynq-Z2"),
        ({"board": "Pynq-Z1"}, "is a Pynq-Z1, the package is for Pynq-Z2"),
        ({"free_bytes": 1 << 20}, "has 1 MiB free, the package takes 16; make room there"),
        ({"free_temporary_bytes": 0}, "has 0 MiB free"),
        ({"root": "yes"}, "does not say what it is"),
        ({"free_bytes": None}, "does not say what it is"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_wrong_image_is_told_before_anything_is_copied(
    board: StandIn,
    package: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    message: str,
) -> None:
    board.image(**change)
    assert board.deploy(package) == 2
    assert f"rbonn deploy: xilinx@board: {message}" in capsys.readouterr().err
    assert list(board.home.iterdir()) == []


@pytest.mark.parametrize("versions", [{"python": "3.10.12"}, {"pynq": "4.0.0"}, {"numpy": "1.26.4+local"}])
def test_images_that_will_do(board: StandIn, package: Path, versions: dict[str, str]) -> None:
    board.image(**versions)
    assert board.deploy(package) == 0


def test_a_board_whose_image_gets_its_name_wrong(board: StandIn, package: Path) -> None:
    board.image(board="Unknown")
    assert board.deploy(package, "--board", "pynq-z2") == 0


def test_a_damaged_copy_runs_nothing(
    board: StandIn, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scp = (board.programs / "scp").read_text()
    target = f"os.path.join({str(board.home)!r}, sys.argv[-1].partition(':')[2], {package.name!r})"
    program(board.programs, "scp", f"{scp}open({target}, 'r+b').write(b'X')\n")
    assert board.deploy(package) == 2
    assert "the copy is not the package that was sent; check the card" in capsys.readouterr().err
    assert [path.name for path in (board.home / "rbonn").iterdir()] == [package.name]


def test_what_is_there_already(board: StandIn, package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An older package gives way, but not what its user changed, nor files that are somebody else's."""
    assert board.deploy(package) == 0
    folder = board.home / "rbonn"
    (folder / "classify.ipynb").write_text("run and saved")
    (folder / "rbonn_host" / "__main__.py").write_text("raise SystemExit('an old driver')")
    (folder / "mine.txt").write_text("mine")
    assert board.deploy(package) == 0
    assert (folder / "classify.ipynb").read_text() == "run and saved"
    assert (folder / "mine.txt").read_text() == "mine"
    assert Package.open(folder).name == "toy"

    other = board.home / "other"
    other.mkdir()
    (other / "metadata.json").write_text("mine")
    assert board.deploy(package, "--folder", "other") == 2
    assert "holds metadata.json, but no package; unpack into a folder of its own" in capsys.readouterr().err
    assert (other / "metadata.json").read_text() == "mine"


def test_a_package_that_is_not_right_reaches_no_board(
    board: StandIn, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = bytearray(package.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "damaged.zip").write_bytes(damaged)
    assert board.deploy(tmp_path / "damaged.zip") == 2
    assert "again" in capsys.readouterr().err
    assert not board.log.exists()


def test_the_probe_runs_alone_on_any_python_and_answers_what_is_asked(tmp_path: Path) -> None:
    ast.parse(PROBE.read_text(), feature_version=(3, 6))
    assert "from __future__" not in PROBE.read_text(), "Python 3.6 has no annotations there"
    command = [sys.executable, "-I", "-c", PROBE.read_text(), str(tmp_path / "not" / "yet")]
    found = Image.from_answer(run_tool(command, install_hint=""), "here")
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.machine == os.uname().machine
    assert found.root == (os.geteuid() == 0)
    assert (found.pynq, found.xrt, found.numpy) == ("", False, np.__version__)
    assert found.free_bytes == pytest.approx(shutil.disk_usage(tmp_path).free, abs=1 << 28)


@pytest.mark.parametrize("symptom", REASONS)
def test_every_refusal_says_what_to_do(
    package: Path, programs: Path, capsys: pytest.CaptureFixture[str], symptom: str
) -> None:
    program(programs, "ssh", FAILS.format(message=f"ssh: {symptom}.", code=255))
    assert main(["deploy", "xilinx@board", str(package)]) == 2
    assert (
        f"rbonn deploy: xilinx@board: {REASONS[symptom].format(host='xilinx@board')}"
        in capsys.readouterr().err
    )


def test_a_wrong_answer_is_exit_code_1(
    package: Path, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs, "ssh", FAILS.format(message="SelfTestError: 1 of 6 frames differ", code=1))
    assert main(["deploy", "board", str(package)]) == 1
    assert "board: 1 of 6 frames differ" in capsys.readouterr().err


def test_other_failures_are_shown_whole(
    package: Path, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs, "ssh", FAILS.format(message="kex_exchange: something odd", code=255))
    assert main(["deploy", "board", str(package)]) == 2
    assert "kex_exchange: something odd" in capsys.readouterr().err
    program(programs, "ssh", "#!/bin/sh\necho Welcome\n")
    assert main(["deploy", "board", str(package)]) == 2
    assert "board: does not say what it is, but 'Welcome" in capsys.readouterr().err


def test_a_self_test_that_says_nothing(
    board: StandIn, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = (board.programs / "board-python").read_text().replace("echo '" + json.dumps(REPORT), "echo '")
    program(board.programs, "board-python", python)
    assert board.deploy(package) == 2
    assert "the self-test gave no report" in capsys.readouterr().err


def test_what_cannot_be_deployed(
    package: Path,
    programs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["deploy", "board", str(write_toy(tmp_path / "bare").path)]) == 2
    assert "holds no bitstream" in capsys.readouterr().err
    assert main(["deploy", "board", str(tmp_path / "none.zip")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main(["deploy", "--", "-oProxyCommand=x", str(package)]) == 2
    assert "is no host" in capsys.readouterr().err
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    assert shutil.which("ssh") is None
    assert main(["deploy", "board", str(package)]) == 2
    assert "apt install openssh-client" in capsys.readouterr().err

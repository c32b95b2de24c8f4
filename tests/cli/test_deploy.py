"""rbonn_hw/cli/deploy.py with a fake ssh and scp: what is run, and every way in which it can fail."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from rbonn_hw.cli import main
from rbonn_hw.cli.deploy import REASONS
from tests.host.packages import bitstream, write_toy

REPORT = {
    "network": "toy", "frames": 6, "cycles": 600, "expected_cycles": 600, "in_stalls": 0, "out_stalls": 0,
    "measured": {"frames_per_second": 1234.0, "latency_seconds": 0.002},
}  # fmt: skip
# Runs the remote command here, in a folder that stands for the board's home, with a driver that only reports.
SSH = """#!{python}
import os, subprocess, sys
os.chdir({home!r})
with open({log!r}, "a") as log:
    print(*sys.argv[1:], file=log)
sys.exit(subprocess.run(["bash", "-c", sys.argv[-1]]).returncode)
"""
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


def test_copies_unpacks_and_runs(
    package: Path, programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    names = {"python": sys.executable, "home": str(home), "log": str(tmp_path / "log")}
    program(programs, "ssh", SSH.format(**names))
    program(programs, "scp", SCP.format(**names))
    # Stands for the board's Python: unpacks for real, and reports in place of the driver.
    program(
        programs,
        "board-python",
        f'#!/bin/sh\nif [ "$2" = zipfile ]; then exec {sys.executable} "$@"; fi\n'
        f'echo "$@" >> {tmp_path / "log"}\n'
        f"test -f rbonn_host/__main__.py && test -f accelerator.bit && echo '{json.dumps(REPORT)}'\n",
    )

    assert (
        main(["deploy", "xilinx@board", str(package), "--folder", "my nets", "--python", "board-python"]) == 0
    )

    said = capsys.readouterr().out
    assert "6 frames, every integer as recorded (measured on the board)" in said
    assert "1234 frames per second, latency 2.00 ms" in said
    calls = (tmp_path / "log").read_text()
    assert calls.count("-o BatchMode=yes") == 3
    assert calls.count("-- xilinx@board") == 2
    assert "-m rbonn_host toy.zip\n" in calls

    named = ("--python", "board-python", "--board", "Pynq Z2")
    assert main(["deploy", "xilinx@board", str(package), *named]) == 0
    assert "-m rbonn_host toy.zip --board Pynq Z2\n" in (tmp_path / "log").read_text()

    # sudo looks for programs in its own path only, hence needs the whole name of what was found before it.
    program(
        programs,
        "sudo",
        f'#!/bin/sh\necho "sudo $@" >> {tmp_path / "log"}\nshift 2\nPATH=/usr/bin:/bin "$@"\n',
    )
    assert main(["deploy", "xilinx@board", str(package), "--python", "board-python", "--sudo"]) == 0
    assert f"sudo -n -E {programs / 'board-python'} -m rbonn_host" in (tmp_path / "log").read_text()


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
    program(programs, "ssh", "#!/bin/sh\n")
    program(programs, "scp", "#!/bin/sh\n")
    assert main(["deploy", "board", str(package)]) == 2
    assert "gave no report" in capsys.readouterr().err


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

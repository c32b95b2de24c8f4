"""``rbonn deploy``: copy a package to a board over ssh and run its self-test there."""

import argparse
import json
import shlex
from pathlib import Path
from typing import Any

from rbonn_hw.cli.figures import give

EXAMPLE = """example:
  rbonn deploy root@pynq digits.zip
  rbonn deploy xilinx@192.168.2.99 digits.zip --folder digits --sudo

ssh must reach the board without asking: run `ssh-copy-id HOST` once. PYNQ needs root to load a bitstream, so
log in as root, or give --sudo where sudo asks for no password. Exit code 1: some answer differs.
"""
CONNECT_SECONDS = 15
INSTALL_SSH = "install the OpenSSH client (Debian: apt install openssh-client)"
SSH_OPTIONS = ("-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_SECONDS}")
SETTINGS = 'for file in /etc/profile.d/*.sh; do . "$file"; done; set -a; . /etc/environment; set +a'
"""What a login shell of a PYNQ image reads: the board's name, and its Python."""
REASONS = {
    "computed checksum did NOT match": "the copy is not the package that was sent; check the card, try again",
    "REMOTE HOST IDENTIFICATION HAS CHANGED": (
        "its host key is not the one known; if the board was set up anew, run `ssh-keygen -R {host}`"
    ),
    "Host key verification failed": "its host key is not known yet; run `ssh {host}` once and accept it",
    "Permission denied": (
        "it refuses the key of this machine, and passwords are not asked for; run `ssh-copy-id {host}` once"
    ),
    "Could not resolve hostname": "its name is not known; give its address, such as xilinx@192.168.2.99",
    "No route to host": "it cannot be reached; check cable, power and address",
    "Network is unreachable": "it cannot be reached; check cable, power and address",
    "Connection timed out": "it does not answer; check cable, power and address",
    "Connection refused": "it runs no ssh server; switch it on there, or check the address",
    "nothing says which board": "its system does not name the board; if the package is for it, give --board",
    "pynq cannot be imported": "it has no pynq for the Python that ran; write a PYNQ image, or give --python",
    "a password is required": "its sudo asks for a password; log in as root: `rbonn deploy root@...`",
    "Root permissions required": "pynq needs root to load a bitstream; log in as root, or give --sudo",
    "command not found": "it has no such Python (or no sudo); give --python, or write a PYNQ image",
    "No space left on device": "its disk is full; make room there, or give another --folder",
}
"""What ssh and the driver say, and what to do about it; the first that is found is told."""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "deploy",
        help="copy a package to a board over ssh and run its self-test",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("host", help="board, as ssh takes it: [user@]address")
    parser.add_argument("package", type=Path, help="zip of `rbonn package`, with a bitstream")
    parser.add_argument("--folder", default="rbonn", help="folder on the board (default ~/%(default)s)")
    parser.add_argument("--python", default="python3", help="Python on the board (default %(default)s)")
    parser.add_argument("--board", help="what the board is, such as Pynq-Z2 (default: $BOARD there)")
    parser.add_argument("--sudo", action="store_true", help="run the self-test as root")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Copy and test; exit code 0 when every answer is the recorded one, else 1."""
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.host.errors import HostError
    from rbonn_hw.host.package import Package

    if args.host.startswith("-") or not args.host:
        raise ConfigError(f"host {args.host!r} is no host; give [user@]address, such as xilinx@pynq")
    try:
        package = Package.open(args.package)
    except HostError as error:
        raise ConfigError(str(error)) from None
    if not package.has_bitstream:
        raise ConfigError(
            f"{args.package}: holds no bitstream, so no board can load it; run `rbonn bitstream` and "
            "`rbonn package` where its tools are installed, or try `rbonn board --virtual`"
        )
    report = deploy(args, package)
    give(args, report)
    print(f"{args.host}: {report['frames']} frames, every integer as recorded (measured on the board)")
    speed = report["measured"]
    print(
        f"{report['cycles']} cycles, simulated {report['expected_cycles']}; "
        f"{speed['frames_per_second']:.0f} frames per second, latency {1e3 * speed['latency_seconds']:.2f} ms"
    )
    return 0


def deploy(args: argparse.Namespace, package: Any) -> dict[str, Any]:
    """Look at the board, copy the package, unpack it beside itself, and return the self-test's report.

    Raises:
        MismatchError: An answer differs.
        ToolError: ssh or the board refuses, or the board cannot run the package; the message says what to do.
    """
    import hashlib

    from rbonn_hw.errors import ToolError
    from rbonn_hw.soc.image import PROBE, Image, check_image
    from rbonn_hw.soc.package import DRIVER_NAME

    folder, name = shlex.quote(args.folder), shlex.quote(package.path.name)
    python = shlex.quote(args.python)
    # sudo has a path of its own, without the virtual environment in which PYNQ images keep pynq.
    runner = f'sudo -n -E "$(command -v {python})"' if args.sudo else python
    image = _remote(args, f"{runner} -c {shlex.quote(PROBE.read_text())} {folder}")
    check_image(Image.from_answer(image, args.host), package, args.host, board=args.board)

    _remote(args, f"mkdir -p {folder}")
    _ssh(args, ["scp", "-q", *SSH_OPTIONS, "--", package.path, f"{args.host}:{args.folder}/"])
    digest = hashlib.sha256(package.path.read_bytes()).hexdigest()
    options = f" --board {shlex.quote(args.board)}" if args.board else ""
    unpack = f'"$OLDPWD"/{name} --unpack "$OLDPWD"'
    steps = (
        f"cd {folder}",
        # Nothing of the copy runs before it is the package that was opened here.
        f'echo "{digest}  "{name} | LC_ALL=C sha256sum --check --quiet',
        # From elsewhere, so that a driver which is here already is not taken for the one in the package.
        f'(cd / && PYTHONPATH="$OLDPWD"/{name} {python} -m {DRIVER_NAME} {unpack})',
        f"{runner} -m {DRIVER_NAME} {name}{options}",
    )
    output = _remote(args, " && ".join(steps))
    try:
        report: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise ToolError(f"{args.host}: the self-test gave no report, but: {output[-500:]!r}") from None
    return report


def _remote(args: argparse.Namespace, command: str) -> str:
    """Run a command on the board, in the environment of a login; see :func:`_ssh`."""
    # The settings of an image may fail in parts; what follows them must not.
    whole = f"bash -c {shlex.quote(f'{SETTINGS}; {command}')}"
    return _ssh(args, ["ssh", *SSH_OPTIONS, "--", args.host, whole])


def _ssh(args: argparse.Namespace, command: list[str | Path]) -> str:
    """Run ssh or scp, and explain why it fails.

    Raises:
        MismatchError: The self-test found another answer.
        ToolError: Anything else.
    """
    from rbonn_hw.errors import MismatchError, ToolError
    from rbonn_hw.toolchain import run_tool

    try:
        return run_tool(command, install_hint=INSTALL_SSH)
    except ToolError as error:
        text = str(error)
        for line in text.splitlines():
            if line.startswith("SelfTestError: "):
                raise MismatchError(f"{args.host}: {line.removeprefix('SelfTestError: ')}") from None
        for symptom, reason in REASONS.items():
            if symptom in text:
                raise ToolError(f"{args.host}: {reason.format(host=args.host)}") from None
        raise ToolError(f"{args.host}: {text}") from None

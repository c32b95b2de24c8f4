"""Whether the tree may be released under a tag: what CI asks when one is pushed.

python -m build_flows.release v0.1.0
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
"""As semver.org has it, without build metadata, which no release carries."""


def complaints(version: str, changes: str, tag: str) -> list[str]:
    """Return what speaks against a release.

    Args:
        version: That of pyproject.toml.
        changes: Text of CHANGELOG.md.
        tag: Name of the tag.
    """
    found = []
    if not SEMANTIC.fullmatch(version):
        found.append(f"{version} is no semantic version; use MAJOR.MINOR.PATCH, such as 0.2.0")
    if tag != f"v{version}":
        found.append(f"the tag {tag} is not v{version}, the version of pyproject.toml")
    entries = re.findall(r"^## (\d\S*)", changes, re.MULTILINE)
    if not entries or entries[0] != version:
        newest = entries[0] if entries else "none"
        found.append(f"the newest entry of CHANGELOG.md is {newest}; give {version} an entry")
    numbers = [tuple(map(int, read.groups()[:3])) for read in map(SEMANTIC.fullmatch, entries) if read]
    if len(numbers) < len(entries) or numbers != sorted(set(numbers), reverse=True):
        found.append(f"the versions of CHANGELOG.md do not descend: {', '.join(entries)}")
    waiting = re.search(r"^## Unreleased\n(.*?)(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL)
    if waiting and waiting[1].strip():
        found.append(f"CHANGELOG.md has entries under Unreleased; move them below {version}")
    return found


def run(tag: str) -> int:
    """Print what speaks against releasing this tree as ``tag``; 1 if anything does."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    found = complaints(version, (ROOT / "CHANGELOG.md").read_text(), tag)
    sys.stdout.write("".join(f"{line}\n" for line in found) or f"{tag}: nothing speaks against it\n")
    return int(bool(found))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m build_flows.release TAG, such as v0.1.0\n")
        sys.exit(2)
    sys.exit(run(sys.argv[1]))

"""The bounds in pyproject.toml against the locked versions and against what finn-plus itself pins."""

import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
OVERRIDDEN = {"torch": "finn-plus pins a Brevitas that needs torch below 2.13; the lock has a newer pair"}


def _bounds() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parsed = [Requirement(text) for text in project["dependencies"]]
    return {canonicalize_name(one.name): one for one in parsed}


def _locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().split()
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


def test_every_dependency_has_a_lower_bound() -> None:
    loose = [name for name, bound in _bounds().items() if ">=" not in str(bound.specifier)]
    assert not loose


def test_locked_versions_lie_within_the_bounds() -> None:
    locked = _locked()
    outside = {name for name, bound in _bounds().items() if not bound.specifier.contains(locked[name])}
    assert outside == set(OVERRIDDEN)


def test_bounds_leave_room_for_what_finn_plus_pins() -> None:
    bounds = _bounds()
    pins = [Requirement(text) for text in requires("finn-plus") or []]
    for pin in pins:
        ours = bounds.get(canonicalize_name(pin.name))
        exact = [one.version for one in pin.specifier if one.operator == "=="]
        if ours is not None and exact:
            assert ours.specifier.contains(exact[0]), f"{pin} lies outside {ours}"

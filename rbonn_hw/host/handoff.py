"""Reads the few facts of a .hwh file that must agree with the package around it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from .bitfile import same_device
from .errors import HandoffError


@dataclass(frozen=True)
class Handoff:
    """What a .hwh file says of the design.

    Attributes:
        part: Device, package and speed grade.
        ip_name: Instance of the accelerator's register block.
        base_address: First byte of its registers.
        span_bytes: Length of its address range [bytes].
    """

    part: str
    ip_name: str
    base_address: int
    span_bytes: int


def read_handoff(text: str, name: str, ip_name: str) -> Handoff:
    """Read a .hwh file.

    Args:
        text: The file.
        name: Its name, for error messages.
        ip_name: Instance to look for.

    Raises:
        HandoffError: It is no .hwh file, or has no register block of that name.
    """
    # Entities could grow without end; a .hwh has none.
    if "<!DOCTYPE" in text:
        raise HandoffError(f"{name}: declares entities; it is no .hwh file, make the package again")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise HandoffError(f"{name}: is not XML ({error}); make the package again") from None
    system = root.find("SYSTEMINFO")
    if system is None:
        raise HandoffError(f"{name}: has no SYSTEMINFO; it is no .hwh file, make the package again")
    for span in root.iter("MEMRANGE"):
        if span.get("INSTANCE") == ip_name and span.get("MEMTYPE") == "REGISTER":
            base, high = (_address(span.get(key), name) for key in ("BASEVALUE", "HIGHVALUE"))
            part = f"xc{system.get('DEVICE')}{system.get('PACKAGE')}{system.get('SPEEDGRADE')}"
            return Handoff(part, ip_name, base, high - base + 1)
    raise HandoffError(f"{name}: maps no registers of {ip_name!r}; give the .hwh of this build")


def _address(text: str | None, name: str) -> int:
    try:
        return int(text or "", 16)
    except ValueError:
        raise HandoffError(f"{name}: {text!r} is no address; make the package again") from None


def check_handoff(text: str, name: str, expected: Handoff) -> None:
    """Compare a .hwh file with what the package says.

    Raises:
        HandoffError: It is no .hwh file, or differs; the message names the first difference.
    """
    found = read_handoff(text, name, expected.ip_name)
    if not same_device(found.part, expected.part):
        raise HandoffError(f"{name}: is for {found.part}, the package for {expected.part}")
    if (found.base_address, found.span_bytes) != (expected.base_address, expected.span_bytes):
        raise HandoffError(
            f"{name}: puts {found.ip_name} at {found.base_address:#x} with {found.span_bytes} bytes, the "
            f"package at {expected.base_address:#x} with {expected.span_bytes}; make the package again"
        )

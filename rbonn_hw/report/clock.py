"""Clock and critical path, as far as they are known: from ``bitstream.json``, if it is of this RTL."""

from pathlib import Path

from rbonn_hw.errors import ConfigError
from rbonn_hw.results import Document, read_result

NOTHING = "not known, as `rbonn bitstream` has not run"
OTHER = "not known, as bitstream.json is of other RTL than this folder holds now"
NOT_ROUTED = "not known; all before it is made"


def clock(build_dir: Path, rtl: str) -> Document:
    """Return what is known of clock and critical path.

    Args:
        build_dir: Folder of the accelerator.
        rtl: Hash of its RTL, which bitstream.json has, too.

    Returns:
        ``state``: a sentence; of a routed design ``fmax_mhz``, ``origin``, ``met`` and ``path``, cut by
        kernels; else perhaps ``logic``: delay without wires, from where to where.

    Raises:
        ConfigError: The file is damaged or of another version.
    """
    file = build_dir / "bitstream.json"
    if not file.is_file():
        return {"state": NOTHING}
    found = read_result(file, f"rbonn bitstream {build_dir}")
    if found.get("rtl") != rtl:
        return {"state": OTHER}
    try:
        return _routed(found) if "timing" in found else _unrouted(found)
    except (KeyError, TypeError) as error:
        raise ConfigError(
            f"{file} is of another version ({type(error).__name__}: {error}); run `rbonn bitstream` again"
        ) from None


def _unrouted(found: Document) -> Document:
    delay = found["logic_delay"]
    return {"state": NOT_ROUTED, "logic": {name: delay[name] for name in ("delay_ns", "cells", "from", "to")}}


def _routed(found: Document) -> Document:
    timing, origin = found["timing"], found["origin"]["timing"]
    met = "met" if timing["met"] else "missed"
    by = found["version"] or found["tool"]
    return {
        "state": f"{1000 / timing['period_ns']:g} MHz were asked for and {met}; by {by}. {timing['limit']}",
        "fmax_mhz": timing["fmax_mhz"],
        "origin": origin,
        "met": timing["met"],
        "path": [
            {name: part[name] for name in ("node", "kernel", "cells", "logic_ns", "wire_ns")}
            for part in timing["critical_path"]
        ],
    }

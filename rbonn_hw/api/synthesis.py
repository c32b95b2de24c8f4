"""Synthesis: the area of a compiled accelerator, from a netlist that Yosys makes of it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api.edited import edited_files
from rbonn_hw.api.progress import Progress, silent
from rbonn_hw.errors import ConfigError, DoesNotFitError

if TYPE_CHECKING:
    from rbonn_hw.results import Document
    from rbonn_hw.spec.device import Device
    from rbonn_hw.synth.yosys import Synthesis

COUNTED = ("lut", "ff", "ramb36", "dsp")
HOPELESS = 2.0
"""Beyond that many times the part, as estimated, hours of synthesis would tell nothing new."""


@dataclass(frozen=True, slots=True)
class Synthesized:
    """The end of a synthesis.

    Attributes:
        build_dir: Folder of the accelerator.
        document: Content of synth.json.
        result: What Yosys made.
        device: What it was counted against.
    """

    build_dir: Path
    document: "Document"
    result: "Synthesis"
    device: "Device"


def synth(
    build_dir: Path | str,
    *,
    part: str | None = None,
    fit: bool = True,
    force: bool = False,
    check: int | None = None,
    progress: Progress = silent,
) -> Synthesized:
    """Synthesize a compiled accelerator layer by layer, and count what it takes.

    Args:
        build_dir: Folder of :func:`rbonn_hw.api.compile`.
        part: Count against this part; None for the one compiled for.
        fit: Raise where the design is larger than the part.
        force: Start although the design is estimated to be larger than twice the part.
        check: Simulate the netlist on that many frames against the RTL; None for none.
        progress: Called with a line of text for each step done.

    Raises:
        ConfigError: No compiled accelerator there; another run is at work there; something would be
            overwritten that rbonn did not make.
        DoesNotFitError: Larger than the part, or estimated far larger; in the first case all is written.
        MismatchError: The netlist does not answer as the RTL does.
        ToolError: Yosys is missing, or refuses the design.
    """
    from rbonn_hw.at_work import at_work
    from rbonn_hw.ownership import Claim
    from rbonn_hw.results import read_result
    from rbonn_hw.soc.sources import accelerator_files
    from rbonn_hw.spec.device import device
    from rbonn_hw.synth.utilisation import check_fits
    from rbonn_hw.synth.yosys import NETLIST, synthesize

    folder = Path(build_dir)
    if check is not None and check < 1:
        raise ConfigError(f"check: {check} must be at least 1")
    with at_work(folder, "synth"):
        compiled = read_result(folder / "compile.json", f"rbonn compile NETWORK --out {folder}")
        edited_files(folder)
        budget = device(part or compiled["part"])
        if not force:
            _check_hope(compiled, budget)
        Claim(folder, "synth", (*NETLIST, "synth.json")).record()
        sources, data = accelerator_files(folder)
        result = synthesize(
            sources, compiled["top"], folder / "synth", data=data, per_instance=True, progress=progress
        )
        _write(folder, compiled, budget, result)
        if check is not None:
            progress("compiling the netlist for simulation")
            _compare(folder, check, result)
        document = read_result(folder / "synth.json", f"rbonn synth {folder}")
    if fit:
        check_fits(result.total, budget)
    return Synthesized(folder, document, result, budget)


def _check_hope(compiled: "Document", budget: "Device") -> None:
    from rbonn_hw.spec.summary import Summary, excess

    over = excess(Summary.from_document(compiled["summary"]).accelerator, budget, HOPELESS)
    if over:
        raise DoesNotFitError(
            f"estimated at more than {HOPELESS:g} times {budget.part} ({'; '.join(over)}), so synthesis is "
            "not started; ask compile for fewer frames per second, take a larger --part, or start it with "
            "--force"
        )


def _compare(build_dir: Path, count: int, result: "Synthesis") -> None:
    """Simulate the netlist against the RTL and add the figures to ``synth.json``."""
    from rbonn_hw.results import read_result, write_result
    from rbonn_hw.sim.netlist import check_netlist
    from rbonn_hw.synth.netlist import write_verilog

    found = check_netlist(build_dir, write_verilog(result.netlist), count=count)
    document = read_result(build_dir / "synth.json", f"rbonn synth {build_dir}")
    origin = {**document.pop("origin"), "check": "simulated"}
    write_result(build_dir / "synth.json", {**document, "check": asdict(found)}, origin)


def _write(build_dir: Path, compiled: dict[str, Any], budget: "Device", result: "Synthesis") -> None:
    from rbonn_hw.results import write_result
    from rbonn_hw.synth.utilisation import shares

    kernels = {node["name"]: node["kernel"] for node in compiled["nodes"]}
    total = asdict(result.total)
    document = {
        "top": compiled["top"],
        "part": budget.part,
        "resources": {name: total[name] for name in COUNTED},
        "budget": {name: getattr(budget, name) for name in COUNTED},
        "share": {name: round(share, 4) for name, share in shares(result.total, budget).items()},
        "within": {name: total[name] for name in ("lutram", "srl", "ramb18")},
        "nodes": [
            {"name": name, "kernel": kernels.get(name), **asdict(used)} for name, used in result.nodes.items()
        ],
        "warnings": list(result.warnings),
        "netlist": str(result.netlist.relative_to(build_dir)),
        "wall_seconds": round(result.wall_seconds, 2),
    }
    write_result(
        build_dir / "synth.json",
        document,
        {
            "resources": "synthesised",
            "share": "synthesised",
            "within": "synthesised",
            "nodes": "synthesised",
            "wall_seconds": "measured",
        },
    )

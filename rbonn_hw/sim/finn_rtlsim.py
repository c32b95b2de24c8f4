"""FINN's RTL simulation on Verilator instead of Vivado's simulator.

FINN reaches its simulator through names of the module ``finn.xsi`` that it binds late. :func:`install` binds
them to functions of this module, so that FINN's own ``prepare_rtlsim``, ``execute_onnx`` with ``exec_mode``
``rtlsim`` and ``rtlsim_exec`` on a stitched design work as they are; no file of FINN is changed.
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rbonn_hw.errors import SimulationError, ToolError
from rbonn_hw.sim import xsi
from rbonn_hw.sim.verilated import Verilation, compiled
from rbonn_hw.toolchain import finn_environment

HEADERS = (".vh", ".svh")
MEMORY_IMAGES = ("*.dat", "*.mem")


def install(build_dir: Path | None = None) -> None:
    """Let FINN simulate RTL with Verilator in this process. A second call changes nothing.

    Call it before any FINN transformation that simulates.

    Args:
        build_dir: Folder for FINN's intermediate files; needed unless FINN's settings are in place already.
    """
    if build_dir is not None:
        build_dir.mkdir(parents=True, exist_ok=True)
        finn_environment(build_dir)
        from finn.util import settings

        settings.initialize_dummy_settings()
    # SimEngine's `import xsi` finds ours; on a machine without Vivado there is no other.
    sys.modules["xsi"] = xsi
    import finn.xsi
    import finn_xsi.adapter
    from finn_xsi.sim_engine import SimEngine

    for name, value in {
        "SimEngine": SimEngine,
        "locate_glbl": lambda: None,
        "compile_sim_obj": compile_sim_obj,
        "get_simkernel_so": lambda: "verilator",
        "load_sim_obj": load_sim_obj,
        "reset_rtlsim": finn_xsi.adapter.reset_rtlsim,
        "close_rtlsim": finn_xsi.adapter.close_rtlsim,
        "rtlsim_multi_io": finn_xsi.adapter.rtlsim_multi_io,
    }.items():
        setattr(finn.xsi, name, value)


def compile_sim_obj(
    top_module_name: str,
    source_list: Sequence[str],
    sim_out_dir: Path,
    debug: bool = False,
    behav: bool = False,
    fifosim: bool = False,
) -> tuple[Path, Path]:
    """Compile a design with Verilator; the signature is FINN's.

    Memory images beside the sources are copied into ``sim_out_dir``, where relative names are looked up.

    Args:
        top_module_name: Top module.
        source_list: Verilog, SystemVerilog and header files.
        sim_out_dir: Folder for the result.
        debug: Whether a waveform can be written.
        behav: Whether FINN_SIMULATION is defined.
        fifosim: Whether FINN's wrapper for FIFO sizing is the top module.

    Returns:
        ``sim_out_dir`` and the shared library relative to it.

    Raises:
        ToolError: A tool is missing, a source is VHDL, or the sources do not compile.
        SimulationError: Two sources come with different memory images of one name.
    """
    from finn_xsi.srcutil import order_pkg_first

    folder = Path(sim_out_dir).absolute()
    files = [Path(source).absolute() for source in dict.fromkeys(order_pkg_first(list(source_list)))]
    vhdl = [file for file in files if file.suffix == ".vhd"]
    if vhdl:
        raise ToolError(f"{vhdl[0]} is VHDL, which Verilator does not read; use an operator in Verilog")
    _copy_memory_images(files, folder)
    includes = dict.fromkeys(file.parent for file in files if file.suffix in HEADERS)
    verilation = Verilation(
        top="finn_design_wrapper" if fifosim else top_module_name,
        sources=tuple(file for file in files if file.suffix not in HEADERS),
        options=(
            # As on the device, flip-flops without reset start at 0: FINN's RTL counts on it.
            "--assert", "--x-assign", "fast", "--x-initial", "fast", "-Wno-fatal", "-Wno-lint", "-Wno-style",
            *(["+define+FINN_SIMULATION"] if behav else []), *(f"-I{path}" for path in includes),
        ),
        harness=("xsi_model.cpp",),
        headers=(),
        product="xsimk.so",
        trace=debug,
    )  # fmt: skip
    # FINN finds the simulation's folder again by this part of the path.
    library = compiled(verilation, folder / "xsim.dir")
    return Path(sim_out_dir), library.relative_to(folder)


def load_sim_obj(
    sim_out_dir: Path | str,
    out_so_relative_path: Path | str,
    tracefile: str | None = None,
    simkernel_so: str | None = None,
) -> Any:
    """Load a compiled design; the signature is FINN's. Returns FINN's SimEngine."""
    from finn_xsi import adapter

    kernel = simkernel_so or "verilator"
    return adapter.load_sim_obj(Path(sim_out_dir), Path(out_so_relative_path), tracefile or None, kernel)


def _copy_memory_images(sources: Sequence[Path], folder: Path) -> None:
    found: dict[str, list[Path]] = {}
    for parent in dict.fromkeys(source.parent for source in sources):
        for pattern in MEMORY_IMAGES:
            for image in sorted(parent.glob(pattern)):
                found.setdefault(image.name, []).append(image)
    for name, images in found.items():
        if len({image.read_bytes() for image in images}) == 1:
            shutil.copyfile(images[0], folder / name)
        elif any(name in source.read_text(errors="replace") for source in sources):
            folders = " and ".join(str(image.parent) for image in images)
            raise SimulationError(
                f"memory image {name!r} has different contents in {folders}; "
                "apply FINN's ReplaceVerilogRelPaths, or give the images different names"
            )

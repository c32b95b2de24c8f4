"""The Yosys scripts of a synthesis, as text."""

from collections.abc import Mapping, Sequence

_SYNTH = "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top"


def elaborate(names: Sequence[str], top: str, parameters: Mapping[str, str], *, keep_hierarchy: bool) -> str:
    """Return the script that reads SystemVerilog into ``design.il``.

    Initial blocks are kept, because they hold the ``$readmemh`` contents of the weights.
    """
    hierarchy = "--best-effort-hierarchy " if keep_hierarchy else ""
    overrides = "".join(f"-G {name}={value} " for name, value in parameters.items())
    return (
        f"read_slang --threads 1 {hierarchy}--allow-use-before-declare --ignore-assertions --top {top} "
        f"{overrides}{' '.join(names)}\n"
        "write_rtlil design.il\n"
    )


def check(top: str) -> str:
    """Return the script that looks for faults in ``design.il``: ``check.txt`` and ``latches.txt``."""
    return (
        f"read_rtlil design.il\nhierarchy -top {top}\ntee -q -o check.txt check\n"
        "tee -q -o latches.txt select -list t:$dlatch t:$adlatch t:$dlatchsr\n"
    )


def map_job(number: int, top: str, modules: Sequence[str], others: Sequence[str], *, with_top: bool) -> str:
    """Return the script that maps ``modules`` to primitives and writes ``part_<number>.il``.

    Args:
        number: Number of the job.
        top: Top module.
        modules: Modules under the top that this job maps, each kept whole; none: the design is flat.
        others: Modules that other jobs map; black boxes here.
        with_top: The job writes the top module as well.
    """
    lines = ["read_rtlil design.il", f"hierarchy -top {top}"]
    lines += [f"setattr -mod -set keep_hierarchy 1 {module}" for module in modules]
    # An instance that nobody listens to is counted, not removed.
    lines += [f"setattr -set keep 1 {top}/t:{module}" for module in [*modules, *others]]
    lines += [f"blackbox {module}" for module in others]
    if others:
        lines.append("hierarchy")  # drops what only the black boxes instantiated
    written = [*modules, *([f"\\{top}"] if with_top else [])]
    lines += [
        f"{_SYNTH} {top} -run begin:map_memory",
        "trim_roms",
        "map_roms",
        # "distributed" asks Yosys for LUT RAM, which has a write port; on a ROM it means plain LUTs.
        "select -set roms t:$mem_v2 r:WR_PORTS=0 %i",
        'setattr -set ram_style "logic" @roms a:ram_style=distributed %i',
        'setattr -set rom_style "logic" @roms a:rom_style=distributed %i',
        f"{_SYNTH} {top} -run map_memory:check",
        f"select {' '.join(written)}",
        f"write_rtlil -selected part_{number}.il",
    ]
    return "\n".join(lines) + "\n"


def merge(parts: int, top: str) -> str:
    """Return the script that joins the mapped parts into ``netlist.json.gz`` and ``stat.json``."""
    lines = [f"read_rtlil part_{number}.il" for number in range(parts)]
    lines += [
        f"hierarchy -top {top}",
        "setattr -mod -unset keep_hierarchy *",
        "tee -q -o stat.json stat -tech xilinx -json",
        "write_json netlist.json.gz",
    ]
    return "\n".join(lines) + "\n"

"""The Yosys scripts of a synthesis, as text."""

from collections.abc import Mapping, Sequence

_SYNTH = "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top"
PRICES_FILE = "lut_prices.txt"
LUT_PRICES = """\
1 5 127
2 5 127 238
3 5 127 238 407
4 5 127 238 407 472
5 5 127 238 407 472 631
6 5 127 238 407 472 631 642
7 10 470 524 635 804 869 1028 1039
8 20 465 592 646 757 926 991 1150 1161
"""
"""What a function of 1 .. 8 inputs costs the mapper, and how long each of its inputs takes [ps].

A line an input more, the quickest input first, as ABC reads it. The times are those of Yosys's cells_sim.v.
The prices are not: to Yosys a LUT of up to five inputs costs at most three fifths of one of six, as two such
may share a site. We count a site for each of them, as open place and route does, so that two small ones in
the place of one large one are a loss. Seven inputs are two LUTs and eight are four, with the slice's
multiplexers behind them.
"""

# What synth_xilinx does from map_luts to finalize, but for the prices: its own are attributes of the cells, a
# change of which is refused in a design that holds LUTs before (those of tables).
_MAP_LUTS = (
    "opt_expr -mux_undef -noclkinv",
    "read_verilog -icells -lib -specify +/xilinx/abc9_model.v",
    f"abc9 -W 300 -lut {PRICES_FILE}",
    "clean",
    "xilinx_srl -fixed -minlen 3",
    "techmap -map +/xilinx/lut_map.v -map +/xilinx/cells_map.v -D LUT_WIDTH=6",
    "xilinx_dffopt",
    "opt_lut_ins -tech xilinx",
)


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
        f"{_SYNTH} {top} -run map_memory:map_luts",
        *_MAP_LUTS,
        f"{_SYNTH} {top} -run finalize:check",
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

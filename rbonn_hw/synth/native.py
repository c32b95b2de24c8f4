"""``python -m rbonn_hw.synth.native SCRIPT``: run a Yosys script in the native build of the pyosys wheel.

A process of its own because Yosys ends the process on an error. Four commands are ours: ``trim_roms``,
``map_roms``, ``fit_parameters`` and ``expose_properties``.
"""

import sys
from pathlib import Path


def main() -> None:
    """Run the script named on the command line, a command a line."""
    from pyosys import libyosys

    from rbonn_hw.synth.parameters import fit_parameters
    from rbonn_hw.synth.properties import expose_properties
    from rbonn_hw.synth.rom import map_roms
    from rbonn_hw.synth.rom_trim import trim_roms

    ours = {
        "trim_roms": trim_roms,
        "map_roms": map_roms,
        "fit_parameters": fit_parameters,
        "expose_properties": expose_properties,
    }
    design = libyosys.Design()
    for command in Path(sys.argv[1]).read_text().splitlines():
        if command in ours:
            ours[command](design)
        else:
            libyosys.run_pass(command, design)


if __name__ == "__main__":
    main()

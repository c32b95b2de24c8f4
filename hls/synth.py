"""C simulation and synthesis of every kernel's example by Vitis HLS, where it is installed.

    python -m hls.synth build/hls

Exit code 0 if all went through, 1 if a design did not, 2 if Vitis HLS is not there.
"""

import argparse
import sys
from pathlib import Path

from hls.golden import EXAMPLES
from rbonn_hw.errors import ToolError
from rbonn_hw.toolchain import find_program, run_tool

PROGRAM = "vitis_hls"
SCRIPT = Path(__file__).with_name("synth.tcl")
HINT = "it is part of Vitis, from amd.com; source its settings64.sh"


def main() -> int:
    """Write and synthesize the examples; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where to write; created if need be")
    folder: Path = parser.parse_args().folder.resolve()
    for name, example in EXAMPLES.items():
        example().write(folder / name)
    if find_program(PROGRAM) is None:
        sys.stderr.write(
            f"{PROGRAM} is not on PATH: {HINT}. {len(EXAMPLES)} designs wait below {folder}; "
            "make hls-test compiles them with g++ instead\n"
        )
        return 2
    failed = 0
    for name in EXAMPLES:
        try:
            run_tool([PROGRAM, "-f", SCRIPT], install_hint=HINT, cwd=folder / name)
            sys.stdout.write(f"{name}: {folder / name}/vitis/solution/syn/report\n")
        except ToolError as error:
            failed += 1
            sys.stderr.write(f"{name}: {error}\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

"""``python -m rbonn_hw.synth.native SCRIPT``: run a Yosys script in the native build of the pyosys wheel.

A process of its own because Yosys ends the process on an error.
"""

import sys


def main() -> None:
    """Run the script named on the command line."""
    from pyosys import libyosys

    libyosys.run_pass(f"script {sys.argv[1]}", libyosys.Design())


if __name__ == "__main__":
    main()

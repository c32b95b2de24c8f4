"""From a build folder to a board: the shell's sources, the hardware handoff, and the package."""

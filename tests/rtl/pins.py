"""One small module of the shell, driven pin by pin."""

from pathlib import Path

from rbonn_hw.sim.design import RTL_DIR
from rbonn_hw.sim.verilated import Verilation, compiled
from rbonn_hw.sim.xsi import Design, Kernel


def library(module: str, build_dir: Path, folder: Path = RTL_DIR) -> Path:
    """Compile a module of ours, or a bench from another folder, with its assertions; returns the library."""
    verilation = Verilation(
        top=module,
        sources=(folder / f"{module}.sv",),
        options=("--assert", "-Wall"),
        harness=("xsi_model.cpp",),
        headers=(),
        product="pins.so",
        trace=False,
    )
    return compiled(verilation, build_dir)


class Pins:
    """A module's pins and its clock ``clk_i``."""

    def __init__(self, library: Path) -> None:
        self.design = Design(Kernel("verilator"), str(library))

    def drive(self, **values: int) -> None:
        """Set input pins."""
        for name, value in values.items():
            self.design.getPort(name).set(value).write_back()

    def see(self, name: str) -> int:
        """Return a pin as it settles before the next rising edge."""
        self.drive(clk_i=0)
        self.design.run(1)
        return self.design.getPort(name).read().as_unsigned()

    def clock(self, **values: int) -> None:
        """Set input pins, and let a rising edge take them."""
        self.drive(clk_i=0, **values)
        self.design.run(1)
        self.drive(clk_i=1)
        self.design.run(1)

"""Every RTL module alone under ``verilator --lint-only -Wall``, with its default parameters.

What the compiler or the vendor supplies is a stub: the module ``accelerator``, and the device's primitives.
"""

from pathlib import Path

import pytest

from rbonn_hw.toolchain import run_verilator

RTL = Path(__file__).resolve().parents[2] / "rbonn_hw" / "rtl"
STUBS = Path(__file__).parent / "stubs"
MODULES = sorted(RTL.glob("*.sv"))


@pytest.mark.verilator
@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_module_is_lint_clean(module: Path) -> None:
    run_verilator(["--lint-only", "-Wall", f"-I{RTL}", f"-I{STUBS}", "--top-module", module.stem, module])

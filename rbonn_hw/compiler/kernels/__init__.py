"""One FINN operator for each RTL kernel, registered without patching FINN."""

from importlib import import_module

KERNELS = (
    "mvau",
    "threshold",
    "labelselect",
    "fifo",
    "register",
    "dwc",
    "duplicate",
    "add",
    "pool",
    "depthwise",
    "concat",
    "select",
    "window",
    "upsample",
)


def register_all() -> None:
    """Make FINN find every operator of this package (idempotent)."""
    for name in KERNELS:
        import_module(f"rbonn_hw.compiler.kernels.{name}")

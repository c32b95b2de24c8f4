"""Starts FINN as a library: settings without its command line, and our operators in its registries."""

from pathlib import Path

from finn.util import settings as finn_settings

from rbonn_hw.toolchain import finn_environment


def start(build_dir: Path) -> None:
    """Let FINN write its intermediate folders below ``build_dir`` and know our operators.

    Call it before any FINN transformation. It may be called again with another folder.
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    finn_environment(build_dir)
    finn_settings.initialize_dummy_settings()
    from rbonn_hw.compiler.kernels import register_all  # needs FINN's settings

    register_all()

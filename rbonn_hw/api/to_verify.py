"""What somebody wants verified: a build folder as it is, or a network, which is compiled first."""

from collections.abc import Callable
from pathlib import Path

from rbonn_hw.errors import ConfigError

ONNX = ".onnx"


def build_of(
    source: Path | str,
    out: Path | str | None = None,
    *,
    target_cycles: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Path, Path | None]:
    """Return the build folder of what is to be verified, and the trained network that it is of, if known.

    Args:
        source: Folder of `rbonn compile`; a QONNX file; or folder of `rbonn train`, file of `rbonn pack` or
            name of a shipped network, which is exported, too.
        out: Folder to compile a network into; None is build/verify-NAME.
        target_cycles: Cycles between frames that the folding aims at; None for the compiler's own [cycles].
        progress: Called with a line of text at the start of each step.

    Raises:
        ConfigError: Neither a build nor a network.
        ModelError: The network cannot be compiled.
    """
    from rbonn_hw.api.compiling import compile as compile_file
    from rbonn_hw.models import shipped

    given = Path(source)
    if (given / "compile.json").is_file():
        if out is not None or target_cycles is not None:
            raise ConfigError(f"{given} is compiled already; --out and --target-cycles are for networks")
        return given, None
    folder = Path("build") / f"verify-{given.stem}" if out is None else Path(out)
    network, trained = given, None
    if given.suffix != ONNX:
        from rbonn_hw.api.exporting import export
        from rbonn_hw.models import storage

        trained = shipped.resolve(given)
        if not storage.network_file(trained).is_file():
            raise ConfigError(
                f"{given} is no folder of `rbonn compile`, no {ONNX} file and no trained network; compile "
                f"first, or name one of {', '.join(shipped.names())}"
            )
        progress("exporting")
        export(given, folder / "export", frames="none")
        network = folder / "export" / "model.qonnx.onnx"
    compile_file(network, folder, target_cycles=target_cycles, allow_misfit=True, progress=progress)
    return folder, trained

"""``python -m rbonn_hw.compiler.zynq_build``: FINN's ZynqBuild of a compiled graph, in a process of its own.

Arguments: the build folder, a folder for FINN's files, FINN's name of the board, the clock period in ns.
``result.json`` in the second folder says where bitstream, handoff and Vivado's reports are.
"""

import json
import sys
from pathlib import Path
from typing import Final

from rbonn_hw.compiler import finn_session
from rbonn_hw.errors import ConfigError
from rbonn_hw.results import write_text

RUN: Final = Path("finn_zynq_link.runs") / "impl_1"
REPORTS: Final = {
    "timing": "top_wrapper_timing_summary_routed.rpt",
    "utilisation": "top_wrapper_utilization_placed.rpt",
}


def build(build_dir: Path, folder: Path, platform: str, period_ns: float) -> dict[str, str]:
    """Build a bitstream with FINN; returns the paths of what it made.

    Raises:
        ConfigError: The folder holds no compiled graph.
    """
    graph = build_dir / "finn.onnx"
    if not graph.is_file():
        raise ConfigError(f"{graph} does not exist; run `rbonn compile NETWORK --out {build_dir}` first")
    finn_session.start(folder / "finn")
    from finn.transformation.fpgadataflow.make_zynq_proj import ZynqBuild
    from qonnx.core.modelwrapper import ModelWrapper

    partitions = folder / "partitions"
    model = ModelWrapper(str(graph)).transform(
        ZynqBuild(platform, period_ns, partition_model_dir=str(partitions))
    )
    model.save(str(folder / "zynq.onnx"))
    run = Path(model.get_metadata_prop("vivado_pynq_proj")) / RUN
    return {
        "bitstream": model.get_metadata_prop("bitfile"),
        "handoff": model.get_metadata_prop("hw_handoff"),
        **{name: str(run / report) for name, report in REPORTS.items()},
    }


def main() -> None:
    """Run :func:`build` by the command line and write ``result.json``."""
    build_dir, folder = Path(sys.argv[1]), Path(sys.argv[2])
    found = build(build_dir, folder, sys.argv[3], float(sys.argv[4]))
    write_text(folder / "result.json", json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()

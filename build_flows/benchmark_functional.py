"""Frames per second of the functional simulator, beside QONNX execution, onnxruntime and PyTorch.

    python -m build_flows.benchmark_functional [--rounds 3]

Each of the networks that ship answers random frames: by the functional simulator with every kind of
instructions that the processor has, by QONNX's execution, by onnxruntime on a float copy of the same file,
and by PyTorch. All run on one thread, in turn, and what counts is the time of the process, which does not
grow when other processes want the machine, too; the best round is taken. The functional simulator with all
threads is timed by the clock on the wall. All classes must be equal. Writes ``benchmark_functional.json``
beside this file.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper
from qonnx.core.modelwrapper import ModelWrapper

from build_flows.functional_shipped import TARGETS
from rbonn_hw import api
from rbonn_hw.compiler import golden
from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.execution import batched, execute
from rbonn_hw.compiler.graph_file import load_graph
from rbonn_hw.models import evaluation, shipped, storage
from rbonn_hw.results import write_result
from rbonn_hw.sim.functional import Simulator
from rbonn_hw.sim.functional.engine import paths

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "benchmark_functional"
FRAMES, SLOW_FRAMES = 256, 32
OTHERS = ("qonnx", "onnxruntime", "pytorch")
Answer = Callable[[], NDArray[Any]]


def compiled(name: str) -> Path:
    """Export and compile a shipped network, unless that is done already."""
    out = BUILD / name
    api.export(name, out / "export", frames="none")
    api.compile(out / "export" / "model.qonnx.onnx", out, target_cycles=TARGETS[name])
    return out


def float_copy(model: ModelWrapper, frames: int) -> ModelWrapper:
    """Return a network in operators of ONNX alone, for so many frames: quantizers spelled out in floats."""
    model = batched(model, frames)
    nodes: list[Any] = []
    for node in model.graph.node:
        nodes += _spelled(model, node) if node.op_type in ("Quant", "BipolarQuant") else [node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.model.opset_import[1:]
    return model


def _spelled(model: ModelWrapper, node: Any) -> list[Any]:
    """Return a quantizer as nodes of ONNX."""
    (x, scale, *rest), out = node.input, node.output[0]

    def constant(suffix: str, value: float) -> str:
        name = f"{out}_{suffix}"
        model.set_initializer(name, np.asarray(value, np.float32))
        return name

    if node.op_type == "BipolarQuant":
        return [
            helper.make_node("GreaterOrEqual", [x, constant("zero", 0.0)], [f"{out}_up"]),
            helper.make_node(
                "Where", [f"{out}_up", constant("high", 1.0), constant("low", -1.0)], [f"{out}_sign"]
            ),
            helper.make_node("Mul", [f"{out}_sign", scale], [out]),
        ]
    zero, bits = (float(np.asarray(model.get_initializer(name)).item()) for name in rest)
    signed, narrow = attribute(node, "signed", 1), attribute(node, "narrow", 0)
    low = -(2.0 ** (bits - 1)) + narrow if signed else 0.0
    high = 2.0 ** (bits - 1) - 1 if signed else 2.0**bits - 1
    if zero or attribute(node, "rounding_mode", b"ROUND") != b"ROUND":
        sys.exit(f"{node.name}: the networks that ship have no such quantizer")
    return [
        helper.make_node("Div", [x, scale], [f"{out}_units"]),
        helper.make_node(
            "Clip", [f"{out}_units", constant("low", low), constant("high", high)], [f"{out}_in"]
        ),
        helper.make_node("Round", [f"{out}_in"], [f"{out}_whole"]),
        helper.make_node("Mul", [f"{out}_whole", scale], [out]),
    ]


def session(model: ModelWrapper) -> onnxruntime.InferenceSession:
    """Return onnxruntime with one thread."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = model.model.SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def answers(name: str, build_dir: Path) -> tuple[dict[str, tuple[int, Answer]], Answer]:
    """Return what is timed, frames and a function that returns their classes; last the one of all threads."""
    reference = load_graph(build_dir / "reference.onnx", "rbonn compile")
    shape = golden.frame_shape(build_dir)
    images = np.random.default_rng(0).integers(0, 256, (FRAMES, *shape)).astype(np.uint8)
    floats = golden.network_frames(build_dir, images)
    integers = golden.stream_integers(build_dir, images)
    simulator = Simulator(build_dir)
    sink = simulator.graph.output
    net = storage.load_network(shipped.resolve(Path(name)))
    runtime = session(float_copy(reference, SLOW_FRAMES))
    source = reference.graph.input[0].name

    def functional(path: str | None, threads: int | None) -> Answer:
        def run() -> NDArray[Any]:
            found = simulator.run(integers, path=path, threads=threads)[sink]
            return _classes(golden.to_scores(build_dir, found))

        return run

    some = floats[:SLOW_FRAMES]
    made: dict[str, tuple[int, Answer]] = {path: (FRAMES, functional(path, 1)) for path in paths()}
    made["qonnx"] = (SLOW_FRAMES, lambda: _classes(execute(reference, some)))
    made["onnxruntime"] = (SLOW_FRAMES, lambda: _classes(runtime.run(None, {source: some})[0]))
    made["pytorch"] = (SLOW_FRAMES, lambda: _classes(evaluation.scores(net, images[:SLOW_FRAMES])))
    return made, functional(None, None)


def _classes(scores: NDArray[Any]) -> NDArray[Any]:
    classes: NDArray[Any] = scores.reshape(len(scores), -1).argmax(axis=1)
    return classes


def measure(name: str, rounds: int) -> dict[str, Any]:
    """Return the figures of one network."""
    made, together = answers(name, compiled(name))
    expected = together()
    seconds = dict.fromkeys(made, float("inf"))
    wall = float("inf")
    for _ in range(rounds):
        for way, (frames, answer) in made.items():
            started = time.process_time()
            found = answer()
            seconds[way] = min(seconds[way], time.process_time() - started)
            if not np.array_equal(found, expected[:frames]):
                sys.exit(f"{name}: {way} answers with other classes")
        started = time.perf_counter()
        together()
        wall = min(wall, time.perf_counter() - started)
    rates = {way: made[way][0] / seconds[way] for way in made}
    best = rates[paths()[-1]]
    return {
        "frames_per_processor_second": {way: round(rate, 1) for way, rate in rates.items()},
        "times_as_fast": {way: round(best / rates[way], 1) for way in OTHERS},
        "frames_per_second_all_threads": round(FRAMES / wall, 1),
    }


def main() -> None:
    """Measure every network and write the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    networks = {}
    for name in TARGETS:
        networks[name] = measure(name, args.rounds)
        sys.stdout.write(f"{name}: {networks[name]}\n")
    document = {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "load_before": round(os.getloadavg()[2], 1),
        "instructions": paths()[-1],
        "frames": FRAMES,
        "frames_of_the_slow": SLOW_FRAMES,
        "rounds": args.rounds,
        "networks": networks,
    }
    write_result(
        HERE / "benchmark_functional.json", document, {"networks": "measured", "load_before": "measured"}
    )


def _processor() -> str:
    """Return the name of the processor, as far as Linux knows it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()

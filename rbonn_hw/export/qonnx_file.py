"""Trained network in; QONNX file, golden vectors and a result file out.

- model.qonnx.onnx: batch 1, input float [1, C, H, W] of pixels 0 .. 255, output integer scores [1, classes];
  constants are folded; quantizers and binary weights stay QONNX Quant and BipolarQuant nodes.
- golden.npz: test frames uint8 [n, C, H, W], labels int64 [n] (of a detector: boxes float32 [n, m, 5]), and
  PyTorch's answers in evaluation mode: outputs float32 [n, classes] (of a detector: its map).
  Without test frames there is no such file.
- export.json: result: sizes, top-1, wall time and the checksum of what was exported.
"""

import dataclasses
import hashlib
import json
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, load, numpy_helper
from onnx.reference import ReferenceEvaluator
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.util.cleanup import cleanup_model

from rbonn_hw import drafts, results
from rbonn_hw.models import evaluation, storage, stored_frames
from rbonn_hw.models.boxes import found, metric
from rbonn_hw.models.reference import Reference
from rbonn_hw.models.table import Table
from rbonn_hw.models.trainable import Trainable
from rbonn_hw.ownership import Claim
from rbonn_hw.precision import precision
from rbonn_hw.spec import boxes
from rbonn_hw.spec.input import METADATA_KEY, InputMeaning

with warnings.catch_warnings():
    # Brevitas looks for a CUDA extension that an export has no use for.
    warnings.filterwarnings("ignore", message="fast_hadamard_transform")
    from brevitas.export import export_qonnx

QONNX_FILE, GOLDEN_FILE, RESULT_FILE = "model.qonnx.onnx", "golden.npz", "export.json"
FILES = (QONNX_FILE, GOLDEN_FILE, RESULT_FILE)
OPSET = 13
MADE_BY = "rbonn export"
TRAINED_ON = InputMeaning(kind="uint8")
"""Training feeds pixels 0 .. 255 as they are; the file says so."""


Frames = tuple[NDArray[np.uint8], NDArray[Any]]
"""Frames [n, C, H, W], and labels [n] or true boxes [n, m, 5]."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The end of an export.

    Attributes:
        frames: Golden vectors.
        accuracy: PyTorch's top-1 on them, or a detector's mAP@0.5, 0 .. 1; None without any.
        was_finished: True if the folder held this export already.
    """

    frames: int
    accuracy: float | None
    was_finished: bool


def _fold_constants(proto: ModelProto) -> None:
    """Replace what depends on constants alone, except quantizers, by its value.

    QONNX's own folding infers the shapes of the whole graph once per node: minutes for a network of twenty
    paddings, each of which PyTorch writes as a dozen nodes.
    """
    graph = proto.graph
    known = {tensor.name for tensor in graph.initializer}
    folded = []
    for node in graph.node:
        if node.domain == "" and node.input and all(name in known for name in node.input if name):
            folded.append(node)
            known |= set(node.output)
    outside = {name for node in graph.node if node not in folded for name in node.input}
    wanted = sorted(outside & {name for node in folded for name in node.output})
    outputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in wanted]
    part = helper.make_model(
        helper.make_graph(folded, "constants", [], outputs, list(graph.initializer)),
        opset_imports=[opset for opset in proto.opset_import if opset.domain == ""],
    )
    values = ReferenceEvaluator(part).run(None, {})
    graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in zip(wanted, values, strict=True)
    )
    for node in folded:
        graph.node.remove(node)


def write_qonnx(net: Trainable, path: Path, score_scale: float = 1.0) -> None:
    """Write a network as a QONNX file; stock QONNX executes it bit for bit like PyTorch.

    Args:
        net: The network.
        path: The file.
        score_scale: Factor that turns a detector's integers into logits.

    Raises:
        ConfigError: It has no integer arithmetic.
    """
    frame = torch.zeros(1, *net.table.frame)
    with drafts.folder_in(path.parent, "export") as folder, warnings.catch_warnings():
        # PyTorch and Brevitas warn that tracing sees constants: here everything traced is one.
        warnings.simplefilter("ignore")
        raw = folder / path.name
        export_qonnx(net.deployed(), args=frame, export_path=str(raw), opset_version=OPSET, dynamo=False)
        proto = load(raw)
        _fold_constants(proto)
        model = cleanup_model(ModelWrapper(proto))
        meanings = {METADATA_KEY: json.dumps(TRAINED_ON.to_document())}
        if isinstance(net.table, Table) and net.table.boxes is not None:
            meanings[boxes.METADATA_KEY] = net.table.box_meaning(score_scale).to_json()
        helper.set_model_props(model.model, meanings)
        model.save(str(raw))
        raw.replace(path)


def export(source: Path, out: Path, test: Frames | None, reference: Reference | None = None) -> Exported:
    """Export a trained network.

    Args:
        source: Folder of `rbonn train`, or a file of ours, packed or not.
        out: Folder for the files.
        test: Of which golden vectors are made; None for none.
        reference: Where the user's network is defined; None is the copy that the folder holds.

    Raises:
        ConfigError: No trained network there, one without integer arithmetic, or ``out`` is a file, or holds
            something that would be overwritten and is not rbonn's.
    """
    started = time.monotonic()
    claim = Claim(out, "export", FILES, inputs=(storage.network_file(source),))
    claim.check()
    deployed = storage.load_network(source, reference).deployed()
    checksum = _checksum(source, test)
    files = [name for name in FILES if test is not None or name != GOLDEN_FILE]
    if all((out / name).exists() for name in files):
        former = results.read_former(out / RESULT_FILE)
        if former is not None and former.get("checkpoint_sha256") == checksum:
            accuracy = former["accuracy"].get("pytorch")
            return Exported(former["frames"], accuracy, was_finished=True)
    with drafts.folder_in(out, "export") as draft:
        scale = storage.describe(source).score_scale
        write_qonnx(deployed, draft / QONNX_FILE, scale)
        count, accuracy = 0, None
        if test is not None:
            frames, truth = test
            outputs = evaluation.scores(deployed, frames)
            arrays = {"frames": frames, stored_frames.truth_name(truth): truth, "outputs": outputs}
            results.write_arrays(draft / GOLDEN_FILE, **arrays)
            count, accuracy = len(frames), _accuracy(deployed, outputs, truth, scale)
        claim.record()
        for name in (RESULT_FILE, GOLDEN_FILE):  # till the end there is no result
            (out / name).unlink(missing_ok=True)
        for path in draft.iterdir():
            drafts.put(path, out / path.name)
    measured = {
        "frames": count,
        "accuracy": {} if accuracy is None else {"pytorch": accuracy},
        "checkpoint_sha256": checksum,
        "wall_seconds": round(time.monotonic() - started, 2),
    }
    _write_result(deployed, scale, out, measured)
    return Exported(count, accuracy, was_finished=False)


def _accuracy(net: Trainable, outputs: NDArray[np.float32], truth: NDArray[Any], score_scale: float) -> float:
    if not isinstance(net.table, Table) or net.table.boxes is None:
        return evaluation.top1(outputs, truth)
    return precision(truth, found(net.table, score_scale, outputs), net.table.classes).half


def _checksum(source: Path, test: Frames | None) -> str:
    digest = hashlib.sha256(storage.network_file(source).read_bytes())
    for array in test or ():
        digest.update(array.tobytes())
    return digest.hexdigest()


def _boxes(net: Trainable, scale: float) -> dict[str, Any]:
    if not isinstance(net.table, Table) or net.table.boxes is None:
        return {}
    return {"boxes": dataclasses.asdict(net.table.box_meaning(scale))}


def _write_result(net: Trainable, scale: float, out: Path, measured: Mapping[str, Any]) -> None:
    pairs = net.binary_pairs()
    results.write_result(
        out / RESULT_FILE,
        {
            "network": net.table.name,
            "frame_shape": list(net.table.frame),
            "classes": net.table.classes,
            "metric": metric(net.table),
            "parameters": sum(parameter.numel() for parameter in net.parameters()),
            "binary_weights": sum(weight.numel() for weight, _ in pairs),
            "qonnx_bytes": (out / QONNX_FILE).stat().st_size,
            **_boxes(net, scale),
            **measured,
        },
        {"accuracy": "executed", "wall_seconds": "measured"},
    )

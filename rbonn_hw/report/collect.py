"""Joins the result files of the stages into one document."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.blocks import AREA
from rbonn_hw.report.graph import graph
from rbonn_hw.report.pipeline import pipeline
from rbonn_hw.report.roofline import work
from rbonn_hw.report.timeline import read_timeline
from rbonn_hw.report.training import read_course
from rbonn_hw.results import Document, Origin, read_result


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The result files of one accelerator.

    Attributes:
        compiled: compile.json.
        simulated: simulate.json.
        synthesized: synth.json.
        trained: train.json, or empty.
        recipe: recipe.json of the training run, or empty.
        exported: export.json, or empty.
        dataflow: dataflow.json, or empty where there is none of this compilation.
        timeline: timeline.json without buffers, or empty where there is none of this compilation.
        course: The training run epoch by epoch (:func:`rbonn_hw.report.training.read_course`), or empty.
    """

    compiled: Document
    simulated: Document
    synthesized: Document
    trained: Document
    recipe: Document
    exported: Document
    dataflow: Document
    timeline: Document
    course: Document

    @classmethod
    def read(cls, build_dir: Path, train_dir: Path | None, export_dir: Path | None) -> "Stages":
        """Read what the stages left.

        Raises:
            ConfigError: A file is absent or no JSON; the message says which command writes it.
        """
        train_command = f"rbonn train --out {train_dir}"
        compile_command = f"rbonn compile NETWORK --out {build_dir}"
        compiled = read_result(build_dir / "compile.json", compile_command)
        stages = cls(
            compiled=compiled,
            simulated=read_result(build_dir / "simulate.json", f"rbonn simulate {build_dir}"),
            synthesized=read_result(build_dir / "synth.json", f"rbonn synth {build_dir}"),
            trained=read_result(train_dir / "train.json", train_command) if train_dir else {},
            recipe=read_result(train_dir / "recipe.json", train_command) if train_dir else {},
            exported=read_result(export_dir / "export.json", f"rbonn export TRAIN --out {export_dir}")
            if export_dir
            else {},
            dataflow=_dataflow(build_dir, compiled),
            timeline=read_timeline(build_dir, compiled),
            course=read_course(train_dir) if train_dir else {},
        )
        if train_dir:
            _figure(stages.trained, "seconds", "train")
        if export_dir:
            _figure(stages.exported, "parameters", "export")
        return stages


def join(stages: Stages) -> tuple[Document, dict[str, Origin]]:
    """Return the report and the origin of its figures.

    Raises:
        ConfigError: A stage's file lacks a figure; the message names file and figure.
    """
    simulated, synthesized = stages.simulated, stages.synthesized
    accuracy = simulated.get("accuracy", {})
    report: Document = {
        "part": synthesized["part"],
        "network": _network(stages),
        **{name: _figure(simulated, name, "simulate") for name in ("frames", "mismatches")},
        "accuracy": {
            name: accuracy[name] for name in ("pytorch", "qonnx", "finn", "rtl") if name in accuracy
        },
        **{
            name: _figure(simulated, name, "simulate")
            for name in ("ii_cycles", "latency_cycles", "fps_at_100mhz")
        },
        "resources": _figure(synthesized, "resources", "synth"),
        "budget": _figure(synthesized, "budget", "synth"),
        "pairs": _figure(simulated, "pairs", "simulate"),
        "layers": _layers(
            _figure(stages.compiled, "nodes", "compile"), _figure(synthesized, "nodes", "synth")
        ),
        "cycles": _cycles(stages),
        "work": work(
            stages.compiled["nodes"],
            [_figure(stages.compiled, name, "compile") for name in ("input", "output")],
        ),
        "shell": stages.compiled.get("summary", {}).get("shell", {}),
        "clk_period_ns": _figure(stages.compiled, "clk_period_ns", "compile"),
        "pipeline": pipeline(stages.dataflow, stages.compiled["nodes"]),
        "timeline": stages.timeline,
        "course": stages.course,
        "wall_seconds": _wall_seconds(stages),
        "notes": [*stages.compiled.get("notes", []), *synthesized.get("warnings", [])],
    }
    report["graph"] = graph(report, stages.compiled.get("stage_graph", {}).get("stages", []))
    if "compared" in simulated:
        report["compared"] = simulated["compared"]
    origin: dict[str, Origin] = {
        **{f"accuracy.{name}": "simulated" if name == "rtl" else "executed" for name in report["accuracy"]},
        "mismatches": "simulated",
        **{f"pairs.{pair}": "simulated" if "rtl" in pair else "executed" for pair in report["pairs"]},
        "ii_cycles": "simulated",
        "latency_cycles": "simulated",
        "fps_at_100mhz": "simulated",
        **{f"resources.{name}": "synthesised" for name in report["resources"]},
        "layers": "synthesised",
        "work": "estimated",
        "shell": "estimated",
        **{f"cycles.{name}": "estimated" for name in ("estimated_ii", "estimated_latency")},
        "pipeline": "simulated",
        "timeline": "simulated",
        "course": "executed",
        "wall_seconds": "measured",
    }
    return report, origin


def _dataflow(build_dir: Path, compiled: Document) -> Document:
    """Return what the dataflow simulator said of the present compilation; empty where it was not asked."""
    path = build_dir / "dataflow.json"
    if not path.is_file():
        return {}
    found = read_result(path, f"rbonn simulate {build_dir} --level dataflow")
    return found if found.get("compiled") == compiled.get("key") else {}


def _cycles(stages: Stages) -> Document:
    """Return what the folding's formulas expect, where compile.json has it, beside what simulations saw."""
    summary = stages.compiled.get("summary", {})
    return {
        "estimated_ii": stages.compiled.get("estimated_ii_cycles"),
        "estimated_latency": summary.get("latency_cycles"),
        "dataflow_error": stages.simulated.get("dataflow_error_cycles"),
    }


def _figure(document: Mapping[str, Any], name: str, stage: str) -> Any:
    if name not in document:
        raise ConfigError(
            f"{stage}.json has no {name!r}; it is of another version, run `rbonn {stage}` again"
        )
    return document[name]


def _network(stages: Stages) -> Document:
    """Summarize what was compiled: names from the recipe, shapes and counts from the build."""
    kernels: dict[str, int] = {}
    for node in stages.compiled["nodes"]:
        kernels[node["kernel"]] = kernels.get(node["kernel"], 0) + 1
    return {
        **{key: stages.recipe[key] for key in ("network", "dataset", "epochs") if key in stages.recipe},
        **{key: stages.exported[key] for key in ("parameters", "binary_weights") if key in stages.exported},
        **{
            key: {"shape": stages.compiled[key]["shape"], "dtype": stages.compiled[key]["dtype"]}
            for key in ("input", "output")
        },
        "kernels": kernels,
    }


def _layers(compiled: list[Document], synthesized: list[Document]) -> list[Document]:
    """Return one row per node; cycles are the folding's formula, the area is that of the netlist."""
    area = {node["name"]: node for node in synthesized}
    missing = [node["name"] for node in compiled if node["name"] not in area]
    if missing:
        raise ConfigError(
            f"synth.json knows no layer {missing[0]!r}; the accelerator was compiled again since, "
            "run `rbonn synth` again"
        )
    return [
        {
            **{key: node[key] for key in ("name", "kernel", "pe", "simd")},
            "estimated_cycles": node["cycles_per_frame"],
            **{key: area[node["name"]][key] for key in AREA},
        }
        for node in compiled
    ]


def _wall_seconds(stages: Stages) -> dict[str, float]:
    documents = {
        "train": stages.trained,
        "export": stages.exported,
        "compile": stages.compiled,
        "simulate": stages.simulated,
        "synth": stages.synthesized,
    }
    seconds = {
        # A training run calls them seconds: they add up over interruptions.
        name: document.get("wall_seconds", document.get("seconds"))
        for name, document in documents.items()
    }
    return {
        # The simulation times its three implementations one by one.
        name: round(sum(value.values()) if isinstance(value, Mapping) else float(value), 2)
        for name, value in seconds.items()
        if value is not None
    }

"""Foldings at random: of every layer one of all that there are, and where its memory lies."""

from pathlib import Path
from typing import Any

import numpy as np
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler.folding import Folding, base_type, divisors
from rbonn_hw.compiler.frontend import lower
from rbonn_hw.compiler.hardware_nodes import specialize
from rbonn_hw.compiler.infer import infer_hardware_layers
from rbonn_hw.compiler.solver.options import read_problem

PART = "xc7z020clg400-1"
MOST_CYCLES = 3000
"""Of a layer, where it has a quicker folding: so much is simulated in a second [cycles]."""
STYLES = ("auto", "block", "distributed")


def drawn_folding(network: Path, rng: np.random.Generator) -> Folding:
    """Draw a folding for the layers of a network."""
    model = specialize(infer_hardware_layers(lower(network).lowered), PART)
    problem, _ = read_problem(model, PART, {})
    nodes = {node.name: node for node in model.graph.node}
    folding: Folding = {}
    for layer in problem.layers:
        quick = [option for option in layer.options if option.cycles <= MOST_CYCLES] or layer.options
        setting = dict(quick[rng.integers(len(quick))].setting)
        folding[layer.name] = setting | _further(nodes[layer.name], rng)
    return folding


def _further(node: Any, rng: np.random.Generator) -> dict[str, int | str]:
    """Draw what the solver never chooses: memory of windows, and parts of a vector across pixels."""
    if base_type(node) == "RbonnWindow":
        return {"ram_style": str(rng.choice(STYLES))}
    if base_type(node) == "RbonnMVAU" and rng.random() < 0.2:
        return {"SIMD": int(rng.choice(divisors(getCustomOp(node).get_nodeattr("MW"))))}
    return {}

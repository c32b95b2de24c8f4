"""Computes the estimate of a compiled accelerator: area, rate and latency."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler.folding import base_type
from rbonn_hw.compiler.joins import through
from rbonn_hw.spec.device import Device, device
from rbonn_hw.spec.summary import SHELL, LayerCost, NextStep, Resources, Summary

DEAREST = 5
"""Layers that a summary names."""
IN_THE_WAY = 3
"""Layers that are named where the part is too small."""
Times = NDArray[np.float64]
"""[pixels of a map] when each of them has come, since the first beat of the frame [cycles]."""


def summarize(
    model: ModelWrapper,
    *,
    part: str,
    clk_period_ns: float,
    target_cycles: int | None,
    share: float = 1.0,
    next_step: NextStep | None,
    best_fit_cycles: int | None = None,
) -> Summary:
    """Return the estimate of a folded and buffered accelerator.

    Args:
        model: FINN hardware layers.
        part: Device.
        clk_period_ns: Clock period [ns].
        target_cycles: Cycles between frames that were asked for [cycles].
        share: Share of the part that it may take with its shell.
        next_step: The cheapest quicker folding.
        best_fit_cycles: Cycles of the quickest folding that fits, where this one does not [cycles].
    """
    layers = [layer_cost(node, part) for node in model.graph.node]
    budget = device(part)
    slowest = max(layers, key=lambda layer: layer.cycles_per_frame)
    dearest = sorted(layers, key=lambda layer: -max(layer.resources.shares(budget).values()))
    return Summary(
        part=part,
        clk_period_ns=clk_period_ns,
        target_cycles=target_cycles,
        ii_cycles=slowest.cycles_per_frame,
        latency_cycles=latency(model),
        accelerator=sum((layer.resources for layer in layers), start=Resources()),
        dearest=tuple(dearest[:DEAREST]),
        most_of_scarcest=_most_of_scarcest(layers, budget),
        bottleneck=slowest.name,
        next_step=next_step,
        allowed_share=share,
        best_fit_cycles=best_fit_cycles,
    )


def _most_of_scarcest(layers: list[LayerCost], budget: Device) -> tuple[LayerCost, ...]:
    """Return the layers that take most of the resource of which the least is left."""
    total = sum((layer.resources for layer in layers), start=SHELL).shares(budget)
    scarcest = max(total, key=total.__getitem__)
    taking = [layer for layer in layers if getattr(layer.resources, scarcest)]
    return tuple(sorted(taking, key=lambda layer: -getattr(layer.resources, scarcest))[:IN_THE_WAY])


def layer_cost(node: NodeProto, part: str) -> LayerCost:
    """Return what a layer takes, by its own estimate."""
    operator = getCustomOp(node)
    area = operator.node_res_estimation(part)
    lut = math.ceil(area["LUT"])
    return LayerCost(
        name=str(node.name),
        kernel=base_type(node),
        cycles_per_frame=int(operator.get_exp_cycles()),
        resources=Resources(
            lut=lut,
            # FINN's own layers do not estimate flip-flops; theirs are about as many as their LUTs.
            ff=operator.spec().area().ff if hasattr(operator, "spec") else lut,
            ramb36=int(area["BRAM_18K"]) / 2,
            dsp=int(area["DSP"]),
        ),
    )


def latency(model: ModelWrapper) -> int:
    """Return the estimated cycles from the first input of a frame to its last output [cycles].

    Each pixel of a map comes when what it needs has come and the layer has had its time for the one before
    it.
    """
    times: dict[str, Times] = {}
    for node in model.graph.node:
        streams = [name for name in node.input if model.get_initializer(name) is None]
        known = [times[name] if name in times else _arrivals(model, node, name) for name in streams]
        ready = through(model, node, known)
        done = _paced(getCustomOp(node), base_type(node), np.asarray(ready, np.float64))
        times.update(dict.fromkeys(node.output, done))
    return math.ceil(float(times[model.graph.output[0].name][-1]))


def _arrivals(model: ModelWrapper, node: NodeProto, name: str) -> Times:
    """Return when the pixels of the network's input come, at one beat a cycle."""
    pixels = int(np.prod(model.get_tensor_shape(name)[1:-1]))
    beats = int(np.prod(getCustomOp(node).get_folded_input_shape()[:-1]))
    return np.arange(1, pixels + 1, dtype=np.float64) * (beats / pixels)


def _paced(operator: Any, kernel: str, ready: Times) -> Times:
    """Return when a layer gives its pixels, from when each could begin."""
    step = operator.get_exp_cycles() / len(ready)
    spec = operator.spec() if hasattr(operator, "spec") else None
    # A product begins with the first beat of its vector, and goes on with what it has kept of it.
    again = spec.cycles_per_vector - spec.synapse_fold if spec and kernel == "RbonnMVAU" else 0
    behind = getattr(spec, "latency_cycles", 1)
    number = np.arange(len(ready))
    done: Times = np.maximum.accumulate(ready - step * number) + step * number + again + behind
    return done

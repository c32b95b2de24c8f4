"""Networks of many shapes, exported by Brevitas as a stranger would export his."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import brevitas.nn as qnn
import numpy as np
import torch
from brevitas.core.restrict_val import RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.inject.enum import QuantType
from torch import Tensor, nn

CONSTANT: dict[str, Any] = {"scaling_impl_type": ScalingImplType.CONST}
BINARY: dict[str, Any] = {"quant_type": QuantType.BINARY, "bit_width": 1, "narrow_range": True}


def sign() -> Any:
    """Quantizer to -1/+1."""
    return qnn.QuantIdentity(quant_type=QuantType.BINARY, bit_width=1, min_val=-1.0, max_val=1.0, **CONSTANT)


def integers(bits: int, reach: float = 4.0, *, signed: bool = True) -> Any:
    """Quantizer to k-bit integers with a scale that is a power of two."""
    return qnn.QuantIdentity(
        bit_width=bits,
        signed=signed,
        narrow_range=False,
        min_val=-reach if signed else 0.0,
        max_val=reach - (2.0 if signed else 1.0) * reach / 2**bits,
        restrict_scaling_type=RestrictValueType.POWER_OF_TWO,
        **CONSTANT,
    )


def binary_conv(c_in: int, c_out: int, size: int | tuple[int, int], **options: Any) -> Any:
    """Convolution with weights -1/+1."""
    return qnn.QuantConv2d(
        c_in,
        c_out,
        size,
        bias=options.pop("bias", False),
        weight_quant_type=QuantType.BINARY,
        weight_bit_width=1,
        weight_scaling_impl_type=ScalingImplType.CONST,
        weight_scaling_init=1.0,
        **options,
    )


def binary_linear(f_in: int, f_out: int, **options: Any) -> Any:
    """Linear layer with weights -1/+1."""
    return qnn.QuantLinear(
        f_in,
        f_out,
        bias=options.pop("bias", False),
        weight_quant_type=QuantType.BINARY,
        weight_bit_width=1,
        weight_scaling_impl_type=ScalingImplType.CONST,
        weight_scaling_init=1.0,
        **options,
    )


def scaled_conv(c_in: int, c_out: int, size: int | tuple[int, int], **options: Any) -> Any:
    """Convolution with weights -alpha/+alpha, one alpha per filter."""
    return qnn.QuantConv2d(
        c_in,
        c_out,
        size,
        bias=False,
        weight_quant_type=QuantType.BINARY,
        weight_bit_width=1,
        weight_scaling_per_output_channel=True,
        weight_scaling_impl_type=ScalingImplType.STATS,
        weight_scaling_stats_op="ave",
        **options,
    )


class Bias(nn.Module):
    """Learnable bias per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        return x + self.bias


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        return self.function(x)


class Residual(nn.Module):
    """Bias, sign, padding with -1, binary convolution, BatchNorm, integers; shortcut; bias, PReLU, bias."""

    def __init__(self, channels: int, bits: int = 4) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            Bias(channels),
            sign(),
            nn.ConstantPad2d(1, -1.0),
            binary_conv(channels, channels, 3),
            nn.BatchNorm2d(channels),
            integers(bits),
        )
        self.after = nn.Sequential(Bias(channels), nn.PReLU(channels), Bias(channels), integers(bits))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        result: Tensor = self.after(self.branch(x) + x)
        return result


def randomize(model: nn.Module, seed: int, *, prelu_low: float = 0.0) -> nn.Module:
    """Draw statistics, scales of both signs, biases and slopes, as training would leave them."""
    torch.manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.get_buffer("running_mean"), 0.0, 3.0)
            nn.init.uniform_(module.get_buffer("running_var"), 2.0, 40.0)
            if module.affine:
                module.weight.data.normal_(0.0, 2.0)
                module.bias.data.normal_()
        elif isinstance(module, Bias):
            module.bias.data.normal_()
        elif isinstance(module, nn.PReLU):
            module.weight.data.uniform_(prelu_low, 1.5)
    return model.eval()


def lively(make: Callable[[], nn.Module], shape: Sequence[int], *, seed: int = 0) -> tuple[nn.Module, int]:
    """Make a network by the first seed from ``seed`` on with which a third of its outputs follow the frame.

    Many a small network at random answers every frame alike, and would agree with anything. Returns the
    network, and the seed with which :func:`export` draws the same parameters again.
    """
    frames = torch.from_numpy(np.random.default_rng(1).uniform(-1.0, 1.0, (4, *shape[1:]))).float()
    for number in range(seed, seed + 100):
        torch.manual_seed(number)
        network = randomize(make(), number)
        with torch.no_grad():
            answers = torch.stack([network(frame[None]) for frame in frames])
        if (answers != answers[0]).any(dim=0).float().mean() >= 1 / 3:
            return network, number
    raise AssertionError("no seed makes this network follow its input")


def export(model: nn.Module, shape: Sequence[int], path: Path, *, seed: int = 0) -> Path:
    """Randomize and export a model to ``path``."""
    with warnings.catch_warnings():
        # torch's legacy exporter announces its own replacement, and traces shapes.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*Converting a tensor")
        warnings.filterwarnings("ignore", message=".*legacy TorchScript.*")
        # Brevitas misses an optional package when its exporter is first imported.
        warnings.filterwarnings("ignore", message="fast_hadamard_transform package not found")
        from brevitas.export import export_qonnx

        export_qonnx(
            randomize(model, seed),
            args=torch.rand(*shape),
            export_path=str(path),
            opset_version=13,
            dynamo=False,
        )
    return path

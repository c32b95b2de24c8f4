"""Networks in the forms of tools that nobody here knows, by name; each a file and the shape of its frames."""

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import TensorProto

from tests.compiler.frontend.crops import CROPS
from tests.compiler.frontend.image import IMAGE, TIME, image
from tests.compiler.frontend.sketch import Sketch


def _global(kind: str, opset: int = 13, **attributes: Any) -> Callable[[], Any]:
    def make(g: Sketch) -> tuple[str, int]:
        axes = [g.ints(-1, -2)] if opset > 17 else []
        return g.op(kind, g.relu(g.norm(g.conv(g.stem(), 4, 4), 4)), *axes, **attributes), 4

    return image(make, opset)


def _global_before_the_quantizer() -> Any:
    g = Sketch()
    return g.model(g.head(g.relu(g.op("GlobalMaxPool", g.norm(g.conv(g.stem(), 4, 4), 4))), 4), IMAGE)


def _over_time(kind: str, **attributes: Any) -> Callable[[], Any]:
    def build() -> Any:
        g = Sketch()
        x = g.relu(g.op("Conv", g.quant("x", 1 / 64, 8), g.weights(4, 2, 3)))
        return g.model(g.head(g.op(kind, x, **attributes), 4), TIME)

    return build


def _rows(g: Sketch) -> tuple[str, int]:
    return g.op("ReduceMax", g.stem(), axes=[3]), 32


def _three(g: Sketch) -> tuple[str, int]:
    x = g.stem()
    y, z = (g.quant(g.conv(x, 4, 4, size), 0.25, 4) for size in (3, 1))
    return g.relu(g.op("Sum", x, y, z)), 256


def _two_input_quantizers(g: Sketch) -> tuple[str, int]:
    parts = [g.relu(g.conv(g.quant("x", 1 / 64, 8), 3, 4)) for _ in range(2)]
    return g.op("Concat", *parts, axis=1), 512


def _same(kind: str, **attributes: Any) -> Callable[[Sketch], tuple[str, int]]:
    def make(g: Sketch) -> tuple[str, int]:
        x = g.stem()
        if kind == "Conv":
            return g.relu(g.conv(x, 4, 4, 2, auto_pad="SAME_UPPER", **attributes)), 64
        return g.op(kind, x, kernel_shape=[3, 3], auto_pad="SAME_LOWER", **attributes), 64

    return make


def _mean_of_a_mean(g: Sketch) -> tuple[str, int]:
    x = g.op("ReduceMean", g.stem(), axes=[3], keepdims=0)
    return g.op("ReduceMean", x, axes=[-1], keepdims=0), 4


def _average_of_averages(g: Sketch) -> tuple[str, int]:
    x = g.op("Mul", g.op("AveragePool", g.stem(), kernel_shape=[2, 2], strides=[2, 2]), g.const(2.0))
    return g.op("GlobalAveragePool", x), 4


def _joined_before_the_quantizer(g: Sketch) -> tuple[str, int]:
    """Inception's branches with a BatchNorm each, joined, with another one and one ReLU behind."""
    x = g.stem()
    parts = [g.norm(g.conv(x, 4, channels, size), channels) for channels, size in ((3, 1), (2, 3))]
    x = g.op("PRelu", g.norm(g.op("Concat", *parts, axis=1), 5), g.const([[[0.25]]] * 5))
    return g.quant(x, 0.25, 4), 320


def _two_heads() -> Any:
    """A bias behind one of two heads, whose scales are 8 to 11."""
    g = Sketch()
    x = g.op("Flatten", g.stem())
    biased = g.op("Gemm", x, g.weights(256, 3), g.const([0.5, -0.25, 1.0]))
    g.unit = 0.125 * 11 / 8
    return g.model(g.op("Concat", biased, g.linear(x, 256, 2), axis=1), IMAGE)


def _scaled_by_one_before_a_border(g: Sketch) -> tuple[str, int]:
    x = g.op("Mul", g.stem(), g.const(1.0))
    return g.relu(g.conv(g.op("Pad", x, g.ints(0, 0, 1, 1, 0, 0, 1, 1)), 4, 4, pads=[0] * 4)), 256


def _channels_from_behind(g: Sketch) -> tuple[str, int]:
    x = g.op("Slice", g.stem(), g.ints(0), g.ints(9), g.ints(-3), g.ints(2))
    return g.relu(g.conv(x, 2, 4)), 256


def _shape_in_steps(g: Sketch) -> tuple[str, int]:
    return g.op("Reshape", g.op("Reshape", g.stem(), g.ints(0, 4, -1)), g.ints(0, -1)), 256


def _one_axis_at_a_time(g: Sketch) -> tuple[str, int]:
    x = g.op("Squeeze", g.op("GlobalAveragePool", g.stem()), g.ints(3))
    return g.op("Squeeze", x, g.ints(2)), 4


def _transposed_vector(g: Sketch) -> tuple[str, int]:
    x = g.op("Transpose", g.op("GlobalMaxPool", g.stem()), perm=[0, 2, 3, 1])
    return g.op("Reshape", x, g.ints(1, -1)), 4


def _turned_gemm() -> Any:
    g = Sketch()
    x = g.op("Transpose", g.op("Flatten", g.stem()), perm=[1, 0])
    return g.model(g.op("Gemm", x, g.weights(256, 5), g.const(np.arange(5) / 8), transA=1, alpha=0.5), IMAGE)


def _pixels_through_a_matrix() -> Any:
    g = Sketch()
    x = g.op("Add", g.op("MatMul", g.quant("x", 1 / 64, 8), g.weights(3, 4)), g.normal(4))
    return g.model(g.linear(g.op("Reshape", g.relu(x), g.ints(1, -1)), 256), (8, 8, 3))


def _sequence() -> Any:
    g = Sketch()
    x = g.relu(g.linear(g.quant("x", 1 / 64, 8), 6, 8))
    return g.model(g.linear(x, 8, 3), (7, 6), (7, 3))


def _patches() -> Any:
    g = Sketch()
    x = g.op("Transpose", g.op("Reshape", g.stem(), g.ints(0, 4, -1)), perm=[0, 2, 1])
    x = g.relu(g.op("Add", g.linear(x, 4, 6), g.normal(6)))
    return g.model(g.linear(g.op("ReduceMean", x, axes=[1], keepdims=0), 6), IMAGE)


def _bytes_channels_last() -> Any:
    g = Sketch()
    x = g.op("Transpose", g.op("Cast", "x", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    x = g.op("Sub", g.op("Div", x, g.const(256.0)), g.const(np.array([0.5, 0.25, 0.375]).reshape(3, 1, 1)))
    return g.model(g.head(g.stem(x=x), 256), (8, 8, 3), kind=TensorProto.UINT8)


def _wide_integers() -> Any:
    g = Sketch()
    x = g.quant(g.op("Cast", "x", to=TensorProto.FLOAT), 4.0, 6)
    return g.model(g.linear(x, 8), (8,), kind=TensorProto.INT64)


def _one_pixel_high(g: Sketch) -> tuple[str, int]:
    return g.relu(g.conv(g.stem(), 4, 4, pads=[2, 1, 1, 0])), 56


def _one_pixel(g: Sketch) -> tuple[str, int]:
    x = g.relu(g.conv(g.relu(g.op("GlobalAveragePool", g.stem()), 1 / 16), 4, 4), 1 / 16)
    return g.op("MaxPool", x, kernel_shape=[2, 3], pads=[1, 1, 0, 1]), 4


def _joined(*scales: float) -> Callable[[Sketch], tuple[str, int]]:
    def make(g: Sketch) -> tuple[str, int]:
        x = g.stem()
        parts = [g.relu(g.conv(x, 4, 2), scale) for scale in scales]
        return g.relu(g.conv(g.op("Concat", *parts, axis=1), 2 * len(scales), 4)), 256

    return make


def _joined_vectors() -> Any:
    g = Sketch()
    x = g.quant("x", 1 / 64, 8)
    parts = [g.relu(g.linear(x, 8, 6), scale) for scale in (0.5, 0.5 / 512, 0.25)]
    return g.model(g.linear(g.op("Concat", *parts, axis=1), 18), (8,))


def _border_before_the_quantizer(g: Sketch) -> tuple[str, int]:
    x = g.op("Pad", g.op("Relu", g.conv(g.stem(), 4, 4)), g.ints(0, 0, 1, 1, 0, 0, 2, 1))
    return g.relu(g.conv(g.quant(x, 0.25, 4, signed=0), 4, 4, pads=[0] * 4)), 288


def _axis_for_the_input() -> Any:
    g = Sketch()
    x = g.op("Unsqueeze", g.quant(g.op("Mul", "x", g.const(0.5)), 1 / 64, 8), g.ints(2))
    x = g.op("Squeeze", g.relu(g.op("Conv", x, g.weights(4, 2, 1, 3), pads=[0, 1, 0, 1])), g.ints(2))
    return g.model(g.head(x, 64), TIME)


def _weights_of_another_tool(g: Sketch) -> tuple[str, int]:
    rng = np.random.default_rng(2)
    steps = rng.integers(-7, 8, (4, 4, 3, 3)) * np.array([0.125, 0.25, 0.0625, 1.0]).reshape(4, 1, 1, 1)
    return g.relu(g.op("Conv", g.stem(), g.const(steps), pads=[1] * 4)), 256


def _more_channels(g: Sketch) -> tuple[str, int]:
    """The shortcut without weights of CIFAR's first residual networks."""
    far = np.iinfo(np.int64).max
    x = g.stem()
    short = g.op("Slice", x, g.ints(0, 0), g.ints(far, far), g.ints(2, 3), g.ints(2, 2))
    short = g.op("Pad", short, g.ints(0, 1, 0, 0, 0, 3, 0, 0))
    x = g.quant(g.conv(x, 4, 8, strides=[2, 2]), 0.25, 4)
    return g.relu(g.op("Add", x, short)), 128


def _operands_left_out(g: Sketch) -> tuple[str, int]:
    x = g.op("Pad", g.op("Clip", g.conv(g.stem(), 4, 4), "", g.const(3.0)), g.ints(*[0, 0, 1, 1] * 2), "")
    return g.relu(g.quant(x, 0.25, 4)), 400


def _smaller_divisors(g: Sketch) -> tuple[str, int]:
    x = g.op("AveragePool", g.stem(), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 0, 0], ceil_mode=1)
    return g.relu(x, 0.125), 64


def _windows_within_the_border(g: Sketch) -> tuple[str, int]:
    x = g.op("MaxPool", g.stem(), kernel_shape=[2, 2], strides=[2, 2], pads=[1] * 4, ceil_mode=1)
    return g.relu(g.op("GlobalAveragePool", g.relu(g.conv(x, 4, 4))), 0.125), 4


STRANGERS: dict[str, Callable[[], Any]] = {
    "global max": _global("GlobalMaxPool"),
    "global max before the quantizer": _global_before_the_quantizer,
    "ReduceMax, axes as attribute": _global("ReduceMax", axes=[2, 3], keepdims=0),
    "ReduceMax, axes as input": _global("ReduceMax", 18),
    "ReduceMax over rows": image(_rows),
    "global max over time": _over_time("GlobalMaxPool"),
    "ReduceMax over time": _over_time("ReduceMax", axes=[2], keepdims=0),
    "Sum of three": image(_three),
    "a quantizer for each reader of the input": image(_two_input_quantizers),
    "SAME_UPPER, strided": image(_same("Conv", strides=[2, 2])),
    "SAME_LOWER pool": image(_same("MaxPool", strides=[2, 2])),
    **CROPS,
    "mean of a mean": image(_mean_of_a_mean),
    "average of averages": image(_average_of_averages),
    "joined before the quantizer": image(_joined_before_the_quantizer),
    "two heads": _two_heads,
    "scaled by one before a border": image(_scaled_by_one_before_a_border),
    "channels counted from behind": image(_channels_from_behind),
    "shape in steps": image(_shape_in_steps),
    "one axis at a time": image(_one_axis_at_a_time),
    "vector turned over": image(_transposed_vector),
    "Gemm that turns its input": _turned_gemm,
    "pixels through a matrix": _pixels_through_a_matrix,
    "sequence through matrices": _sequence,
    "patches as a sequence": _patches,
    "bytes, channels last": _bytes_channels_last,
    "wide integers, quantized": _wide_integers,
    "one pixel high": image(_one_pixel_high, shape=(3, 1, 8)),
    "one pixel": image(_one_pixel),
    "parts whose scales weights can take": image(_joined(0.25, 0.375, 2.0)),
    "parts whose scales weights cannot take": image(_joined(0.5, 0.5 / 512)),
    "vectors of three scales": _joined_vectors,
    "border before the quantizer": image(_border_before_the_quantizer),
    "an axis for the input": _axis_for_the_input,
    "weights of another tool": image(_weights_of_another_tool),
    "shortcut without weights": image(_more_channels),
    "operands left out": image(_operands_left_out),
    "windows that begin within the border": image(_windows_within_the_border, shape=(3, 7, 7)),
    "smaller divisors at the border": image(_smaller_divisors),
    "no shape of the output": image(lambda g: (g.stem(), 256), made=None),
}

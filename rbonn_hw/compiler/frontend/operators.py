"""Operators by the way in which the lowering treats them."""

QUANTIZERS = frozenset({"Quant", "IntQuant", "BipolarQuant", "MultiThreshold", "Trunc", "Sign"})
LAYERS = frozenset({"Conv", "MatMul", "Gemm"})
AVERAGES = frozenset({"AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum"})
POOLS = frozenset({"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"})
RESHAPES = frozenset({"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Transpose"})
# Value by value: the result at a position depends on the operands at that position only.
ELEMENTWISE = frozenset(
    [
        "Abs",
        "Add",
        "And",
        "BatchNormalization",
        "Cast",
        "Ceil",
        "Celu",
        "Clip",
        "Div",
        "Dropout",
        "Elu",
        "Equal",
        "Erf",
        "Exp",
        "Floor",
        "Gelu",
        "Greater",
        "GreaterOrEqual",
        "HardSigmoid",
        "HardSwish",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Log",
        "Max",
        "Min",
        "Mish",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "PRelu",
        "Pow",
        "Reciprocal",
        "Relu",
        "Round",
        "Selu",
        "Sigmoid",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Sub",
        "Tanh",
        "ThresholdedRelu",
        "Where",
        "Xor",
    ]
)
ALIKE = ELEMENTWISE | QUANTIZERS
"""Operators that act on every value alike, whatever its place."""
ANY_OTHER = "use Conv, Gemm, MatMul, pools, Add and operators that act on each value alone"
"""What to use instead of an operator that nobody implements."""
_ENLARGE = "enlarge by a nearest-neighbour Upsample and a Conv behind it"
_NORMALIZE = "use BatchNormalization, whose statistics are constants: they become thresholds"
INSTEAD = {
    **dict.fromkeys(("ConvTranspose", "DepthToSpace"), _ENLARGE),
    **dict.fromkeys(
        (
            "LayerNormalization",
            "InstanceNormalization",
            "GroupNormalization",
            "LpNormalization",
            "RMSNormalization",
        ),
        _NORMALIZE,
    ),
    "Softmax": "within a network it is an attention's, which has no kernel; at the end, of the only output",
}
"""What to use instead, by operator."""

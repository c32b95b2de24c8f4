"""The activation layer of a network under training: Brevitas's, without its bookkeeping at every step."""

import brevitas.nn as qnn
from torch import Tensor


class Activation(qnn.QuantIdentity):
    """``brevitas.nn.QuantIdentity`` whose quantizer is called directly in training.

    Values and gradients are the same. Scale, zero point and bit width, which Brevitas hands from layer to
    layer, are constants here and needed by the export alone; on a GPU they would take longer than the layer.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Quantize ``x`` of any shape."""
        if self.training:
            value: Tensor = self.act_quant.fused_activation_quant_proxy.tensor_quant(x)[0]
            return value
        out: Tensor = super().forward(x)
        return out

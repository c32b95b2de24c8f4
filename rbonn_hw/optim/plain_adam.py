"""Adam on real weights: networks without binary weights, and the first of two training stages."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from rbonn_hw.optim.binary_optimizer import (
    OTHERS,
    WEIGHTS,
    BinaryOptimizer,
    Pair,
    Parameters,
    check_not_negative,
    gradients,
)


class PlainAdam(BinaryOptimizer):
    """Adam on latent weights as on all others; every alpha is left as it is.

    Args:
        pairs: (latent weight, alpha) of each binary layer.
        others: All other parameters.
        lr: Learning rate.
        weight_decay: Factor of the L2 penalty ``weight_decay / 2 * ||w||^2`` on every kernel and matrix.
            Values per channel (biases, slopes, BatchNorm) have none.
        decoupled: Let ``w <- (1 - lr * weight_decay) * w`` replace the penalty's gradient.

    Raises:
        ConfigError: A number out of range.

    Source:
        Kingma and Ba, Adam, ICLR 2015; which parameters decay: Liu et al., How Do Adam and Training
        Strategies Help BNNs Optimization?, ICML 2021 (AdamBNN), first stage; decoupled: Loshchilov and
        Hutter, Decoupled Weight Decay Regularization, ICLR 2019.
    """

    replayable = True

    def __init__(
        self,
        pairs: Iterable[Pair],
        others: Iterable[nn.Parameter] = (),
        *,
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        decoupled: bool = False,
    ) -> None:
        check_not_negative(weight_decay=weight_decay)
        super().__init__(pairs, others, lr=lr, weight_decay=weight_decay, decoupled=decoupled)

    def _step_pairs(self, weights: Parameters, alphas: Parameters) -> None:
        self._decay_and_descend(weights, rate=self.param_groups[WEIGHTS]["lr"])

    def _step_others(self, others: Parameters) -> None:
        self._decay_and_descend(others, rate=self.param_groups[OTHERS]["lr"])

    def _decay_and_descend(self, parameters: Parameters, *, rate: float) -> None:
        group = self.param_groups[WEIGHTS]
        slopes, decay = gradients(parameters), group["weight_decay"]
        decaying = [number for number, one in enumerate(parameters) if one.numel() > len(one)]
        if decay and decaying:
            kernels: list[Tensor] = [parameters[number] for number in decaying]
            if group["decoupled"]:
                torch._foreach_mul_(kernels, 1 - rate * decay)
            else:
                penalized = torch._foreach_add([slopes[number] for number in decaying], kernels, alpha=decay)
                for number, slope in zip(decaying, penalized, strict=True):
                    slopes[number] = slope
        self._descend(parameters, slopes, rate=rate)

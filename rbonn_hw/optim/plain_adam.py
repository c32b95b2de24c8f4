"""Adam on real weights: networks without binary weights, and the first of two training stages."""

from collections.abc import Iterable

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

    Raises:
        ConfigError: A number out of range.

    Source:
        Kingma and Ba, Adam, ICLR 2015; which parameters decay: Liu et al., How Do Adam and Training
        Strategies Help BNNs Optimization?, ICML 2021 (AdamBNN), first stage.
    """

    def __init__(
        self,
        pairs: Iterable[Pair],
        others: Iterable[nn.Parameter] = (),
        *,
        lr: float = 1e-3,
        weight_decay: float = 0.0,
    ) -> None:
        check_not_negative(weight_decay=weight_decay)
        super().__init__(pairs, others, lr=lr, weight_decay=weight_decay)

    def _step_pairs(self, weights: Parameters, alphas: Parameters) -> None:
        self._descend(weights, self._penalized(weights), rate=self.param_groups[WEIGHTS]["lr"])

    def _step_others(self, others: Parameters) -> None:
        self._descend(others, self._penalized(others), rate=self.param_groups[OTHERS]["lr"])

    def _penalized(self, parameters: Parameters) -> list[Tensor]:
        decay = self.param_groups[WEIGHTS]["weight_decay"]
        return [
            slope.add(parameter, alpha=decay) if parameter.numel() > len(parameter) else slope
            for parameter, slope in zip(parameters, gradients(parameters), strict=True)
        ]

"""The training methods that a recipe can name: what each does to signs, biases and latent weights."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How binary layers are trained; the network, its data and its schedule are the same for all.

    Attributes:
        gradient: Backward of the sign of an activation: "approx", see
            :func:`rbonn_hw.quant.sign.approx_sign`, or "clip", the identity inside a window.
        shifts: Whether the biases before a sign and around a PReLU are learned (RSign, RPReLU); else
            they stay 0.
        two_stage: Whether binary activations are learned first, on real weights.
        summary: One line for a list of methods.
    """

    gradient: str
    shifts: bool
    two_stage: bool = False
    summary: str


METHODS = {
    "rbonn": Method(gradient="approx", shifts=True, summary="recurrent bilinear rule as published"),
    "rbonn-released": Method(gradient="approx", shifts=True, summary="arithmetic of RBONN's released code"),
    "ste": Method(gradient="clip", shifts=False, summary="plain straight-through estimator"),
    "reactnet": Method(gradient="approx", shifts=True, summary="ReActNet: approx-sign, RSign, RPReLU"),
    "adambnn": Method(
        gradient="approx", shifts=True, two_stage=True, summary="ReActNet in AdamBNN's two stages"
    ),
    "bop": Method(gradient="approx", shifts=True, summary="Bop: no latent weights, flips by momentum"),
    "bop2ndorder": Method(
        gradient="approx", shifts=True, summary="Bop2ndOrder: flips by normalized momentum"
    ),
    "bop2ndorder-corrected": Method(
        gradient="approx", shifts=True, summary="Bop2ndOrder with bias-corrected averages"
    ),
    "real": Method(
        gradient="approx", shifts=True, summary="no binarization of weights: for teachers and stages"
    ),
}
"""Name to method."""

"""The stages of a run: if the recipe says so, binary activations on real weights first; then all binary."""

import math
from dataclasses import dataclass

import torch

from rbonn_hw.models.trainable import Trainable
from rbonn_hw.optim.binary_optimizer import BinaryOptimizer
from rbonn_hw.optim.factory import Settings, make_optimizer
from rbonn_hw.train.recipe import Recipe

REAL = "real"
"""The method of a teacher: neither weights nor activations are binary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A part of a run with an optimizer and a decay of the learning rate of its own.

    Attributes:
        number: 1 or 2; a run without a first stage has stage 2 alone.
        first: Its first epoch; the run's is 0.
        epochs: Its passes over the training split.
        binarization: What is binary; see :meth:`rbonn_hw.models.trainable.Trainable.binarize`.
        weight_decay: L2 penalty on the weights.
    """

    number: int
    first: int
    epochs: int
    binarization: str
    weight_decay: float

    @property
    def real_weights(self) -> bool:
        """Whether the latent weights themselves are used, not their signs."""
        return self.binarization != "both"


def stage_of(recipe: Recipe, epoch: int) -> Stage:
    """Return the stage to which an epoch, 0 .. epochs - 1, belongs.

    Source:
        Liu et al., How Do Adam and Training Strategies Help BNNs Optimization? (AdamBNN), ICML 2021.
    """
    is_teacher = recipe.method == REAL
    if epoch < recipe.stage1_epochs:
        return Stage(
            number=1,
            first=0,
            epochs=recipe.stage1_epochs,
            binarization="none" if is_teacher else "activations",
            weight_decay=recipe.weight_decay,
        )
    return Stage(
        number=2,
        first=recipe.stage1_epochs,
        epochs=recipe.epochs - recipe.stage1_epochs,
        binarization="none" if is_teacher else "both",
        # Decay would pull latent weights towards a change of sign; the weights of a teacher need it.
        weight_decay=recipe.weight_decay if is_teacher else 0.0,
    )


def learning_rate(recipe: Recipe, stage: Stage, done: float) -> float:
    """Return the learning rate after ``done`` epochs of the run, a fraction: it decays to 0 in each stage."""
    share = (done - stage.first) / stage.epochs
    if recipe.schedule == "cosine":
        return recipe.lr * 0.5 * (1.0 + math.cos(math.pi * share))
    return recipe.lr * (1.0 - share)


def start(net: Trainable, recipe: Recipe, stage: Stage) -> BinaryOptimizer:
    """Switch the network to a stage and return the stage's fresh optimizer."""
    net.binarize(stage.binarization)
    pairs = net.binary_pairs()
    paired = {id(parameter) for pair in pairs for parameter in pair}
    others = [p for p in net.parameters() if id(p) not in paired and p.requires_grad]
    settings = Settings(
        lr=recipe.lr,
        weight_lr=recipe.weight_lr,
        weight_decay=stage.weight_decay,
        decoupled_decay=recipe.decay == "decoupled",
        coupling=recipe.coupling,
        tau=recipe.tau,
        u_init=recipe.u_init,
        flip_threshold=recipe.flip_threshold,
        flip_rate=recipe.flip_rate,
        flip_variance_rate=recipe.flip_variance_rate,
        seed=recipe.seed,
    )
    return make_optimizer(recipe.method, pairs, others, settings, real_weights=stage.real_weights)


@torch.no_grad()
def rescale(net: Trainable) -> None:
    """Set alpha to the mean magnitude of each filter: what a real filter's best binary one is scaled by.

    Source:
        Rastegari et al., XNOR-Net, ECCV 2016, equation 6.
    """
    for weight, alpha in net.binary_pairs():
        alpha.copy_(weight.abs().flatten(1).mean(dim=1).view_as(alpha))

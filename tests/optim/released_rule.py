"""What RBONN's released code computes, in NumPy float64, filter by filter, written from its description.

Points 1-6: alpha = 0.02 |s|; the regulariser pulls w to 0.02 |s| sign(w); grad_w has |s| where 0.02 |s| is
due and grad_s has w where sign(w) is; what is backtracked is the gradient of the step before, in filters
chosen by taking the output of a sort for ranks; only the training forward sees it.
"""

import numpy as np
from numpy.typing import NDArray

from tests.optim.rule import Adam

Array = NDArray[np.float64]


def chosen(scale: Array, tau: float) -> list[bool]:
    """The sort's second output, entry by entry, against the number of filters to be chosen."""
    pairs = sorted((value, index) for index, value in enumerate(scale))
    second_output = [index for _, index in pairs]
    return [entry < int(len(scale) * (1 - tau)) for entry in second_output]


class ReleasedRule:
    """The whole update of one layer; ``seen`` is what the training forward uses."""

    def __init__(self, w: Array, s: Array, *, lr: float, coupling: float, tau: float) -> None:
        self.w, self.s, self.u = w.copy(), s.copy(), np.full(len(w), 0.2)
        self.lr, self.coupling, self.tau = lr, coupling, tau
        self.former: Array | None = None
        self.adam_w, self.adam_s, self.adam_u = Adam(), Adam(), Adam()
        self.seen = w.copy()

    @property
    def alpha(self) -> Array:
        """Scale behind the convolution."""
        return np.asarray(0.02 * np.abs(self.s))

    def step(self, g: Array) -> None:
        """One step, given the gradient of the binary weight 0.02 |s| sign(seen)."""
        k = len(self.w)
        grad_w, grad_s, grad_u = np.empty_like(self.w), np.empty(k), np.empty(k)
        for i, is_chosen in enumerate(chosen(np.abs(self.s), self.tau)):
            scale, w = abs(self.s[i]), self.seen[i]
            binary = 0.02 * np.where(w >= 0, 1.0, -1.0)
            grad_w[i] = g[i] * scale + self.coupling * (w - binary * scale)
            grad_scale = (g[i] * w).sum() - self.coupling * ((w - binary * scale) * binary).sum()
            grad_s[i] = grad_scale * np.sign(self.s[i])
            if self.former is not None:
                grad_u[i] = (grad_w[i] * -self.former[i]).sum() if is_chosen else 0.0
        self.w = self.w - self.lr * self.adam_w.direction(grad_w)
        self.s = self.s - self.lr * self.adam_s.direction(grad_s)
        if self.former is not None:
            self.u = self.u - 0.1 * self.lr * self.adam_u.direction(grad_u)
        self.former, self.seen = grad_w, self.w.copy()
        for i, is_chosen in enumerate(chosen(np.abs(self.s), self.tau)):
            if is_chosen:
                self.seen[i] = self.w[i] - self.u[i] * grad_w[i]

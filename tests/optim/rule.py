"""Equations 3.121-3.136 in NumPy float64, filter by filter, written from the book and not from our code."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def dense(values: Array, tau: float) -> list[bool]:
    """D of eq. 3.134: the rank, counted from 1 at the smallest, is above T."""
    threshold = int(len(values) * tau)
    ranks = [
        1 + sum(1 for k, other in enumerate(values) if (other, k) < (v, i)) for i, v in enumerate(values)
    ]
    return [rank > threshold for rank in ranks]


def drelu(w: Array, a: Array, tau: float) -> Array:
    """Eq. 3.133."""
    norm_dense = dense(np.array([np.abs(f).sum() for f in w]), tau)
    scale_dense = dense(a, tau)
    return np.stack(
        [f if scale_dense[i] and not norm_dense[i] else np.zeros_like(f) for i, f in enumerate(w)]
    )


class Adam:
    """Direction of Kingma and Ba, algorithm 1."""

    def __init__(self) -> None:
        self.m: Array | float = 0.0
        self.v: Array | float = 0.0
        self.t = 0

    def direction(self, g: Array) -> Array:
        """Advance and return mhat / (sqrt(vhat) + eps)."""
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g**2
        return np.asarray((self.m / (1 - 0.9**self.t)) / (np.sqrt(self.v / (1 - 0.999**self.t)) + 1e-8))


class Rule:
    """The whole update of one layer."""

    def __init__(self, w: Array, alpha: Array, *, lr: float, coupling: float, tau: float, u: float) -> None:
        self.w, self.a = w.copy(), 1 / alpha
        self.lr, self.coupling, self.tau = lr, coupling, tau
        self.u = np.full(len(w), u)
        self.former: Array | None = None
        self.adam_w, self.adam_a = Adam(), Adam()

    def step(self, dl_dw: Array, dl_dalpha: Array) -> None:
        """One step, given the loss's gradients at the present w and alpha."""
        w, a = self.w, self.a
        b = np.where(w >= 0, 1.0, -1.0)
        ghat = np.stack([a[i] * w[i] - b[i] for i in range(len(w))])
        dg_da = np.array([(w[i] * ghat[i]).sum() for i in range(len(w))])
        dg_dw = np.stack([a[i] * ghat[i] for i in range(len(w))])
        dl_da = -(a**-2.0) * dl_dalpha
        new_w = w - self.lr * self.adam_w.direction(dl_dw + self.coupling * dg_dw)
        new_w = new_w + np.stack([self.u[i] * f for i, f in enumerate(drelu(w, a, self.tau))])
        if self.former is not None:
            dl_du = (dl_dw * drelu(self.former, a, self.tau)).reshape(len(w), -1).sum(axis=1)
            self.u = np.abs(self.u - 0.1 * self.lr * dl_du)
        self.a = np.abs(a - self.lr * self.adam_a.direction(dl_da + self.coupling * dg_da))
        self.former, self.w = w, new_w

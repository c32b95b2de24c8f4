"""BatchNorm statistics are those of the network as it is, over the whole training split."""

import numpy as np
import torch

from rbonn_hw.models.layers import Norm
from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import DIGITS
from rbonn_hw.train.data import Split
from rbonn_hw.train.statistics import FRAMES, estimate_statistics


def split(count: int) -> Split:
    frames = np.random.default_rng(0).integers(0, 256, (count, *DIGITS.frame), dtype=np.uint8)
    return Split(frames, np.zeros(count, dtype=np.int64))


def test_every_normalized_map_has_mean_and_deviation_of_its_gain() -> None:
    net, train = build(DIGITS, seed=0), split(48)
    net(torch.from_numpy(train.frames[:4]).float())
    before = {name: value.clone() for name, value in net.named_parameters()}
    outputs: dict[str, torch.Tensor] = {}

    estimate_statistics(net, train)

    net.eval()
    for name, module in net.named_modules():
        if isinstance(module, Norm):
            assert module.momentum == 0.1
            module.register_forward_hook(lambda _m, _x, out, name=name: outputs.update({name: out}))
    with torch.no_grad():
        net(torch.from_numpy(train.frames).float())
    assert len(outputs) == 4
    for out in outputs.values():
        torch.testing.assert_close(out.mean(dim=(0, 2, 3)), torch.zeros(out.shape[1]), atol=1e-3, rtol=0)
        torch.testing.assert_close(
            out.std(dim=(0, 2, 3)), torch.full((out.shape[1],), 2.0), atol=1e-2, rtol=0
        )
    assert all(torch.equal(value, before[name]) for name, value in net.named_parameters())


def test_a_large_split_is_thinned_out_evenly() -> None:
    net = build(DIGITS, seed=0)
    seen: list[torch.Tensor] = []
    net.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    train = split(FRAMES + 2)

    estimate_statistics(net, train)

    assert torch.equal(seen[0], torch.from_numpy(train.frames[::2]).float())

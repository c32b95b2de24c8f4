"""Time of one training step: RBONN's rule, plain STE, the released arithmetic done naively, real weights.

    python build_flows/benchmark_step.py [--device cuda] [--rounds 15]

The four do their steps in turn, round by round, so that a machine that becomes slower or faster does so for
all; what counts is the ratio to plain STE within a round. On the CPU the time is that of the process, which
does not grow when other processes want the machine too. Writes ``benchmark_step.json`` beside this file.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.models.network import Network, build
from rbonn_hw.models.weights import BinaryConv
from rbonn_hw.models.zoo import network
from rbonn_hw.optim.factory import Settings, make_optimizer
from rbonn_hw.results import write_result

HERE = Path(__file__).resolve().parent
BASE = "ste"
FIRST_STEP = 0.2
"""u of the released code."""
SCALE, COUPLING, TAU, RATE = 0.02, 1e-4, 0.6, 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is trained.

    Attributes:
        network: Its name.
        batch: Frames of a step on the CPU.
        gpu_batch: Frames of a step on a GPU.
    """

    network: str
    batch: int
    gpu_batch: int


CASES = (
    Case(network="resnet18", batch=8, gpu_batch=256),
    Case(network="resnet20", batch=128, gpu_batch=128),
)


class _ReleasedWeight(torch.autograd.Function):
    """``0.02 * |s| * sign(w)`` with the released code's gradients, a few tensor operations for each."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, scale: Tensor) -> Tensor:
        ctx.save_for_backward(weight, scale)
        return torch.sign(weight) * (SCALE * scale.abs())

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        weight, scale = ctx.saved_tensors
        signs = SCALE * torch.sign(weight)
        residual = weight - signs * scale
        by_weight = grads[0] * scale + COUPLING * residual
        by_scale = (grads[0] * weight - COUPLING * residual * signs).sum((1, 2, 3), keepdim=True)
        return by_weight, by_scale


class NaiveConv(nn.Module):
    """The released layer: it sorts its scales in every forward pass, and reads its own gradient.

    Args:
        layer: Whose place it takes.
    """

    def __init__(self, layer: BinaryConv) -> None:
        super().__init__()
        self.stride, self.padding = layer.conv.stride, layer.conv.padding
        self.weight = nn.Parameter(layer.conv.weight.detach().clone())
        self.scale = nn.Parameter(torch.randn(len(self.weight), 1, 1, 1))
        self.u = nn.Parameter(torch.full((len(self.weight), 1, 1, 1), FIRST_STEP))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve [n, C_in, H, W]."""
        weight: Tensor = self.weight
        if self.weight.grad is not None:
            index = torch.sort(self.scale.detach().abs().flatten())[1]
            gate = (index > int(len(index) * TAU)).view(-1, 1, 1, 1)
            weight = self.weight - self.u * self.weight.grad.detach().clone() * gate
        binary: Tensor = _ReleasedWeight.apply(weight, self.scale)  # type: ignore[no-untyped-call]
        return functional.conv2d(x, binary, None, self.stride, self.padding)


def naive(net: Network) -> Network:
    """Replace the binary convolutions of a network by :class:`NaiveConv`."""
    for parent in list(net.modules()):
        for name, child in parent.named_children():
            if isinstance(child, BinaryConv):
                setattr(parent, name, NaiveConv(child))
    return net


def stepper(name: str, case: Case, device: torch.device) -> Callable[[], None]:
    """Return what does one training step of a method on frames of noise."""
    table = network(case.network, form="paper")
    net = build(table, seed=0, gradient="clip" if name == BASE else "approx")
    if name == "naive":
        net = naive(net)
    net.to(device).train()
    if name == "real":
        net.binarize("none")
    batch = case.batch if device.type == "cpu" else case.gpu_batch
    frames = torch.randint(0, 256, (batch, *table.frame), device=device).float()
    labels = torch.randint(0, table.classes, (batch,), device=device)
    pairs = net.binary_pairs()
    paired = {id(parameter) for pair in pairs for parameter in pair}
    others = [parameter for parameter in net.parameters() if id(parameter) not in paired]
    optimizer: torch.optim.Optimizer
    if name == "naive":
        optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    else:
        optimizer = make_optimizer(name, pairs, others, Settings(lr=RATE))

    def step() -> None:
        loss = functional.cross_entropy(net(frames), labels)
        # The released code reads gradients in the forward pass: they are cleared behind it.
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        net.constrain()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return step


METHODS = ("rbonn", BASE, "naive", "real")


def measure(case: Case, device: torch.device, rounds: int) -> dict[str, Any]:
    """Return the times of a step, and the ratios to plain STE with their quartiles."""
    steps = {name: stepper(name, case, device) for name in METHODS}
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    times: dict[str, list[float]] = {name: [] for name in METHODS}
    for number in range(rounds + 2):
        # Whoever comes first finds other caches: the order turns.
        turned = METHODS[number % len(METHODS) :] + METHODS[: number % len(METHODS)]
        for name in turned:
            started = clock()
            steps[name]()
            if number >= 2:
                times[name].append(clock() - started)
    result: dict[str, Any] = {
        "batch": case.batch if device.type == "cpu" else case.gpu_batch,
        "rounds": rounds,
        "seconds": {name: statistics.median(seen) for name, seen in times.items()},
        "fastest_seconds": {name: min(seen) for name, seen in times.items()},
        "ratio_to_ste": {},
        "ratio_quartiles": {},
    }
    for name in METHODS:
        ratios = [seen / base for seen, base in zip(times[name], times[BASE], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        result["ratio_to_ste"][name] = middle
        result["ratio_quartiles"][name] = [low, high]
    return result


def run(argv: list[str] | None = None) -> int:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=15, help="steps of each method (default %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="PyTorch threads (default %(default)s)")
    args = parser.parse_args(argv)
    if args.rounds < 2 or args.threads < 1:
        parser.error(f"--rounds {args.rounds} --threads {args.threads}: at least 2 rounds and 1 thread")
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    is_gpu = device.type == "cuda"
    document: dict[str, Any] = {
        "what": "one training step, form paper, float32, frames of noise; naive is the released arithmetic",
        "device": torch.cuda.get_device_name(device) if is_gpu else platform.machine(),
        "clock": "wall" if is_gpu else "processor time",
        "threads": args.threads,
        "torch": torch.__version__,
    }
    for case in CASES:
        document[case.network] = measured = measure(case, device, args.rounds)
        for name, ratio in measured["ratio_to_ste"].items():
            low, high = measured["ratio_quartiles"][name]
            seconds = measured["seconds"][name]
            line = f"{case.network} {name:6} {seconds:.3f} s, {ratio:.3f} of ste ({low:.3f} .. {high:.3f})"
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    write_result(HERE / "benchmark_step.json", document, {case.network: "measured" for case in CASES})
    return 0


if __name__ == "__main__":
    sys.exit(run())

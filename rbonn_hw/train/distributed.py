"""Several processes that train one network: each on its part of every batch, by gloo or nccl."""

import contextlib
import gc
import hashlib
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

# Its functions have the process group of the time of their import as a default argument. The first network
# that is wrapped imports it, and would so keep the group, and its threads, to the end of the process.
import torch.distributed.nn
from torch import Tensor, nn
from torch import distributed as processes
from torch.nn.parallel import DistributedDataParallel

from rbonn_hw import toolchain
from rbonn_hw.errors import ConfigError, TrainingError

_WRAPPED: "weakref.WeakSet[DistributedDataParallel]" = weakref.WeakSet()
"""Networks whose gradients the group averages: each holds on to it."""


@dataclass(frozen=True, slots=True)
class Group:
    """The processes of a run, seen from one of them.

    Attributes:
        rank: Number of this process; 0 writes the files.
        world: Processes in all; 1 needs no communication.
        device: Device of this process.
    """

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and talks."""
        return self.rank == 0

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of ``values`` over the processes."""
        if self.world == 1:
            return values
        total = values.detach().clone()
        processes.all_reduce(total)
        return total / self.world

    def shared(self, value: float) -> float:
        """Return process 0's ``value`` in every process."""
        if self.world == 1:
            return value
        tensor = torch.tensor([value], dtype=torch.float64, device=self.device)
        processes.broadcast(tensor, src=0)
        return tensor.item()

    def agreed(self, decision: bool) -> bool:
        """Return process 0's ``decision`` in every process."""
        return bool(self.shared(float(decision)))

    def wait(self) -> None:
        """Return when every process has come here."""
        if self.world > 1:
            processes.barrier()

    def parallel(self, net: nn.Module) -> nn.Module:
        """Return ``net``, with gradients averaged over the processes in its backward pass."""
        if self.world == 1:
            return net
        # In the first stage alpha has no gradient, in every process alike.
        wrapped = DistributedDataParallel(
            net, device_ids=[self.device] if self.device.type == "cuda" else None, find_unused_parameters=True
        )
        _WRAPPED.add(wrapped)
        return wrapped

    def quiet(self, forward: nn.Module, *, until: bool) -> contextlib.AbstractContextManager[None]:
        """Return a context in which gradients only add up in this process, unless ``until`` is met."""
        if isinstance(forward, DistributedDataParallel) and not until:
            silent: contextlib.AbstractContextManager[None] = forward.no_sync()
            return silent
        return contextlib.nullcontext()

    def check_equal(self, net: nn.Module, epoch: int) -> None:
        """Check that every process holds the same parameters, bit for bit.

        Raises:
            TrainingError: They differ.
        """
        if self.world == 1:
            return
        digest = hashlib.sha256()
        for parameter in net.parameters():
            digest.update(parameter.detach().cpu().contiguous().numpy().tobytes())
        mine = torch.tensor([int.from_bytes(digest.digest()[:7], "big")], device=self.device)
        everyone = [torch.zeros_like(mine) for _ in range(self.world)]
        processes.all_gather(everyone, mine)
        different = [rank for rank, other in enumerate(everyone) if not torch.equal(other, everyone[0])]
        if different:
            raise TrainingError(
                f"after epoch {epoch} the parameters of process {different[0]} differ from process 0's; "
                f"the state after epoch {epoch - 1} is kept; run again to continue from there"
            )


@contextlib.contextmanager
def joined(device: torch.device) -> Iterator[Group]:
    """Join the other processes that torchrun started; without torchrun the group is this process alone.

    Inside such a context another one gives the same group.

    Args:
        device: Device of this process; its kind decides between gloo and nccl.

    Raises:
        ConfigError: The processes do not find each other.
    """
    place = toolchain.torchrun_place()
    if place is None:
        yield Group(device=device)
        return
    group = Group(place.rank, place.world, device)
    if processes.is_initialized():
        yield group
        return
    try:
        processes.init_process_group("nccl" if device.type == "cuda" else "gloo")
    except (RuntimeError, ValueError) as error:
        raise ConfigError(
            f"process {place.rank} of {place.world} cannot join the others ({error}); "
            "start all with torchrun, for example `torchrun --nproc-per-node 2 .venv/bin/rbonn train ..`"
        ) from None
    try:
        yield group
        # A process that leaves while another still receives would make that one abort.
        processes.barrier()
    finally:
        _leave()


def _leave() -> None:
    """Leave the group, and end its threads.

    They end with the last reference to it. A thread that lives on and asks for Python's lock while Python
    shuts down is killed where C++ allows no exception, and the process aborts after its work is done.
    """
    for wrapped in list(_WRAPPED):
        for name in ("reducer", "logger", "process_group"):
            setattr(wrapped, name, None)
    _WRAPPED.clear()
    gc.collect()
    processes.destroy_process_group()

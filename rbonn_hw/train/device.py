"""The device that a command names."""

import torch

from rbonn_hw import toolchain
from rbonn_hw.errors import ConfigError


def pick(name: str) -> torch.device:
    """Return the device of a name: "auto" (a GPU if there is one), "cpu", "cuda", "cuda:1".

    Under torchrun "auto" and "cuda" are the GPU of this process's local rank.

    Raises:
        ConfigError: No such device here.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    here = ", ".join(["auto", "cpu", *(f"cuda:{number}" for number in range(count))])
    if name == "cpu" or (name == "auto" and not count):
        return torch.device("cpu")
    place = toolchain.torchrun_place()
    kind, _, number = name.partition(":")
    if name in ("auto", "cuda"):
        kind, number = "cuda", str(place.local_rank if place else 0)
    if kind != "cuda" or not number.isdecimal() or int(number) >= count:
        raise ConfigError(f"device {name!r} is not here; this machine has {here}")
    return torch.device(f"cuda:{number}")

"""ResNet-18 and -34 with real weights, by torchvision's names, as teachers for distillation."""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from rbonn_hw.errors import ConfigError

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels in 0 .. 1, per channel: what torchvision's weights were trained on."""
WIDTHS = (64, 128, 256, 512)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut.

    Args:
        in_channels: Channels of the input.
        channels: Channels of the output.
        stride: Step of the first convolution [pixels].
    """

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample: nn.Module | None = None
        if stride != 1 or in_channels != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, channels, H / stride, W / stride] for [n, in_channels, H, W]."""
        shortcut = x if self.downsample is None else self.downsample(x)
        branch: Tensor = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (branch + shortcut).relu()


class ResNet(nn.Module):
    """A residual network of basic blocks that takes pixels 0 .. 255.

    Args:
        blocks: Blocks of each of the four levels: (2, 2, 2, 2) is ResNet-18, (3, 4, 6, 3) ResNet-34.
        classes: Outputs.

    Source:
        He et al., Deep Residual Learning for Image Recognition, CVPR 2016; parameter names are torchvision's.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, blocks: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("mean", torch.tensor(MEAN).view(-1, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(-1, 1, 1), persistent=False)
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        channels = WIDTHS[0]
        for level, (count, width) in enumerate(zip(blocks, WIDTHS, strict=True)):
            strides = [1 if level == 0 else 2] + [1] * (count - 1)
            ins = [channels] + [width] * (count - 1)
            self.add_module(
                f"layer{level + 1}",
                nn.Sequential(*(BasicBlock(n, width, step) for n, step in zip(ins, strides, strict=True))),
            )
            channels = width
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [n, classes] for pixels 0 .. 255 as float [n, 3, H, W]."""
        x = (x / 255.0 - self.mean) / self.deviation
        x = self.pool(self.bn1(self.conv1(x)).relu())
        for level in range(len(WIDTHS)):
            x = self.get_submodule(f"layer{level + 1}")(x)
        out: Tensor = self.fc(x.mean(dim=(2, 3)))
        return out


def from_state_dict(state: Mapping[str, Tensor], source: str) -> ResNet:
    """Return the ResNet whose torchvision state dict this is, in evaluation mode.

    Args:
        state: Parameter name to value.
        source: Where it comes from, for the error message.

    Raises:
        ConfigError: It is not of a ResNet of basic blocks.
    """
    blocks = tuple(
        len({match[1] for name in state if (match := re.match(rf"layer{level + 1}\.(\d+)\.", name))})
        for level in range(len(WIDTHS))
    )
    if 0 in blocks or "fc.weight" not in state:
        raise ConfigError(
            f"{source} holds no torchvision ResNet; name the state dict of resnet18 or resnet34, "
            "or a folder of `rbonn train`"
        )
    net = ResNet(blocks, len(state["fc.weight"]))
    try:
        net.load_state_dict(dict(state))
    except RuntimeError as error:
        first = " ".join(str(error).split())[:300]
        raise ConfigError(
            f"{source} is not a ResNet of basic blocks, as resnet18 and resnet34 are ({first})"
        ) from None
    return net.eval()


def read_pth(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a ``.pth`` state dict; nothing in it is executed.

    Raises:
        ConfigError: It cannot be read, or holds anything but tensors by name.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        first = " ".join(str(error).split())[:200]
        raise ConfigError(
            f"{path} cannot be read as a state dict of tensors ({first}); save one with "
            "torch.save(model.state_dict(), path)"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ConfigError(
            f"{path} holds no plain state dict; save one with torch.save(model.state_dict(), path)"
        )
    return dict(state)

"""What pixels become before a user's module: the arithmetic of a declared input, as a layer."""

import torch
from torch import Tensor, nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.spec.input import InputMeaning


class PixelScaling(nn.Module):
    """``(pixel * scale - mean) / std``, as torchvision's ToTensor and Normalize compute it; holds no weights.

    Args:
        meaning: Of uint8 pixels.
        channels: Of an image.

    Raises:
        ConfigError: Not uint8 pixels channels first, or mean or std of another number of channels.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, meaning: InputMeaning, channels: int) -> None:
        super().__init__()
        if meaning.kind != "uint8" or meaning.layout != "CHW":
            raise ConfigError(
                f"input: {meaning.text}; training feeds uint8 pixels, channels first: give scale, mean, std"
            )
        self._factor, self._divisor = meaning.scale.factor, meaning.scale.divisor
        for name, values, neutral in (("mean", meaning.mean, 0.0), ("std", meaning.std, 1.0)):
            if len(values) not in (0, 1, channels):
                raise ConfigError(
                    f"input: {name} has {len(values)} values, the frames {channels} channels; give one, or "
                    "as many"
                )
            column = torch.tensor(values or (neutral,), dtype=torch.float32).reshape(1, -1, 1, 1)
            self.register_buffer(name, column, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the network sees of pixels 0 .. 255 [n, C, H, W]."""
        if self._factor != 1.0:
            x = x * self._factor
        if self._divisor != 1.0:
            x = x / self._divisor
        return (x - self.mean) / self.std

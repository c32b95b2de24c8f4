"""torchvision's ResNet: its names, its arithmetic written out, and what is refused."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import teacher


def random_state(net: teacher.ResNet) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)

    def value(name: str, like: Tensor) -> Tensor:
        if not like.is_floating_point():
            return like
        drawn = torch.randn(like.shape, generator=generator)
        if "running_var" in name:
            return drawn.abs() + 0.5
        return drawn / max(1, like[0].numel()) ** 0.5 if like.dim() > 1 else 1 + 0.1 * drawn

    return {name: value(name, like) for name, like in net.state_dict().items()}


def written_out(state: dict[str, Tensor], x: Tensor, blocks: tuple[int, ...]) -> Tensor:
    """ResNet by functions on the state dict, in float64."""
    state = {name: value.double() for name, value in state.items()}

    def norm(x: Tensor, name: str) -> Tensor:
        scale = state[f"{name}.weight"] / (state[f"{name}.running_var"] + 1e-5).sqrt()
        centred = x - state[f"{name}.running_mean"].view(1, -1, 1, 1)
        return centred * scale.view(1, -1, 1, 1) + state[f"{name}.bias"].view(1, -1, 1, 1)

    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (x.double() / 255 - mean.double().view(1, 3, 1, 1)) / deviation.double().view(1, 3, 1, 1)
    x = norm(functional.conv2d(x, state["conv1.weight"], stride=2, padding=3), "bn1").relu()
    x = functional.max_pool2d(x, 3, 2, 1)
    for level, count in enumerate(blocks):
        for block in range(count):
            name = f"layer{level + 1}.{block}"
            stride = 2 if level and not block else 1
            y = functional.conv2d(x, state[f"{name}.conv1.weight"], stride=stride, padding=1)
            y = functional.conv2d(norm(y, f"{name}.bn1").relu(), state[f"{name}.conv2.weight"], padding=1)
            if f"{name}.downsample.0.weight" in state:
                x = functional.conv2d(x, state[f"{name}.downsample.0.weight"], stride=stride)
                x = norm(x, f"{name}.downsample.1")
            x = (norm(y, f"{name}.bn2") + x).relu()
    return x.mean((2, 3)) @ state["fc.weight"].T + state["fc.bias"]


@pytest.mark.parametrize(("blocks", "parameters"), [((2, 2, 2, 2), 11_689_512), ((3, 4, 6, 3), 21_797_672)])
def test_parameters_are_the_published_ones(blocks: tuple[int, ...], parameters: int) -> None:
    net = teacher.ResNet(blocks, 1000)

    assert sum(parameter.numel() for parameter in net.parameters()) == parameters
    names = set(net.state_dict())
    assert {"conv1.weight", "bn1.running_mean", "layer1.0.conv2.weight", "fc.bias"} <= names
    assert {"layer2.0.downsample.0.weight", "layer2.0.downsample.1.num_batches_tracked"} <= names
    assert "layer1.0.downsample.0.weight" not in names


def test_state_dict_file_gives_the_network(tmp_path: Path) -> None:
    state = random_state(teacher.ResNet((2, 2, 2, 2), 7))
    torch.save(state, tmp_path / "resnet18.pth")
    x = torch.randint(0, 256, (2, 3, 40, 40), generator=torch.Generator().manual_seed(0)).float()

    net = teacher.from_state_dict(teacher.read_pth(tmp_path / "resnet18.pth"), "resnet18.pth")
    with torch.no_grad():
        scores = net(x)

    assert not net.training
    assert net.classes == 7
    torch.testing.assert_close(scores.double(), written_out(state, x, (2, 2, 2, 2)), rtol=1e-3, atol=1e-3)


def test_what_is_no_resnet_is_refused() -> None:
    state = random_state(teacher.ResNet((2, 2, 2, 2), 7))

    with pytest.raises(ConfigError, match=r"w\.pth holds no torchvision ResNet; name the state dict of"):
        teacher.from_state_dict({"weight": torch.ones(1)}, "w.pth")
    with pytest.raises(ConfigError, match="is not a ResNet of basic blocks"):
        teacher.from_state_dict({**state, "layer1.0.conv3.weight": torch.ones(1)}, "resnet50.pth")


class Payload:
    """What a malicious pickle would run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("executed"),)  # type: ignore[return-value]


def test_files_are_never_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"w": Payload()}, tmp_path / "bad.pth")
    (tmp_path / "noise.pth").write_bytes(b"noise")
    torch.save({"epoch": 3}, tmp_path / "wrapped.pth")

    for name in ("bad.pth", "noise.pth", "absent.pth"):
        with pytest.raises(ConfigError, match=f"{name} cannot be read as a state dict"):
            teacher.read_pth(tmp_path / name)
    with pytest.raises(ConfigError, match=r"wrapped\.pth holds no plain state dict"):
        teacher.read_pth(tmp_path / "wrapped.pth")
    assert not (tmp_path / "executed").exists()

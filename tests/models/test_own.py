"""Networks of FILE.py:NAME: modules and tables, what is kept of them, and what is wrong with which line."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import evaluation, storage
from rbonn_hw.models.own import OwnNetwork, define
from rbonn_hw.models.reference import Reference, is_reference
from rbonn_hw.models.table import Table

FRAME = (1, 6, 6)
MODULE = """
import torch
from torch import nn
from sizes import CLASSES

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.last = nn.Linear(48, CLASSES)
        self.flat = nn.BatchNorm1d(48, affine=False)

    def forward(self, x):
        return self.last(self.flat(self.norm(self.conv(x)).relu().flatten(1)))
"""
TABLE = """
from rbonn_hw.models.rows import Classifier, Dense
from rbonn_hw.models.table import Table

def rows():
    return Table(name="mine", frame=(1, 6, 6), rows=(Dense(features=8), Classifier(classes=3)))

fixed = rows()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(MODULE)
    (tmp_path / "sizes.py").write_text("CLASSES = 5\n")
    (tmp_path / "rows.py").write_text(TABLE)
    return tmp_path


def test_what_is_a_reference() -> None:
    assert is_reference("a/b.py:Net")
    assert not is_reference("resnet20")
    assert not is_reference("a.py")


def test_a_module_is_run_once_to_find_its_classes(folder: Path) -> None:
    definition = define("net.py:Net", frame=FRAME, reference=Reference.parse("net.py:Net", folder))
    net, same, other = (definition.build(seed) for seed in (3, 3, 4))

    table = definition.table
    assert (table.name, table.frame, table.classes) == ("net.py:Net", FRAME, 5)
    assert definition.source == folder / "net.py"
    states = [n.state_dict()["body.conv.weight"] for n in (net, same, other)]
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])
    assert net.binary_pairs() == []


@pytest.mark.parametrize("name", ["rows.py:rows", "rows.py:fixed"])
def test_a_table_takes_form_and_bits_from_the_recipe(name: str, folder: Path) -> None:
    definition = define(name, form="paper", bits=3, reference=Reference.parse(name, folder))

    assert isinstance(definition.table, Table)
    assert (definition.table.name, definition.table.form, definition.table.bits) == (name, "paper", 3)
    assert definition.build(0).table == definition.table


def test_deployed_batch_norms_are_two_operations(folder: Path) -> None:
    net = define("net.py:Net", frame=FRAME, reference=Reference.parse("net.py:Net", folder)).build(0)
    generator = torch.Generator().manual_seed(1)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.get_buffer("running_mean").normal_(generator=generator)
            module.get_buffer("running_var").uniform_(0.5, 2.0, generator=generator)
    frames = torch.rand(4, *FRAME, generator=generator) * 255

    twin = net.deployed()

    assert not any(isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d) for m in twin.modules())
    torch.testing.assert_close(twin(frames), net.eval()(frames))
    assert any(isinstance(m, nn.BatchNorm2d) for m in net.modules())


@pytest.mark.parametrize("name", ["net.py:Net", "rows.py:rows"])
def test_stored_with_a_copy_of_the_file_it_comes_back(name: str, folder: Path, tmp_path: Path) -> None:
    reference = Reference.parse(name, folder)
    net = define(name, frame=FRAME, reference=reference).build(7)
    frames = np.random.default_rng(0).integers(0, 256, (3, *FRAME), dtype=np.uint8)
    store = tmp_path / "store"

    storage.save_network(store, net)
    with pytest.raises(ConfigError, match="does not exist"):
        storage.load_network(store)
    shutil.copy(reference.path, store)
    if name == "net.py:Net":
        with pytest.raises(ConfigError, match=r"cannot be run: ModuleNotFoundError in line 4: .*'sizes'"):
            storage.load_network(store)
        again = storage.load_network(store, reference)
    else:
        again = storage.load_network(store)

    np.testing.assert_array_equal(evaluation.scores(net, frames), evaluation.scores(again, frames))
    with pytest.raises(ConfigError, match="defined by a file of yours"):
        storage.save_packed(tmp_path / "x.safetensors", net, storage.describe(store))


UNUSED = """
import brevitas.nn as qnn
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.unused = qnn.QuantIdentity(bit_width=4)
        self.flat, self.last = nn.Flatten(), nn.Linear(36, 3)

    def forward(self, x):
        return self.last(self.flat(x))
"""


def test_a_quantizer_that_was_never_used_stores_no_scale(tmp_path: Path) -> None:
    (tmp_path / "unused.py").write_text(UNUSED)
    reference = Reference.parse("unused.py:Net", tmp_path)
    net = define("unused.py:Net", frame=FRAME, reference=reference).build(0)
    storage.save_network(tmp_path, net)

    again = storage.load_network(tmp_path, reference)

    frames = torch.rand(2, *FRAME)
    assert torch.equal(again(frames), net.eval()(frames))
    (tmp_path / "unused.py").write_text(
        UNUSED.replace("self.last = nn.Flatten(), nn", "self.end = nn.Flatten(), nn")
    )
    with pytest.raises(ConfigError, match="AttributeError in line"):
        storage.load_network(tmp_path, reference)
    renamed = UNUSED.replace("self.last", "self.end")
    (tmp_path / "unused.py").write_text(renamed)
    with pytest.raises(ConfigError, match=r"missing: \['body.end.weight', .* unknown: .*'body.last.weight'"):
        storage.load_network(tmp_path, reference)


class Wrapped:
    """As Brevitas wraps values."""

    def __init__(self, value: Tensor) -> None:
        self.value = value


def test_wrapped_answers_are_unwrapped() -> None:
    class Body(nn.Module):
        def forward(self, x: Tensor) -> Wrapped:
            return Wrapped(x.flatten(1)[:, :2])

    from rbonn_hw.models.own import OwnInterface

    net = OwnNetwork(Body(), OwnInterface("a.py:b", FRAME, 2)).eval()
    assert net(torch.zeros(1, *FRAME)).shape == (1, 2)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("x = 1 / 0\n", "Net", "cannot be run: ZeroDivisionError in line 1: division by zero"),
        ("def f(:\n", "Net", "cannot be run: SyntaxError"),
        ("a = 1\n", "Net", "defines no 'Net'; it has a"),
        ("Net = 3\n", "Net", "is a int; it must be a Table, an nn.Module"),
        ("def Net():\n    return 3\n", "Net", "returns a int"),
        ("def Net(width):\n    return 3\n", "Net", "cannot be made: TypeError"),
        ("import torch\nNet = torch.nn.Flatten\n", "Net", ""),
        (
            "import torch\nNet = torch.nn.Identity\n",
            "Net",
            "with [1, 1, 6, 6]; it must be scores [1, classes]",
        ),
        ("import torch\nNet = lambda: torch.nn.Linear(7, 2)\n", "Net", "on a frame of 1x6x6: RuntimeError"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(text)
    if not message:
        assert define(f"bad.py:{name}", frame=FRAME, reference=Reference.parse("bad.py:Net", tmp_path))
        return
    with pytest.raises(ConfigError) as caught:
        define(f"bad.py:{name}", frame=FRAME, reference=Reference.parse(f"bad.py:{name}", tmp_path))
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["net.py", "net.py:", "net.py:a b", "absent.py:Net"])
def test_what_is_no_reference(text: str, folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"FILE\.py:NAME|does not exist"):
        Reference.parse(text, folder)


def test_a_module_needs_a_frame_and_has_one_form(folder: Path) -> None:
    reference = Reference.parse("net.py:Net", folder)
    with pytest.raises(ConfigError, match='set "frame" in the recipe'):
        define("net.py:Net", reference=reference)
    with pytest.raises(ConfigError, match="it has the form it has, not 'paper'"):
        define("net.py:Net", frame=FRAME, form="paper", reference=reference)
    net = define("net.py:Net", frame=FRAME, reference=reference).build(0)
    with pytest.raises(ConfigError, match='choose a "method" of one stage'):
        net.binarize("activations")

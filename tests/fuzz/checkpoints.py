"""Files of training: recipes, networks, states of runs, images."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rbonn_hw.models import storage, stored_frames
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.own import define
from rbonn_hw.models.zoo import network
from rbonn_hw.train import array_file, checkpoint, stages
from rbonn_hw.train.checkpoint import Progress, Sources
from rbonn_hw.train.logs import EpochRecord
from rbonn_hw.train.recipe import Recipe
from tests.fuzz import damage
from tests.fuzz.trial import Subject

RECIPE = Recipe(network="digits", width=0.25, dataset="digits", epochs=3)


def subjects(folder: Path) -> Iterator[Subject]:
    """Write the files, and return the subjects that they are."""
    folder.mkdir(parents=True)
    tensors = (damage.of_bytes, damage.of_safetensors, damage.of_safetensors)
    path = folder / "recipe.json"
    path.write_text(RECIPE.to_json())
    yield Subject(
        name="recipe", path=path, damages=(damage.of_bytes, damage.of_json, damage.of_json), read=_recipe,
        trials=1100,
    )  # fmt: skip
    net = build(network("digits", width=0.25), seed=0)
    trained, packed = folder / "trained" / storage.MODEL_FILE, folder / "packed.safetensors"
    storage.save_network(trained.parent, net, dataset="digits")
    storage.save_packed(packed, net, storage.describe(trained))
    for name, file in (("network", trained), ("network-packed", packed)):
        yield Subject(name=name, path=file, damages=tensors, read=_network, sealed=True, trials=250)
    state = folder / "run" / checkpoint.LAST
    optimizer = stages.start(net, RECIPE, stages.stage_of(RECIPE, 0))
    record = EpochRecord(
        epoch=1, stage=2, lr=0.1, loss=1.0, validation_accuracy=None, test_accuracy=0.5, flipped=0.1,
        backtracked=0.0, seconds=1.0,
    )  # fmt: skip
    checkpoint.save_state(state, net, optimizer, Progress(records=(record,), sources=Sources()))
    yield Subject(name="state", path=state, damages=tensors, read=_state, sealed=True, trials=100)
    rng = np.random.default_rng(0)
    stored_frames.save(trained.parent, rng.integers(0, 256, (5, 1, 8, 8)).astype(np.uint8), np.arange(5))
    npz = (damage.of_bytes, damage.of_npz, damage.of_npz)
    yield Subject(
        name="test-split", path=trained.parent / stored_frames.FILE, damages=npz, trials=700,
        read=lambda path: [array.tobytes() for array in stored_frames.load(path.parent)],
    )  # fmt: skip
    images = folder / "images.npz"
    np.savez(images, frames=rng.integers(0, 256, (20, 8, 8)).astype(np.uint8), labels=np.arange(20) % 4)
    yield Subject(name="images", path=images, damages=npz, read=_images, trials=700)


def _recipe(path: Path) -> object:
    recipe = Recipe.read(path)
    definition = define(
        recipe.network, form=recipe.form, width=recipe.width, bits=recipe.bits, frame=recipe.frame_shape
    )
    return recipe, definition.table


def _network(path: Path) -> object:
    net = storage.load_network(path)
    return {name: value.numpy().tobytes() for name, value in net.state_dict().items()}


def _state(path: Path) -> object:
    net: Network = build(network("digits", width=0.25), seed=1)
    optimizer = stages.start(net, RECIPE, stages.stage_of(RECIPE, 0))
    progress = checkpoint.load_state(path, net, optimizer)
    weights = {name: value.numpy().tobytes() for name, value in net.state_dict().items()}
    return checkpoint.read_progress(path), progress, weights, repr(optimizer.state_dict())


def _images(path: Path) -> object:
    train, test, names = array_file.load(path, None, test_share=0.2, split_seed=0)
    return [array.tobytes() for array in (*train, *test)], names

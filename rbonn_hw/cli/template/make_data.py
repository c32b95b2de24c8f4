"""Data to begin with: bars, crosses and blobs in noise. Replace this by your own.

Either write an .npz as here (uint8 frames [n, C, H, W] or [n, H, W], integer labels from 0), or put images
into a folder for each class, and say so in recipe.json: "dataset": "folder", "data": "images".
"""

from pathlib import Path

import numpy as np

SIDE, COUNT = 12, 600


def main() -> None:
    """Write data.npz beside this file."""
    rng = np.random.default_rng(0)
    labels = np.arange(COUNT) % 4
    frames = rng.integers(0, 90, (COUNT, SIDE, SIDE))
    for frame, label in zip(frames, labels, strict=True):
        row, column = rng.integers(3, SIDE - 3, 2)
        if label in (0, 2):  # a bar across; with one down it is a cross
            frame[row] += 160
        if label in (1, 2):
            frame[:, column] = np.maximum(frame[:, column], 160)
        if label == 3:
            frame[row - 2 : row + 3, column - 2 : column + 3] += 160
    path = Path(__file__).resolve().parent / "data.npz"
    np.savez_compressed(path, frames=frames.astype(np.uint8), labels=labels)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()

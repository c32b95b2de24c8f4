"""The recurrent step where A is the only scale: no BatchNorm behind the binary convolutions.

In front of a BatchNorm a factor per filter changes nothing, so A has no gradient but that of the coupling,
and the step chooses its filters by an A that means little. Without BatchNorm, A is learned from the loss.
"""

import sys
from pathlib import Path

from rbonn_hw.cli.study import main
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Study

NETWORKS = "build_flows/unnormalized_network.py"
STUDY = Study(
    name="unnormalized",
    question="Does the recurrent step help where A is the only scale, with no BatchNorm behind it?",
    base=Recipe(
        network=f"{NETWORKS}:unnormalized",
        frame="1x28x28",
        dataset="mnist",
        epochs=5,
        evaluate_every=5,
        batch_size=64,
        lr=0.005,
        weight_lr=6.0,
        coupling=1e-8,
        score_scale=1.0,
        train_frames=5_000,
    ),
    arms={
        "lambda = 1e-8, off": {"tau": 1.0},
        "lambda = 1e-8, on": {},
        "lambda = 1e-5, off": {"coupling": 1e-5, "tau": 1.0},
        "lambda = 1e-5, on": {"coupling": 1e-5},
        "lambda = 1e-4, off": {"coupling": 1e-4, "tau": 1.0},
        "lambda = 1e-4, on": {"coupling": 1e-4},
        "U = 1, on": {"u_init": 1.0},
        "released code": {"method": "rbonn-released", "coupling": 1e-4},
        "BatchNorm, off": {"network": f"{NETWORKS}:normalized", "tau": 1.0},
        "BatchNorm, on": {"network": f"{NETWORKS}:normalized"},
    },
    baseline="lambda = 1e-8, off",
    seeds=(0, 1, 2),
)

if __name__ == "__main__":
    sys.exit(main(STUDY, Path(__file__)))

"""The verbs of ``rbonn`` as functions: ``import rbonn_hw``, then ``rbonn_hw.api.train(..)``.

They take and return what the command line reads and writes, report progress by callbacks, and raise
:class:`~rbonn_hw.errors.RbonnError` where the command line ends with an exit code. Importing this is quick:
torch and FINN are loaded by the function that needs them.
"""

from rbonn_hw.api.compiling import compile
from rbonn_hw.api.dataflow import dataflow
from rbonn_hw.api.exporting import export
from rbonn_hw.api.functional import simulate_functional
from rbonn_hw.api.packaging import package
from rbonn_hw.api.simulating import simulate
from rbonn_hw.api.synthesis import synth
from rbonn_hw.api.training import train
from rbonn_hw.api.verifying import verify
from rbonn_hw.api.virtual_board import board

__all__ = [
    "board",
    "compile",
    "dataflow",
    "export",
    "package",
    "simulate",
    "simulate_functional",
    "synth",
    "train",
    "verify",
]

"""Tests run in several processes, each on one thread of PyTorch: a second would only wait for the first."""

import sys

import pytest


@pytest.hookimpl
def pytest_collection_finish() -> None:
    """Take one thread, where PyTorch has been imported at all."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)

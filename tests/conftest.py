"""Tests run in several processes, each on one thread of PyTorch: a second would only wait for the first."""

import signal
import sys

import pytest


@pytest.hookimpl
def pytest_configure() -> None:
    """Let signals reach what tests start: a shell has SIGINT ignored in the background, nohup SIGHUP."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl
def pytest_collection_finish() -> None:
    """Take one thread, where PyTorch has been imported at all."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)

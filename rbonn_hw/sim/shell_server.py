"""Serves a simulated shell to a virtual board in another process; the protocol is ``rbonn_hw.host.wire``."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import numpy as np

from rbonn_hw import drafts
from rbonn_hw.errors import RbonnError
from rbonn_hw.host.wire import DONE, FAILED, LOAD, READ, REQUEST, STORE, VALUE, WRITE, answer, receive
from rbonn_hw.sim.shell import ShellModel

CYCLES_PER_READ = 500
"""Cycles that pass before each read of a register, as time passes on a board between two polls [cycles]."""


@contextlib.contextmanager
def serving(model: ShellModel) -> Iterator[str]:
    """Serve one client in a thread for as long as the context lasts.

    Yields:
        Path of the Unix socket.
    """
    with drafts.scratch("shell") as folder, socket.socket(socket.AF_UNIX) as listener:
        address = str(folder / "shell")
        listener.bind(address)
        listener.listen(1)
        thread = threading.Thread(target=_serve, args=(listener, model), daemon=True)
        thread.start()
        try:
            yield address
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def _serve(listener: socket.socket, model: ShellModel) -> None:
    # The client ends the conversation by leaving; the listener is shut down if none ever came.
    with contextlib.suppress(OSError):
        connection, _ = listener.accept()
        with connection:
            while True:
                operation, address, number = REQUEST.unpack(receive(connection, REQUEST.size))
                payload = receive(connection, number) if operation == STORE else b""
                try:
                    answer(connection, DONE, _perform(model, operation, address, number, payload))
                except RbonnError as error:
                    answer(connection, FAILED, str(error).encode())


def _perform(model: ShellModel, operation: int, address: int, number: int, payload: bytes) -> bytes:
    if operation == READ:
        model.run(CYCLES_PER_READ)
        return VALUE.pack(model.read_register(address))
    if operation == WRITE:
        model.write_register(address, number)
        return b""
    start = address - model.base_address
    if operation == LOAD:
        return model.memory[start : start + number].tobytes()
    model.memory[start : start + number] = np.frombuffer(payload, np.uint8)
    return b""

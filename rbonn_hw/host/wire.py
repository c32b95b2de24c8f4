"""The protocol between a virtual board and the simulation behind it, which is another process.

A request is an operation, an address and a number, then the payload of a store; the answer is a status byte
and the length of what follows: a value of 4 bytes, memory, or the text of an error.
"""

from __future__ import annotations

import socket
import struct

READ, WRITE, LOAD, STORE = range(4)
"""Operations: registers (address is an offset), then memory (address is a bus address)."""
DONE, FAILED = range(2)
REQUEST = struct.Struct("<BIQ")
ANSWER = struct.Struct("<BQ")
VALUE = struct.Struct("<I")


def receive(connection: socket.socket, size_bytes: int) -> bytes:
    """Return exactly so many bytes.

    Raises:
        ConnectionError: The other side has gone.
    """
    parts = bytearray()
    while len(parts) < size_bytes:
        part = connection.recv(min(size_bytes - len(parts), 1 << 20))
        if not part:
            raise ConnectionError("the other side closed the connection")
        parts += part
    return bytes(parts)


def answer(connection: socket.socket, status: int, content: bytes) -> None:
    """Send an answer."""
    connection.sendall(ANSWER.pack(status, len(content)) + content)

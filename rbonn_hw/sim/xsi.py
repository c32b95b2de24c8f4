"""The Python interface of Xilinx's simulator (XSI) over a verilated model, as FINN's SimEngine uses it.

FINN's ``finn_xsi.sim_engine`` imports a module named ``xsi`` with classes Kernel, Design and Port;
:func:`rbonn_hw.sim.finn_rtlsim.install` puts this module in its place. Names and behaviour are therefore
FINN's: an unknown port is a RuntimeError, because SimEngine probes for optional ports that way.
"""

import ctypes
from pathlib import Path

from rbonn_hw.errors import SimulationError
from rbonn_hw.packing import word_bytes


class Kernel:
    """The simulator; Verilator needs none beside the design."""

    def __init__(self, name: str) -> None:
        self.name = name


class Port:
    """A port of the top module, with a value that :meth:`write_back` and :meth:`read` exchange with it."""

    __slots__ = ("_bits", "_bytes", "_is_input", "_name", "_value")

    def __init__(self, name: str, bits: int, address: int, *, is_input: bool) -> None:
        self._name = name
        self._bits = bits
        self._is_input = is_input
        self._bytes = (ctypes.c_char * word_bytes(bits)).from_address(address)
        self._value = 0

    def name(self) -> str:
        """Return the port's name."""
        return self._name

    def width(self) -> int:
        """Return the port's width [bits]."""
        return self._bits

    def isInput(self) -> bool:  # noqa: N802 - XSI's name
        """Say whether the port is an input of the design."""
        return self._is_input

    def isOutput(self) -> bool:  # noqa: N802 - XSI's name
        """Say whether the port is an output of the design."""
        return not self._is_input

    def clear(self) -> "Port":
        """Set the value to 0."""
        return self.set(0)

    def set(self, value: int) -> "Port":
        """Set the value; bits above the width are dropped."""
        self._value = int(value) & ((1 << self._bits) - 1)
        return self

    def set_hexstr(self, text: str) -> "Port":
        """Set the value from hexadecimal digits; none are 0."""
        return self.set(int(text or "0", 16))

    def set_binstr(self, text: str) -> "Port":
        """Set the value from binary digits."""
        return self.set(int(text, 2))

    def write_back(self) -> "Port":
        """Drive the design's input with the value."""
        self._bytes.raw = self._value.to_bytes(len(self._bytes), "little")
        return self

    def read(self) -> "Port":
        """Take the value from the design."""
        self._value = int.from_bytes(self._bytes.raw, "little")
        return self

    def as_bool(self) -> bool:
        """Return bit 0."""
        return bool(self._value & 1)

    def as_unsigned(self) -> int:
        """Return the value."""
        return self._value

    def as_hexstr(self) -> str:
        """Return the value as hexadecimal digits, leading zeros included."""
        return f"{self._value:0{(self._bits + 3) // 4}x}"

    def as_hexstr_2state(self) -> str:
        """Return :meth:`as_hexstr`; Verilator knows no other states."""
        return self.as_hexstr()

    def as_binstr(self) -> str:
        """Return the value as binary digits, leading zeros included."""
        return f"{self._value:0{self._bits}b}"


class Design:
    """A model compiled by :func:`rbonn_hw.sim.finn_rtlsim.compile_sim_obj`.

    Args:
        kernel: Unused; XSI's signature.
        library: The shared library; a relative path starts in the present folder.
        log: Unused; XSI's signature.
        waveform: FST file to write, or None. FINN's default suffix ``.wdb`` becomes ``.fst``.

    Raises:
        SimulationError: A memory file of the design is missing.
    """

    def __init__(
        self, kernel: Kernel, library: str, log: str | None = None, waveform: str | None = None
    ) -> None:
        del kernel, log
        self._library = _load(Path(library).absolute())
        self._waveform = _waveform_path(waveform)
        self._model: int | None = self._library.rbonn_new(self._waveform.encode())
        self._ports = {port.name(): port for port in self._pins()}
        self.run(0)

    def _pins(self) -> list[Port]:
        library, model = self._library, self._model
        return [
            Port(
                library.rbonn_pin_name(model, pin).decode(),
                library.rbonn_pin_bits(model, pin),
                library.rbonn_pin_bytes(model, pin),
                is_input=bool(library.rbonn_pin_is_input(model, pin)),
            )
            for pin in range(library.rbonn_pin_count(model))
        ]

    def getPort(self, name: str) -> Port:  # noqa: N802 - XSI's name
        """Return a port.

        Raises:
            RuntimeError: There is none of that name.
        """
        if name not in self._ports:
            raise RuntimeError(f"no port {name!r}; the design has {sorted(self._ports)}")
        return self._ports[name]

    def ports(self) -> list[Port]:
        """Return all ports."""
        return list(self._ports.values())

    def run(self, duration: int) -> None:
        """Settle the design, then let ``duration`` time units pass.

        Raises:
            SimulationError: An assertion failed or a memory file is missing.
        """
        error: bytes | None = self._library.rbonn_run(self._model, duration)
        if error is not None:
            self.close()
            raise SimulationError(error.decode())

    def trace_all(self) -> None:
        """Do nothing: a design opened with a waveform records every signal."""

    def is_open(self) -> bool:
        """Say whether the design is loaded."""
        return self._model is not None

    def close(self) -> None:
        """Write out the waveform and unload the design; a second call does nothing."""
        if self._model is not None:
            self._ports = {}
            self._library.rbonn_delete(self._model)
            self._model = None


def _waveform_path(waveform: str | None) -> str:
    if not waveform:
        return ""
    path = Path(waveform).absolute()
    return str(path.with_suffix(".fst") if path.suffix == ".wdb" else path)


def _load(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    model, pin = ctypes.c_void_p, ctypes.c_int
    for name, result, arguments in (
        ("rbonn_new", ctypes.c_void_p, [ctypes.c_char_p]),
        ("rbonn_delete", None, [model]),
        ("rbonn_pin_count", ctypes.c_int, [model]),
        ("rbonn_pin_name", ctypes.c_char_p, [model, pin]),
        ("rbonn_pin_bits", ctypes.c_int, [model, pin]),
        ("rbonn_pin_is_input", ctypes.c_int, [model, pin]),
        ("rbonn_pin_bytes", ctypes.c_void_p, [model, pin]),
        ("rbonn_run", ctypes.c_char_p, [model, ctypes.c_uint64]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library

"""Every exception the driver raises on purpose: the message has the value, the rule, and a way out."""


class HostError(Exception):
    """Base class of the driver's errors."""


class PackageError(HostError):
    """A package that is missing, incomplete, damaged, or of another version."""


class BitstreamError(PackageError):
    """A .bit file that is missing, truncated, or no bitstream."""


class HandoffError(PackageError):
    """A .hwh file that does not describe the design of its package."""


class WrongBoardError(HostError):
    """A package for another board or another device, or a board that nothing names."""


class IdentityError(HostError):
    """The hardware is not the one that the package describes."""


class ClockError(HostError):
    """The board cannot run the design at its clock."""


class FrameError(HostError, ValueError):
    """Images or integers of another shape, type or range."""


class JobError(HostError):
    """The hardware reports an error; the message has its status registers."""


class JobTimeoutError(JobError):
    """The hardware did not finish in time; the message has its status registers."""


class ClosedError(HostError):
    """The accelerator has been closed, or a job never ended."""


class SelfTestError(HostError):
    """The hardware's answers are not the recorded ones."""


class VirtualBoardError(HostError):
    """The simulation behind a virtual board failed; the message is the simulation's."""

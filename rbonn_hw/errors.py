"""Every exception this package raises on purpose.

A message names the offending value, the rule it breaks, and a value or a step that would work.
The command line turns each into exit code 2, except :class:`MismatchError` and :class:`DoesNotFitError`
(exit code 1).
"""


class RbonnError(Exception):
    """Base class, so that the CLI can catch all of ours and nothing else."""


class SpecError(RbonnError, ValueError):
    """A kernel, graph or device description that contradicts itself."""


class FoldingError(SpecError):
    """A PE or SIMD choice that does not divide what it folds."""


class ShapeError(RbonnError, ValueError):
    """Data whose shape or range is not the one the network was built for."""


class ModelError(RbonnError):
    """A network file that cannot be read or is not a QONNX network of quantized layers."""


class UnsupportedOperatorError(ModelError):
    """An operator that no kernel can implement; the message names its node."""


class NotMonotoneError(ModelError):
    """A channel whose activation function is not monotone, hence is no threshold; names layer and channel."""


class ConfigError(RbonnError, ValueError):
    """A setting, recipe or command line value out of its range."""


class DatasetError(RbonnError):
    """A dataset that is unknown, absent or corrupt."""


class TrainingError(RbonnError):
    """Training that diverged; the last good state is kept and the message says where."""


class ToolError(RbonnError):
    """An external tool is missing or exited non-zero."""


class SimulationError(RbonnError):
    """A simulation that cannot answer: a missing memory file, an assertion, a broken protocol."""


class DeadlockError(SimulationError):
    """No stream moved for a long time; the message lists the streams that are stuck."""


class MismatchError(RbonnError):
    """Two implementations of one network gave different integers."""


class DoesNotFitError(RbonnError):
    """A design larger than its device."""


class TargetMissedError(DoesNotFitError):
    """A design that gives fewer frames per second than were asked for."""


class TimingError(DoesNotFitError):
    """A placed and routed design that is slower than its clock."""

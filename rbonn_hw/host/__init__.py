"""The driver: NumPy images in, classes out, on a PYNQ board.

It imports NumPy, pynq and the standard library, nothing else of this project, and runs on Python 3.8, because
boards are old; ``rbonn package`` puts it into the zip as ``rbonn_host``::

    from rbonn_host import Accelerator

    with Accelerator("digits.zip") as accelerator:
        print(accelerator.classify(images))
"""

from .accelerator import Accelerator, Measurement
from .detector import Detections
from .errors import HostError
from .package import Package

__all__ = ["Accelerator", "Detections", "HostError", "Measurement", "Package"]

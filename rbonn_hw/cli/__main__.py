"""``python -m rbonn_hw.cli``."""

import sys

from rbonn_hw.cli import main

sys.exit(main())

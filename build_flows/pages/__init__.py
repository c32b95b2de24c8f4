"""Pages of the documentation that are generated: from argparse, docstrings, RTL and a simulation."""

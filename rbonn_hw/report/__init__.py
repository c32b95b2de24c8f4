"""One report of all stages: figures with their origin, as JSON and as a self-contained page."""

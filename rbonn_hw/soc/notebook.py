"""The notebook that goes to the board with the package."""

import json

from rbonn_hw.results import Document

TITLE = """# {name} on the board

Unpack the package, open this notebook in its folder, and run it from top to bottom. It loads the bitstream,
runs the self-test (every integer must be the simulated one), classifies the recorded images or finds what
is in them, and measures speed."""
CELLS = (
    """from rbonn_host import Accelerator

accelerator = Accelerator(".")
print(accelerator.package.name, f"{accelerator.clock_mhz:.1f} MHz")""",
    """from rbonn_host.selftest import run_self_test

run_self_test(accelerator)""",
    """images = accelerator.package.self_test.images
print(accelerator.package.images.meaning)
accelerator.scores(images)[:4]""",
    """answer = accelerator.package.answer
if answer.classifies:
    print([answer.labels[number] for number in accelerator.classify(images)])
if answer.kind == "boxes":
    for found in accelerator.detect(images[:4]):
        print([(answer.labels[n], box.tolist()) for n, box in zip(found.classes, found.boxes)])""",
    "accelerator.measure(images)",
    "accelerator.close()",
)


def board_notebook(name: str) -> str:
    """Return the notebook of a network as JSON, without outputs."""
    cells: list[Document] = [
        {"cell_type": "markdown", "id": "cell-0", "metadata": {}, "source": TITLE.format(name=name)}
    ]
    cells += [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(CELLS, start=1)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1) + "\n"

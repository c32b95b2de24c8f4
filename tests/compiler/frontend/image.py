"""Networks of an image, made of the map that a classifier takes."""

from collections.abc import Callable
from typing import Any

from tests.compiler.frontend.sketch import Shape, Sketch

IMAGE = (3, 8, 8)
TIME = (2, 16)


def image(
    make: Callable[[Sketch], tuple[str, int]], opset: int = 13, shape: Shape = IMAGE, **options: Any
) -> Callable[[], Any]:
    """Return a network of an image whose classifier takes the map that ``make`` gives, of so many values."""

    def build() -> Any:
        g = Sketch(opset)
        return g.model(g.head(*make(g)), shape, **options)

    return build

"""How a filter is refused: what is wrong with it, and what would be right."""

from typing import Final

from stac_ext.query import InvalidParameter

MAX_PARTS: Final = 200
MAX_DEPTH: Final = 32
EXAMPLE: Final = "\"eo:cloud_cover\" < 10 AND license = 'MIT'"


def wrong(message: str, example: str = EXAMPLE) -> InvalidParameter:
    """The error of a filter."""
    return InvalidParameter("filter", message, example)


class Parts:
    """Counts what a filter is made of."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, depth: int) -> None:
        """One part more, so deep. Raises InvalidParameter beyond what is searched with."""
        self._count += 1
        if self._count > MAX_PARTS or depth > MAX_DEPTH:
            raise wrong(f"has more than {MAX_PARTS} conditions and values, or is nested too deeply")

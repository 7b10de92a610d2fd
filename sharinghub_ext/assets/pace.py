"""How slow a download may be, whoever is slow: one that passes too few bytes in a minute holds its place in vain."""

import time
from typing import Final

WINDOW: Final = 60.0  # seconds
LEAST: Final = 512 * 1024  # bytes in a window


class TooSlow(Exception):
    """Fewer bytes passed than have to."""


class Pace:
    """Counts the bytes of one download, window after window."""

    def __init__(self, window: float = WINDOW, least: int = LEAST) -> None:
        self.window, self._least = window, least
        self._since, self._bytes = time.monotonic(), 0

    def passed(self, number: int) -> None:
        """So many bytes more. Raises TooSlow at the end of a window that had too few."""
        self._bytes += number
        now = time.monotonic()
        if now - self._since < self.window:
            return
        if self._bytes < self._least:
            raise TooSlow
        self._since, self._bytes = now, 0

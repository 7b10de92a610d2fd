"""Which bytes of an object a request asks for: all, one range, or a range that it does not have.

Only one range of bytes is served; several at once, or a range that cannot be read, mean the whole object, as HTTP
allows.
Source: https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
"""

import re
from dataclasses import dataclass
from typing import Final

_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` to before `stop` of an object of `size` bytes; `partial` where they were asked for."""

    start: int
    stop: int
    size: int
    partial: bool = False

    @property
    def content_range(self) -> str:
        """The value of `Content-Range`."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def span_of(value: str | None, size: int) -> Span | None:
    """What `Range` asks for of `size` bytes, None where the object has no such bytes."""
    match = _RANGE.fullmatch(value.strip()) if value else None
    first, last = match.groups() if match else ("", "")
    if not first and not last:
        return Span(0, size, size)
    if not first:  # the last bytes
        count = min(int(last), size)
        return Span(size - count, size, size, partial=True) if count else None
    start = int(first)
    if last and int(last) < start:
        return Span(0, size, size)
    if start >= size:
        return None
    return Span(start, min(int(last) + 1, size) if last else size, size, partial=True)

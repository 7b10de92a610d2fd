"""Which bytes of a file are at hand: its head and its tail, or all of it."""

from stac_ext.model import FileEnds


class OutOfReachError(Exception):
    """The bytes that are asked for are not at hand."""


class BrokenError(ValueError):
    """The bytes are not of the format that they should have; the message says why."""


class Reach:
    """The bytes at hand of one file; `size` is that of the whole, None where it is not known."""

    def __init__(self, ends: FileEnds) -> None:
        self._head = ends.head
        self._tail = b"" if ends.whole else ends.tail
        self.size = len(ends.head) if ends.whole else ends.size
        self._tail_start = (self.size or 0) - len(self._tail)

    def take(self, start: int, count: int) -> bytes:
        """`count` bytes from an offset. Raises OutOfReachError, or BrokenError beyond the end of the file."""
        end = start + count
        if self.size is not None and end > self.size:
            raise BrokenError("it ends too early")
        if end <= len(self._head):
            return self._head[start:end]
        if self._tail and self.size is not None and self._tail_start <= start:
            return self._tail[start - self._tail_start : end - self._tail_start]
        raise OutOfReachError

    def last(self, count: int) -> bytes:
        """The last `count` bytes of the file. Raises as `take`."""
        if self.size is None:
            raise OutOfReachError
        if count > self.size:
            raise BrokenError("it ends too early")
        return self.take(self.size - count, count)

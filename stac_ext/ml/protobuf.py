"""How far a protobuf message can be read when only the first and the last bytes of its file are at hand.

A field is skipped by its length, without its bytes. Source: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from stac_ext.model import FileEnds

MAX_FIELDS: Final = 60_000

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class OutOfReachError(Exception):
    """The bytes that come next are not at hand, or there are more fields than are read."""


class BrokenError(ValueError):
    """The bytes are no protobuf message."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `value` of a varint, or `start` and `end` of what it holds, as offsets in the file."""

    number: int
    kind: int
    start: int
    end: int
    value: int = 0


class Message:
    """The bytes of a file that are at hand, read as nested messages; at most `MAX_FIELDS` fields in all."""

    def __init__(self, ends: FileEnds) -> None:
        self._head = ends.head
        self._tail = b"" if ends.whole else ends.tail
        self.size = len(ends.head) if ends.whole else ends.size
        self._tail_start = (self.size or 0) - len(self._tail)
        self._left = MAX_FIELDS

    def bytes(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`. Raises OutOfReachError."""
        if end <= len(self._head):
            return self._head[start:end]
        if self._tail and self._tail_start <= start and self.size is not None and end <= self.size:
            return self._tail[start - self._tail_start : end - self._tail_start]
        raise OutOfReachError

    def text(self, field: Field, limit: int = 500) -> str:
        """The text of a field, cut at `limit` bytes."""
        return self.bytes(field.start, min(field.end, field.start + limit)).decode("utf-8", "replace")

    def fields(self, start: int, end: int | None) -> Iterator[Field]:
        """The fields between two offsets; with `end` None, those at hand.

        Raises OutOfReachError where the next one is not at hand, BrokenError where there is none.
        """
        place = start
        while end is None or place < end:
            self._left -= 1
            if self._left < 0:
                raise OutOfReachError
            key, place = self._varint(place)
            number, kind = key >> 3, key & 7
            if number == 0:
                raise BrokenError("it is no protobuf message")
            field, place = self._field(number, kind, place)
            if end is not None and place > end:
                raise BrokenError("a field is longer than what holds it")
            yield field

    def _field(self, number: int, kind: int, place: int) -> tuple[Field, int]:
        if kind == VARINT:
            value, after = self._varint(place)
            return Field(number, kind, place, after, value), after
        if kind == LENGTH:
            length, place = self._varint(place)
            return Field(number, kind, place, place + length), place + length
        if kind in (FIXED32, FIXED64):
            after = place + (4 if kind == FIXED32 else 8)
            return Field(number, kind, place, after), after
        raise BrokenError("it is no protobuf message")

    def _varint(self, place: int) -> tuple[int, int]:
        value = 0
        for index in range(10):
            byte = self.bytes(place + index, place + index + 1)
            if not byte:
                raise BrokenError("it ends within a number")
            value |= (byte[0] & 0x7F) << (7 * index)
            if byte[0] < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, place + index + 1
        raise BrokenError("a number in it is too long")

"""How the YAML that DVC writes is read: mappings, lists and text, nothing else, within a number of values.

No scalar is resolved: a hash of digits alone stays the text that was written, and whoever reads a field says what it
has to be. Values are built from the parser's events, without recursion, and reading stops at the limit.
Source: https://yaml.org/spec/1.1/
"""

from collections.abc import Mapping
from typing import Any, Final

import yaml

MAX_DEPTH: Final = 32
MAX_NODES: Final = 600_000

_MAX_MERGED: Final = 50
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_FAULTS = (yaml.YAMLError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


class PlainYamlError(Exception):
    """The text is not YAML, or is more than is read. `line` counts from 1, None where it is not known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class PlainMapping(dict[str, Any]):
    """A mapping that knows the line, from 1, in which it begins; None where it is put together."""

    __slots__ = ("line",)

    def __init__(self, entries: Mapping[str, Any] | None = None, line: int | None = None) -> None:
        super().__init__(entries or {})
        self.line = line


def line_in(value: Any) -> int | None:
    """The line in which a value that was read begins, where it is known."""
    return value.line if isinstance(value, PlainMapping) else None


class PlainReader:
    """Reads the files of one project; all of them together have `nodes` values."""

    def __init__(self, nodes: int = MAX_NODES) -> None:
        self._left = nodes

    def read(self, data: bytes) -> Any:
        """The first document: dicts with text as keys, lists, text and None. Raises PlainYamlError, nothing else.

        An alias is the value that it names, not a copy, and may lead back to itself: readers go to a known depth.
        """
        try:
            return self._build(data.decode("utf-8-sig"))
        except _FAULTS as error:
            mark = getattr(error, "problem_mark", None)
            said = getattr(error, "problem", None)
            line = mark.line + 1 if mark else None
            raise PlainYamlError(str(said or "it cannot be read as YAML in UTF-8"), line) from None

    def _build(self, text: str) -> Any:
        document = _Document()
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            self._left -= document.take(event)
            if self._left < 0:
                raise PlainYamlError("the project's DVC files hold more values than are read")
            if document.depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else None
                raise PlainYamlError(f"it is nested deeper than {MAX_DEPTH}", line)
        return document.root


class _Document:
    """The value that a stream of events stands for, as far as it has come."""

    def __init__(self) -> None:
        self.root: Any = None
        self._open: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str | None] = []  # beside each open mapping: the key that waits for its value
        self._waiting: list[bool] = []
        self._merges: list[list[Any]] = []  # what `<<` names, which may be complete only at the end of the mapping
        self._anchors: dict[str, Any] = {}

    @property
    def depth(self) -> int:
        return len(self._open)

    def take(self, event: yaml.Event) -> int:
        """Take one event; the answer is how many values it added."""
        if isinstance(event, yaml.ScalarEvent):
            self._name(event.anchor, event.value)
            return self._put(None if not event.style and event.value in _NULLS else event.value)
        if isinstance(event, yaml.AliasEvent):
            return self._put(self._anchors[event.anchor or ""])
        if isinstance(event, yaml.CollectionStartEvent):
            line = event.start_mark.line + 1 if event.start_mark else None
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            value: dict[str, Any] | list[Any] = PlainMapping(line=line) if is_mapping else []
            self._name(event.anchor, value)
            added = self._put(value)
            self._open.append(value)
            self._keys.append(None)
            self._waiting.append(False)
            self._merges.append([])
            return added
        if isinstance(event, yaml.CollectionEndEvent):
            self._keys.pop()
            self._waiting.pop()
            return _merge(self._open.pop(), self._merges.pop())
        return 0

    def _name(self, anchor: str | None, value: Any) -> None:
        if anchor:
            self._anchors[anchor] = value

    def _put(self, value: Any) -> int:
        if not self._open:
            self.root = value
            return 1
        holder = self._open[-1]
        if isinstance(holder, list):
            holder.append(value)
            return 1
        self._waiting[-1] = not self._waiting[-1]
        if self._waiting[-1]:
            self._keys[-1] = value if isinstance(value, str) else None
            return 1
        key = self._keys[-1]
        if key == "<<":
            self._merges[-1].append(value)
        elif key is not None:
            holder[key] = value
        return 1


def _merge(holder: dict[str, Any] | list[Any], named: list[Any]) -> int:
    """Give a mapping what `<<` names and it has not itself; the answer is how many values were looked at."""
    seen = 0
    for each in named[:_MAX_MERGED]:
        for source in (each if isinstance(each, list) else [each])[:_MAX_MERGED]:
            entries = list(source.items())[:_MAX_MERGED] if isinstance(source, dict) else []
            seen += 1 + len(entries)
            for key, value in entries:
                if isinstance(holder, dict):
                    holder.setdefault(key, value)
    return seen

"""Which fields YAML that somebody else wrote has: read safely, within limits, each with its line.

1. Text that is not YAML is cut at its top-level keys, and each field is read on its own.
2. Values are JSON-ready: text, numbers that are finite and exact, booleans, null, lists, mappings with text as keys.
   Dates stay the text that was written. A key that is given twice has its last value, as in YAML libraries.
Source: https://yaml.org/spec/1.1/
"""

import math
import re
from typing import Any, Final

import yaml

from stac_ext.model import Problem
from stac_ext.sanitize import MAX_INTEGER, clean_line, clean_text, quoted

MAX_BLOCK: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 50_000
MAX_LARGE: Final = 20
MAX_FIELDS: Final = 1_000
MAX_ALIASES: Final = 100
MAX_CHARACTERS: Final = 1024 * 1024

_TAG = "tag:yaml.org,2002:"
_TOP_LEVEL_KEY = re.compile(r"[^\s#\-\[\]{}&*!|>%@`,?:][^\n]{0,200}?:(\s|$)|[\"'][^\n]{1,200}?[\"']\s*:(\s|$)")
_YAML_FAULTS = (yaml.YAMLError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


class _LimitError(Exception):
    """The block is larger than what is read."""


class _RefusedError(Exception):
    """A value that is not taken from a README."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _BoundedLoader(yaml.SafeLoader):
    """Composes nodes only up to the limits, so that the work and the depth of recursion are bounded."""

    nodes = 0
    depth = 0
    aliases = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.nodes += 1
        self.depth += 1
        self.aliases += self.check_event(yaml.AliasEvent)
        if self.nodes > MAX_NODES or self.depth > MAX_DEPTH or self.aliases > MAX_ALIASES:
            raise _LimitError
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class YamlReader:
    """Reads the fields of one file at `path`.

    `lines` maps a dotted field, to the second level, to its line from 1. `rule` is how the names of its rules begin,
    and `what` is how messages call the text. With `plain`, scalars stay the text that was written, and null None.
    """

    def __init__(self, path: str, *, rule: str, what: str, plain: bool = False) -> None:
        self.fields: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self._path, self._rule, self._what, self._plain = path, rule, what, plain
        self._nodes = 0
        self._characters = 0
        self._large = 0

    def say(self, fault: str, message: str, fix: str = "", line: int | None = None) -> None:
        """Tell of a fault: a rule without the beginning that all rules of this file have."""
        self.problems.append(Problem(f"{self._rule}-{fault}", clean_line(message, 500), fix, self._path, line))

    def read(self, block: str, first_line: int = 1) -> None:
        """Read a text whose first line has this number in its file. Raises nothing."""
        if len(block) > MAX_BLOCK:
            self.say("size", f"{self._what} is larger than 256 KiB and is not used.", "", max(1, first_line - 1))
            return
        self._load(block, first_line)

    def _load(self, block: str, offset: int) -> None:
        try:
            node = _compose(block)
            if node is not None and not isinstance(node, yaml.MappingNode):
                kind = "a list" if isinstance(node, yaml.SequenceNode) else "plain text"
                said = f"{self._what} is {kind} and is not used."
                self.say("type", said, "Write it as `key: value` lines.", offset)
            elif node is not None:
                self._take(node, offset)
        except _LimitError:
            self._salvage(block, offset, None)
        except _YAML_FAULTS as error:
            self._salvage(block, offset, error)

    def _salvage(self, block: str, offset: int, error: Exception | None) -> None:
        """Read each top-level field on its own, so that what is wrong with one costs that one."""
        lines = block.split("\n")
        starts = [n for n, line in enumerate(lines) if _TOP_LEVEL_KEY.match(line)]
        lost = 0
        for start, end in zip(starts[:1000], [*starts[1:], len(lines)], strict=False):
            try:
                node = _compose("\n".join(lines[start:end]))
                if isinstance(node, yaml.MappingNode):
                    self._take(node, offset + start)
            except _LimitError:
                if not self._too_large(offset + start):
                    return
            except _YAML_FAULTS as fault:
                lost += 1
                self._say_fault(fault, offset + start)
        if not lost and error is not None:
            self._say_fault(error, offset)

    def _too_large(self, line: int) -> bool:
        """Tell that a field is larger than what is read; False where it is time to stop."""
        self._large += 1
        said = f"This is nested deeper than {MAX_DEPTH}, or has more than {MAX_NODES} values or {MAX_ALIASES} aliases"
        if self._large < MAX_LARGE:
            self.say("size", f"{said}; it is not used.", "Move it to a file of its own.", line)
            return True
        self.say("size", f"{said}, as others are; nothing is read from here on.", "", line)
        return False

    def _say_fault(self, fault: Exception, offset: int) -> None:
        mark = getattr(fault, "problem_mark", None)
        said = getattr(fault, "problem", None) or "a value that cannot be read"
        line = offset + (mark.line if mark else 0)
        self.say("yaml", f"{self._what} is not valid YAML here: {said}.", "Correct it.", line)

    def _take(self, node: yaml.MappingNode, offset: int) -> None:
        for name, value_node, line in self._pairs(node, offset):
            if len(self.fields) >= MAX_FIELDS:
                self.say("size", f"{self._what} has more than {MAX_FIELDS} fields; the others are not used.", "", line)
                return
            spent = self._nodes, self._characters
            try:
                self.fields[name] = self._value(value_node, offset, 1)
            except _LimitError:
                self._nodes, self._characters = spent
                self.fields.pop(name, None)
                if not self._too_large(line):
                    return
                continue
            except _RefusedError as refused:
                self.fields.pop(name, None)
                self.say("value", f"`{name}` is not used: {refused}.", "", refused.line)
                continue
            self.lines[name] = line
            self.lines.setdefault(name.replace(":", ".", 1), line)  # rules tell of `eo:x` as of `x` in the block `eo`
            for key, below in _children(value_node):
                self.lines[f"{name}.{key}"] = offset + below

    def _pairs(self, node: yaml.MappingNode, offset: int) -> list[tuple[str, yaml.Node, int]]:
        """The entries of a mapping, those of merge keys first, each key once with its last value."""
        merged: list[tuple[str, yaml.Node, int]] = []
        own: dict[str, tuple[str, yaml.Node, int]] = {}
        for key, value in node.value:
            line = offset + key.start_mark.line
            if not isinstance(key, yaml.ScalarNode):
                self.say("key", "A key that is not plain text is not used.", "", line)
            elif key.tag == f"{_TAG}merge":
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for source in reversed(sources):
                    if isinstance(source, yaml.MappingNode) and source is not node:
                        merged += [(str(k.value), v, line) for k, v in source.value if isinstance(k, yaml.ScalarNode)]
            elif name := clean_line(key.value, 200):
                if name in own:
                    said = f"`{name}` is given twice; the last one counts."
                    self.say("duplicate", said, "Remove one of them.", line)
                own[name] = (name, value, line)
        self._spend(len(merged))
        return list({**{entry[0]: entry for entry in merged}, **own}.values())

    def _value(self, node: yaml.Node, offset: int, depth: int) -> Any:
        self._spend(1)
        if depth > MAX_DEPTH:
            raise _LimitError
        line = offset + node.start_mark.line
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, line)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._value(entry, offset, depth + 1) for entry in node.value]
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return {name: self._value(value, offset, depth + 1) for name, value, _ in self._pairs(node, offset)}
        raise _RefusedError(f"the tag {quoted(node.tag)} is not read", line)

    def _scalar(self, node: yaml.ScalarNode, line: int) -> Any:
        text = clean_text(node.value, MAX_BLOCK)
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise _LimitError
        kind = node.tag.removeprefix(_TAG)
        if self._plain and kind in ("bool", "int", "float"):
            return text
        try:
            match kind:
                case "null":
                    return None
                case "bool":
                    return yaml.SafeLoader.bool_values[text.lower()]
                case "int" | "float" if ":" in text or len(text) > 40:  # base 60, or no number that counts anything
                    return text
                case "int":
                    number = yaml.constructor.SafeConstructor().construct_yaml_int(node)
                    return number if abs(number) <= MAX_INTEGER else text
                case "float":
                    return self._finite(yaml.constructor.SafeConstructor().construct_yaml_float(node), line)
                case "str" | "timestamp" | "merge" | "value":
                    return text
        except _YAML_FAULTS:
            raise _RefusedError(f"{quoted(text)} is no {kind}", line) from None
        raise _RefusedError(f"the tag {quoted(node.tag)} is not read", line)

    def _finite(self, number: float, line: int) -> float | None:
        if math.isfinite(number):
            return number
        self.say("number", "A number that is not finite is read as null.", "Write a finite number.", line)
        return None

    def _spend(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:  # counted as expanded, so that aliases cannot multiply
            raise _LimitError


def _compose(text: str) -> yaml.Node | None:
    loader = _BoundedLoader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _children(node: yaml.Node) -> list[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        return [(str(k.value), k.start_mark.line) for k, _ in node.value if isinstance(k, yaml.ScalarNode)]
    if isinstance(node, yaml.SequenceNode):
        return [(str(n), entry.start_mark.line) for n, entry in enumerate(node.value)]
    return []

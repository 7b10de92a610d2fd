"""What a filter is made of once it is understood: conditions over properties and values of one type each.

A condition is true, false or unknown; it is unknown where a property is absent or of another type than the value.
"""

from dataclasses import dataclass
from typing import Literal

Comparison = Literal["=", "<>", "<", "<=", ">", ">="]
Kind = Literal["text", "number", "boolean", "moment"]


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an item: what an item's `properties` are looked up by, and its name as it was asked for."""

    path: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Value:
    """A literal. A moment is in microseconds."""

    kind: Kind
    value: str | float | int | bool


@dataclass(frozen=True, slots=True)
class Always:
    """A condition that holds, or not, for every item."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A property against a value."""

    op: Comparison
    left: Property
    right: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A property equals one of several values of one type."""

    left: Property
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A text property fits a pattern: `%` is any text, `_` one character, a backslash takes the meaning away."""

    left: Property
    pattern: str


@dataclass(frozen=True, slots=True)
class IsNull:
    """A property is absent or null; never unknown."""

    left: Property


@dataclass(frozen=True, slots=True)
class Holds:
    """A property that is a list holds all of the values, or any of them."""

    left: Property
    values: tuple[Value, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class Meets:
    """The geometry of an item intersects an area, WKB in longitude and latitude."""

    area: bytes


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


Condition = Always | Compared | OneOf | Like | IsNull | Holds | Meets | And | Or | Not


def properties_of(condition: Condition) -> set[str]:
    """The names of all properties that a filter asks about."""
    match condition:
        case And(parts) | Or(parts):
            return {name for part in parts for name in properties_of(part)}
        case Not(part):
            return properties_of(part)
        case Compared(left=left) | OneOf(left=left) | Like(left=left) | IsNull(left) | Holds(left=left):
            return {left.name}
        case _:
            return set()

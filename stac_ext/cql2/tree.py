"""What a filter is made of once it is understood: conditions over properties and values of one type each.

A condition is true, false or unknown; it is unknown where a property is absent or of another type than the value.
"""

from dataclasses import dataclass
from typing import Final, Literal

MOMENTS: Final = frozenset({"datetime", "start_datetime", "end_datetime", "created", "updated"})
TOP_LEVEL: Final = frozenset({"id", "collection"})
Comparison = Literal["=", "<>", "<", "<=", ">", ">="]
Kind = Literal["text", "number", "boolean", "moment"]
Operator = Literal["+", "-", "*", "/", "div", "%", "^"]
Relation = Literal["equals", "touches", "within", "overlaps", "crosses", "contains"]


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
class Folded:
    """A text property without letter case, without accents, or without both (`stac_ext/cql2/folding.py`)."""

    of: Property
    case: bool
    marks: bool


@dataclass(frozen=True, slots=True)
class Calculated:
    """A number out of two. Unknown where a side is unknown, is zero as a divisor, or is not 0 and less than 1e-150 or
    more than 1e150 in size; a power also where it would be outside of these bounds, or is no real number. `div` cuts
    the quotient towards zero, and `%` is what is left then.
    """

    op: Operator
    left: "Term"
    right: "Term"


Term = Property | Value | Folded | Calculated


@dataclass(frozen=True, slots=True)
class Always:
    """A condition that holds, or not, for every item."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """Two terms against each other; unknown where they are not of one type."""

    op: Comparison
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class OneOf:
    """A term equals one of several values of one type."""

    left: Term
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A text fits a pattern: `%` is any text, `_` one character, a backslash takes the meaning away."""

    left: Property | Folded
    pattern: str


@dataclass(frozen=True, slots=True)
class IsNull:
    """A property is absent or null, or what is made of it is unknown; never unknown itself."""

    left: Property | Folded | Calculated


@dataclass(frozen=True, slots=True)
class Holds:
    """A property that is a list holds all of the values, or any of them."""

    left: Property
    values: tuple[Value, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Whatever a property that is a list holds is among the values."""

    left: Property
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class HoldsOf:
    """A property that is a list holds all that another one holds, or any of it. Null, lists and objects in a list
    equal nothing.
    """

    left: Property
    right: Property
    every: bool


@dataclass(frozen=True, slots=True)
class Meets:
    """The geometry of an item intersects an area, WKB in longitude and latitude."""

    area: bytes


@dataclass(frozen=True, slots=True)
class Related:
    """The geometry of an item stands in a relation of Simple Features to a shape, WKB in longitude and latitude, which
    is no collection; unknown where the item's is one.
    """

    relation: Relation
    shape: bytes


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


Condition = Always | Compared | OneOf | Like | IsNull | Holds | HeldBy | HoldsOf | Meets | Related | And | Or | Not


def kinds_of(term: Term) -> tuple[Kind, ...]:
    """The types that a term may have; which of them a property has, each item says for itself."""
    match term:
        case Value(kind=kind):
            return (kind,)
        case Folded():
            return ("text",)
        case Calculated():
            return ("number",)
        case Property(name=name):
            if name in MOMENTS:
                return ("moment",)
            return ("text",) if name in TOP_LEVEL else ("text", "number", "boolean")


def properties_of(condition: Condition) -> set[str]:
    """The names of all properties that a filter asks about."""
    match condition:
        case And(parts) | Or(parts):
            return {name for part in parts for name in properties_of(part)}
        case Not(part):
            return properties_of(part)
        case Compared(left=left, right=right) | HoldsOf(left=left, right=right):
            return _named(left) | _named(right)
        case OneOf(left=left) | Like(left=left) | IsNull(left) | Holds(left=left) | HeldBy(left=left):
            return _named(left)
        case _:
            return set()


def _named(term: Term) -> set[str]:
    match term:
        case Property(name=name):
            return {name}
        case Folded(of=of):
            return {of.name}
        case Calculated(left=left, right=right):
            return _named(left) | _named(right)
        case _:
            return set()

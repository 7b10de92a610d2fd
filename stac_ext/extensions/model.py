"""What an extension of STAC is to the hub: its prefix, its schema, its fields, and where they may stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stac_ext.extensions.checks import Check

Values = dict[str, Any]


class MisfitError(ValueError):
    """A field that is right by itself and does not fit the others."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def unchanged(values: Values) -> Values:
    """The values as they were read."""
    return values


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension whose fields the hub knows one by one.

    `fields` maps each name, without the prefix, to the check of its value. `complete` is given all that is declared
    before the checks: it turns the names of older versions into those of this one and fills in what a specification
    defines by other fields. `settle` is given all values after them, and raises MisfitError for a field that does not
    fit the others. `bare` fields have no prefix; `means` then tells whether a value is meant as this field. `anywhere`
    is False for fields that only an asset has.
    """

    prefix: str
    schema: str
    fields: Mapping[str, Check]
    required: tuple[str, ...] = ()
    complete: Callable[[Values], Values] = unchanged
    settle: Callable[[Values], Values] = unchanged
    bare: bool = False
    means: Callable[[Any], bool] = field(default=lambda value: True)
    anywhere: bool = True

    @property
    def name(self) -> str:
        """The name of the extension in the address of its schema, such as `projection`."""
        return self.schema.split("/")[-3]

    def key(self, name: str) -> str:
        """A field's name in an item: with the prefix."""
        return name if self.bare else f"{self.prefix}:{name}"


def published(name: str, version: str) -> str:
    """The schema of an extension of the STAC community."""
    return f"https://stac-extensions.github.io/{name}/v{version}/schema.json"

"""Which fields of an extension are right by the JSON Schema that an operator gave for it, without any network.

A field that the schema finds fault with costs itself; where the fault lies elsewhere, the extension is left out whole.
The schema is that of STAC: it checks an Item. References lead within it, or to what was given with it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from stac_ext.ml.values import bounded
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line

MAX_FIELDS: Final = 200
MAX_BYTES: Final = 64 * 1024
MAX_SCHEMA: Final = 1024 * 1024

_VERSION = re.compile(r"/v?\d+(\.\d+)*[^/]*/")


class SchemaError(ValueError):
    """The schema cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class SchemaExtension:
    """An extension that the hub knows by its schema: `schema` is the address that items declare."""

    prefix: str
    schema: str
    validator: Any = field(repr=False, compare=False)

    def is_version_of(self, address: str) -> bool:
        """Whether an address is that of the schema, but for its version."""
        return _VERSION.sub("/", address.strip().rstrip("#"), count=1) == _VERSION.sub("/", self.schema, count=1)

    def check(self, declared: Mapping[str, Any], log: ProblemLog) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fields that are right and those that are not, by their names without the prefix."""
        found: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for name, value in declared.items():
            try:
                found[clean_line(name, 200)] = bounded(value)
            except ValueError as error:
                self._refuse(name, str(error), log)
                rest[name] = value
        if len(found) > MAX_FIELDS or len(orjson.dumps(found)) > MAX_BYTES:
            return self._without(found, rest, "it has too many fields, or they are longer than 64 KiB", log)
        while found:
            faults = self._faults(found)
            if not faults:
                return found, rest
            named = {name: why for name, why in faults if name in found}
            if not named:
                return self._without(found, rest, faults[0][1], log)
            for name, why in named.items():
                self._refuse(name, why, log)
                rest[name] = found.pop(name)
        return found, rest

    def _faults(self, found: dict[str, Any]) -> list[tuple[str, str]]:
        """What the schema says against an item with the fields: the name of each field, if it is one, and why."""
        properties = {f"{self.prefix}:{name}": value for name, value in found.items()}
        item = {
            "type": "Feature",
            "stac_version": "1.1.0",
            "stac_extensions": [self.schema],
            "id": "1",
            "geometry": None,
            "properties": {"datetime": "2000-01-01T00:00:00Z", **properties},
            "links": [],
            "assets": {},
        }
        try:
            return [self._told(error, found) for error in _deepest(self.validator.iter_errors(item))]
        except Exception as error:  # a reference that leads elsewhere, a pattern that is none
            return [("", f"its schema cannot be applied ({type(error).__name__})")]

    def _told(self, error: Any, found: dict[str, Any]) -> tuple[str, str]:
        path = [str(part) for part in error.absolute_path]
        why = clean_line(str(error.message), 200)
        if path[:1] == ["properties"] and len(path) > 1:
            return path[1].removeprefix(f"{self.prefix}:"), why
        # Unknown keys are told of the object around them.
        unknown = [name for name in found if f"'{self.prefix}:{name}'" in str(error.message)]
        return (unknown[0] if unknown and error.validator == "additionalProperties" else ""), why

    def _refuse(self, name: str, why: str, log: ProblemLog) -> None:
        said = f"`{self.prefix}:{clean_line(name, 100)}` is kept in `sharinghub:extra`: {why}."
        log.add("extension-value", said, f"See {self.schema}.", field=f"{self.prefix}.{name}")

    def _without(
        self, found: dict[str, Any], rest: dict[str, Any], why: str, log: ProblemLog
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        said = f"The extension `{self.prefix}` is left out: {why}."
        log.add("extension-incomplete", said, f"See {self.schema}.", field=self.prefix)
        return {}, {**found, **rest}


def load_extension(prefix: str, schema: str, text: bytes, others: Mapping[str, bytes] | None = None) -> SchemaExtension:
    """An extension by the text of its JSON Schema; `others` are the schemas that it refers to, by their addresses.

    Raises SchemaError, also where the package that applies schemas is not installed.
    """
    try:
        from jsonschema import Draft7Validator  # type: ignore[import-untyped]
        from jsonschema.exceptions import SchemaError as Faulty  # type: ignore[import-untyped]
        from jsonschema.validators import validator_for  # type: ignore[import-untyped]
        from referencing import Registry
        from referencing.jsonschema import DRAFT7
    except ImportError:
        raise SchemaError("needs the package jsonschema") from None
    document = _parsed(text)
    resources = [(schema, DRAFT7.create_resource(document))]
    resources += [(address, DRAFT7.create_resource(_parsed(other))) for address, other in (others or {}).items()]
    kind = validator_for(document, default=Draft7Validator)
    try:
        kind.check_schema(document)
    except Faulty as error:
        raise SchemaError(f"is no JSON Schema: {clean_line(error.message, 200)}") from None
    registry: Any = Registry()
    return SchemaExtension(
        prefix, schema, kind({**document, "$id": schema}, registry=registry.with_resources(resources))
    )


def _parsed(text: bytes) -> dict[str, Any]:
    if len(text) > MAX_SCHEMA:
        raise SchemaError("is larger than 1 MiB")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise SchemaError(f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise SchemaError("is no JSON object")
    return document


def _deepest(errors: Iterable[Any]) -> list[Any]:
    """Errors without those that only sum up others: of alternatives, the faults of the one that comes nearest.

    An alternative for something else than an Item (a Collection, by its `type`) is the farthest.
    """
    deepest: list[Any] = []
    for error in errors:
        branches: dict[Any, list[Any]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0] if inner.schema_path else 0, []).append(inner)
        nearest = min(branches.values(), key=lambda inner: (_is_of_other_type(inner), len(inner)), default=None)
        deepest += _deepest(nearest) if nearest else [error]
    return deepest


def _is_of_other_type(errors: list[Any]) -> bool:
    return any(list(error.absolute_path) == ["type"] for error in errors)

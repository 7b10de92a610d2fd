"""Which properties some items have beside the usual ones, of which types, and which values a few of them take.

Only of items that whoever reads the answer may see: a value tells that there is an item with it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from stac_ext.cql2.names import MAX_NAME, OBJECTS

MAX_VALUES: Final = 100  # with more of them, no list is of use
MAX_PROPERTIES: Final = 300
ENUMERATED: Final = frozenset(
    {
        *("license", "platform", "constellation", "instruments"),
        *("ml-model:type", "ml-model:learning_approach", "ml-model:prediction_type", "ml-model:architecture"),
        *("mlm:architecture", "mlm:framework", "mlm:tasks", "sharinghub:topics"),
    }
)
_TYPES: Final = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def observe(
    items: Iterable[Mapping[str, Any]], usual: Iterable[str], configured: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, Any]]:
    """JSON Schemas by the names that a filter uses: of properties of declared extensions and of metrics their types, of
    some of the usual ones the values, beginning with those that are configured. Properties whose values are of several
    types are of any.
    """
    usual = frozenset(usual)
    types: dict[str, set[str]] = {}
    values = {name: set(texts) for name, texts in configured.items()}
    for item in items:
        for name, value in _named(item["properties"]):
            if name in ENUMERATED:
                values.setdefault(name, set()).update(_texts(value))
            if name not in usual and (kind := _TYPES.get(type(value))) is not None:
                types.setdefault(name, set()).add(kind)
    found: dict[str, dict[str, Any]] = {name: _typed(types[name]) for name in sorted(types)[:MAX_PROPERTIES]}
    for name, texts in values.items():
        if 0 < len(texts) <= MAX_VALUES:
            found.setdefault(name, {})["enum"] = sorted(texts)
    return found


def _named(properties: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in properties.items():
        if name in OBJECTS and isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", one) for inner, one in value.items() if _is_name(inner))
        elif (":" in name and _is_name(name)) or name in ENUMERATED:
            yield name, value


def _is_name(name: str) -> bool:
    return len(name) <= MAX_NAME // 2 and not any(char < " " or char in '"\\' for char in name)


def _texts(value: Any) -> Iterable[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _typed(kinds: set[str]) -> dict[str, Any]:
    if kinds <= {"integer", "number"}:
        return {"type": "integer" if kinds == {"integer"} else "number"}
    return {"type": kinds.pop()} if len(kinds) == 1 else {}

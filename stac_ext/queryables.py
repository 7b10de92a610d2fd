"""What a filter may ask about, with types and titles, as JSON Schema.

Source: https://github.com/stac-api-extensions/filter, OGC API - Features - Part 3
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stac_ext.cql2.names import OBJECTS

QUERYABLES: Final = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SORTABLES: Final = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
_TEXT: Final = {"type": "string"}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_LIST: Final = {"type": "array", "items": {"type": "string"}}
QUERYABLE: Final[dict[str, dict[str, Any]]] = {
    "id": {"title": "Item ID", **_TEXT},
    "geometry": {"title": "Place", "$ref": "https://geojson.org/schema/Geometry.json"},
    "datetime": {"title": "Date and time", **_MOMENT},
    "start_datetime": {"title": "Begin", **_MOMENT},
    "end_datetime": {"title": "End", **_MOMENT},
    "created": {"title": "Created", **_MOMENT},
    "updated": {"title": "Updated", **_MOMENT},
    "title": {"title": "Title", **_TEXT},
    "description": {"title": "Description", **_TEXT},
    "license": {"title": "Licence (SPDX)", **_TEXT},
    "keywords": {"title": "Keywords and topics", **_LIST},
    "version": {"title": "Version; a filter that names it finds releases, too", **_TEXT},
    "platform": {"title": "Platform", **_TEXT},
    "constellation": {"title": "Constellation", **_TEXT},
    "instruments": {"title": "Instruments", **_LIST},
    "gsd": {"title": "Ground sample distance in metres", "type": "number"},
    "eo:cloud_cover": {"title": "Cloud cover in per cent", "type": "number", "minimum": 0, "maximum": 100},
    "sci:doi": {"title": "DOI", **_TEXT},
    "ml-model:type": {"title": "Kind of ML object", **_TEXT},
    "ml-model:learning_approach": {"title": "Learning approach", **_TEXT},
    "ml-model:prediction_type": {"title": "Prediction type", **_TEXT},
    "ml-model:architecture": {"title": "Architecture", **_TEXT},
    "mlm:name": {"title": "Model name", **_TEXT},
    "mlm:architecture": {"title": "Architecture", **_TEXT},
    "mlm:framework": {"title": "Framework", **_TEXT},
    "mlm:tasks": {"title": "Tasks", **_LIST},
    "mlm:total_parameters": {"title": "Number of parameters", "type": "integer"},
    "sharinghub:id": {"title": "ID of the project in GitLab", "type": "integer"},
    "sharinghub:topics": {"title": "Topics of the project in GitLab", **_LIST},
    "sharinghub:visibility": {"title": "Visibility in GitLab", "enum": ["public", "internal", "private"]},
    "sharinghub:path": {"title": "Path of the project in GitLab", **_TEXT},
    "sharinghub:stars": {"title": "Stars in GitLab", "type": "integer"},
    "sharinghub:archived": {"title": "Archived in GitLab", "type": "boolean"},
}
COLLECTION_QUERYABLE: Final[dict[str, dict[str, Any]]] = {
    "id": {"title": "Collection ID", **_TEXT},
    **{name: QUERYABLE[name] for name in ("geometry", "start_datetime", "end_datetime")},
    **{name: QUERYABLE[name] for name in ("title", "description", "license", "keywords")},
}
_PATTERNS: Final = {
    r"^sharinghub:metrics\..+$": {"title": "A metric by its name", "type": "number"},
    r"^mlm:hyperparameters\..+$": {"title": "A hyperparameter by its name"},
}
PREFIXES: Final = tuple(f"{name}." for name in OBJECTS)  # of names of which there are any number
_DRAFT: Final = "https://json-schema.org/draft/2019-09/schema"


def queryables(
    url: str, collections: Sequence[str], title: str, seen: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """The document of queryables for some collections, at its own address.

    `seen` are types of further properties, and the values of some known ones (`stac_ext.observed`).
    """
    among = {"collection": {"title": "Collection ID", "type": "string", "enum": list(collections)}}
    known = {name: _with_values(schema, (seen or {}).get(name, {})) for name, schema in QUERYABLE.items()}
    further = {name: {"title": _title(name), **schema} for name, schema in (seen or {}).items() if name not in known}
    return _schema(url, f"Queryables of {title}", among | known | further) | {
        "patternProperties": _PATTERNS,
        "additionalProperties": True,
    }


def _with_values(schema: dict[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    if "enum" not in seen or "enum" in schema:
        return schema
    values = {"enum": seen["enum"]}
    return {**schema, "items": schema["items"] | values} if schema.get("type") == "array" else schema | values


def _title(name: str) -> str:
    """A metric and a hyperparameter are called by what they are, others by their names."""
    above = next((one for one in PREFIXES if name.startswith(one)), "")
    what = "Metric " if above.startswith("sharinghub:") else "Hyperparameter " if above else ""
    return what + name.removeprefix(above)


def collection_queryables(url: str, collections: Sequence[str], title: str) -> dict[str, Any]:
    """The document of what a filter of collections may ask about, at its own address."""
    among = {"id": {"title": "Collection ID", "type": "string", "enum": list(collections)}}
    return _schema(url, f"Queryables of the collections of {title}", COLLECTION_QUERYABLE | among) | {
        "additionalProperties": True
    }


def sortables(url: str, title: str, fields: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The document of what may be sorted by, at its own address."""
    return _schema(url, f"Sortables of {title}", fields) | {"additionalProperties": False}


def _schema(url: str, title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": _DRAFT, "$id": url, "type": "object", "title": title, "properties": properties}

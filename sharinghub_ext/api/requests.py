"""The parameters of the STAC routes as they are documented; they are parsed by `stac_ext.query`, GET and POST alike."""

from typing import Annotated, Any

import attr
from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from stac_fastapi.types.search import APIRequest

from stac_ext.asking import query_of
from stac_ext.fields import Fields, parse_fields, refused
from stac_ext.query import SearchQuery

_COLLECTIONS = "Ids of the collections to search, separated by commas. None means all."
_IDS = "Ids of the items to return, separated by commas. A project's full path is understood, too."
_BBOX = "Only items that intersect this box: west,south,east,north, with heights in a box of six numbers."
_INTERSECTS = "Only items that intersect this GeoJSON geometry. Excludes bbox."
_DATETIME = "Only items that intersect this RFC 3339 instant or interval; an open end is '..'."
_LIMIT = "The most items that a page holds: 1 to 10000, more is lowered to 10000."
_Q = "Only items whose title, description, keywords or path hold one of these terms, separated by commas."
_SORTBY = "What to sort by, separated by commas, each with '-' before it where it descends."
_FILTER = "Only items for which this CQL2 filter holds. See the queryables."
_FILTER_LANG = "What the filter is written in: cql2-text or cql2-json."
_FILTER_CRS = "What the coordinates of the filter refer to: http://www.opengis.net/def/crs/OGC/1.3/CRS84."
_QUERY = "Only items whose properties meet these operators, as a JSON object. A filter says more."
_FIELDS = "Which fields of an item to return, separated by commas, with '-' before those to leave out."
_TOKEN = "Where the page starts; taken from a link with rel=next or rel=prev."  # noqa: S105
_COLLECTIONS_BBOX = "Only collections whose extent intersects this box. The extent covers what the caller may see."
_COLLECTIONS_DATETIME = "Only collections whose extent intersects this RFC 3339 instant or interval."
_COLLECTIONS_Q = "Only collections whose title, description or keywords hold one of these terms, separated by commas."
_COLLECTIONS_FILTER = "Only collections for which this CQL2 filter holds. See their queryables."
_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_FIELDS_SCHEMA: dict[str, Any] = {"type": "object", "properties": {"include": _NAMES, "exclude": _NAMES}}


@attr.s
class CollectionsRequest(APIRequest):
    """GET /collections."""

    bbox: Annotated[str | None, Query(description=_COLLECTIONS_BBOX)] = attr.ib(default=None)
    datetime: Annotated[str | None, Query(description=_COLLECTIONS_DATETIME)] = attr.ib(default=None)
    limit: Annotated[str | None, Query(description=_LIMIT)] = attr.ib(default=None)
    q: Annotated[str | None, Query(description=_COLLECTIONS_Q)] = attr.ib(default=None)
    filter: Annotated[str | None, Query(description=_COLLECTIONS_FILTER)] = attr.ib(default=None)
    filter_lang: Annotated[str | None, Query(alias="filter-lang", description=_FILTER_LANG)] = attr.ib(default=None)
    filter_crs: Annotated[str | None, Query(alias="filter-crs", description=_FILTER_CRS)] = attr.ib(default=None)
    token: Annotated[str | None, Query(description=_TOKEN)] = attr.ib(default=None)


@attr.s
class ItemsRequest(APIRequest):
    """GET /collections/{collection_id}/items. Clients send the parameters of a search here, too: they mean the same."""

    collection_id: Annotated[str, Path(description="Collection id")] = attr.ib()
    collections: Annotated[str | None, Query(description=_COLLECTIONS)] = attr.ib(default=None)
    ids: Annotated[str | None, Query(description=_IDS)] = attr.ib(default=None)
    intersects: Annotated[str | None, Query(description=_INTERSECTS)] = attr.ib(default=None)
    bbox: Annotated[str | None, Query(description=_BBOX)] = attr.ib(default=None)
    datetime: Annotated[str | None, Query(description=_DATETIME)] = attr.ib(default=None)
    limit: Annotated[str | None, Query(description=_LIMIT)] = attr.ib(default=None)
    q: Annotated[str | None, Query(description=_Q)] = attr.ib(default=None)
    sortby: Annotated[str | None, Query(description=_SORTBY)] = attr.ib(default=None)
    query: Annotated[str | None, Query(description=_QUERY)] = attr.ib(default=None)
    filter: Annotated[str | None, Query(description=_FILTER)] = attr.ib(default=None)
    filter_lang: Annotated[str | None, Query(alias="filter-lang", description=_FILTER_LANG)] = attr.ib(default=None)
    filter_crs: Annotated[str | None, Query(alias="filter-crs", description=_FILTER_CRS)] = attr.ib(default=None)
    fields: Annotated[str | None, Query(description=_FIELDS)] = attr.ib(default=None)
    token: Annotated[str | None, Query(description=_TOKEN)] = attr.ib(default=None)


@attr.s
class SearchRequest(APIRequest):
    """GET /search."""

    collections: Annotated[str | None, Query(description=_COLLECTIONS)] = attr.ib(default=None)
    ids: Annotated[str | None, Query(description=_IDS)] = attr.ib(default=None)
    bbox: Annotated[str | None, Query(description=_BBOX)] = attr.ib(default=None)
    intersects: Annotated[str | None, Query(description=_INTERSECTS)] = attr.ib(default=None)
    datetime: Annotated[str | None, Query(description=_DATETIME)] = attr.ib(default=None)
    limit: Annotated[str | None, Query(description=_LIMIT)] = attr.ib(default=None)
    q: Annotated[str | None, Query(description=_Q)] = attr.ib(default=None)
    sortby: Annotated[str | None, Query(description=_SORTBY)] = attr.ib(default=None)
    query: Annotated[str | None, Query(description=_QUERY)] = attr.ib(default=None)
    filter: Annotated[str | None, Query(description=_FILTER)] = attr.ib(default=None)
    filter_lang: Annotated[str | None, Query(alias="filter-lang", description=_FILTER_LANG)] = attr.ib(default=None)
    filter_crs: Annotated[str | None, Query(alias="filter-crs", description=_FILTER_CRS)] = attr.ib(default=None)
    fields: Annotated[str | None, Query(description=_FIELDS)] = attr.ib(default=None)
    token: Annotated[str | None, Query(description=_TOKEN)] = attr.ib(default=None)


def _documented(description: str, schema: dict[str, Any]) -> Any:
    return Field(None, description=description, json_schema_extra=schema)


class SearchBody(BaseModel):
    """POST /search. A member that this API does not know is refused: ignoring it would answer another question."""

    model_config = ConfigDict(extra="forbid")

    collections: Any = _documented(_COLLECTIONS, {"type": "array", "items": {"type": "string"}})
    ids: Any = _documented(_IDS, {"type": "array", "items": {"type": "string"}})
    bbox: Any = _documented(_BBOX, {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6})
    intersects: Any = _documented(_INTERSECTS, {"type": "object"})
    datetime: Any = _documented(_DATETIME, {"type": "string"})
    limit: Any = _documented(_LIMIT, {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10})
    q: Any = _documented(_Q, {"type": "array", "items": {"type": "string"}})
    sortby: Any = _documented(
        _SORTBY,
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field"],
                "properties": {"field": {"type": "string"}, "direction": {"enum": ["asc", "desc"]}},
            },
        },
    )
    query_: Any = Field(None, alias="query", description=_QUERY, json_schema_extra={"type": "object"})
    filter: Any = _documented(_FILTER, {"type": "object"})
    filter_lang: Any = Field(None, alias="filter-lang", description=_FILTER_LANG)
    filter_crs: Any = Field(None, alias="filter-crs", description=_FILTER_CRS)
    fields: Any = Field(None, description=_FIELDS, json_schema_extra=_FIELDS_SCHEMA)
    token: Any = _documented(_TOKEN, {"type": "string"})

    def query(self) -> SearchQuery:
        """What the body asks for. Raises InvalidParameter."""
        return query_of(self.model_dump(exclude={"token", "fields"}, by_alias=True))

    def wanted(self) -> Fields | None:
        """Which fields of the items the body asks for. Raises InvalidParameter, for null, too."""
        if self.fields is None and "fields" in self.model_fields_set:
            raise refused()
        return parse_fields(self.fields)

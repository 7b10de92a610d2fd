"""What the aggregation routes answer: what the items of a search that the caller may see add up to.

Source: https://github.com/stac-api-extensions/aggregation (v0.3.0)
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from sharinghub_ext.api.links import JSON, Link, Urls, link, with_query
from sharinghub_ext.api.notices import near_miss_header
from sharinghub_ext.api.parameters import given, refuse_unknown
from sharinghub_ext.auth.dependency import viewer_of
from sharinghub_ext.problems import not_found
from stac_ext.aggregations import OPTIONS, PRECISION, described, parse_aggregations
from stac_ext.asking import CONDITIONS, query_of, values_of_text
from stac_ext.categories import Category
from stac_ext.query import InvalidParameter, parse_names
from stac_ext.store.reader import CatalogueReader

_WITHOUT: Final = frozenset({"limit", "sortby"})
PARAMETERS: Final = (*(name for name in CONDITIONS if name not in _WITHOUT), "aggregations", *OPTIONS)


class AggregateBody(BaseModel):
    """POST /aggregate: the conditions of a search, and the names of aggregations."""

    model_config = ConfigDict(extra="forbid")

    collections: Any = None
    ids: Any = None
    bbox: Any = None
    intersects: Any = None
    datetime: Any = None
    q: Any = None
    query_: Any = Field(None, alias="query")
    filter: Any = None
    filter_lang: Any = Field(None, alias="filter-lang")
    filter_crs: Any = Field(None, alias="filter-crs")
    aggregations: Any = Field(None, json_schema_extra={"type": "array", "items": {"type": "string"}})
    datetime_frequency_interval: Any = None
    centroid_geohash_grid_frequency_precision: Any = None


class Aggregating:
    """The routes below /aggregate and /aggregations, of the catalogue and of each collection."""

    def __init__(self, reader: CatalogueReader, categories: Sequence[Category], urls: Urls) -> None:
        self._reader, self._categories, self._urls = reader, categories, urls

    def routes(self) -> Iterator[tuple[str, str, Callable[..., Awaitable[Response]], dict[str, Any]]]:
        """Method, path, handler and what the OpenAPI document says beside of each route."""

        async def list_all(request: Request) -> Response:
            return self._list(request, None)

        async def list_of_collection(request: Request, collection_id: str) -> Response:
            return self._list(request, collection_id)

        async def get_all(request: Request) -> Response:
            return await self._get(request, None)

        async def get_of_collection(request: Request, collection_id: str) -> Response:
            return await self._get(request, collection_id)

        async def post_all(body: AggregateBody, request: Request) -> Response:
            return await self._post(body, request, None)

        async def post_of_collection(body: AggregateBody, request: Request, collection_id: str) -> Response:
            return await self._post(body, request, collection_id)

        parameters = {"parameters": [_parameter(name) for name in PARAMETERS]}
        for base, handlers in (
            ("", (list_all, get_all, post_all)),
            ("/collections/{collection_id}", (list_of_collection, get_of_collection, post_of_collection)),
        ):
            yield "GET", f"{base}/aggregations", handlers[0], {}
            yield "GET", f"{base}/aggregate", handlers[1], parameters
            yield "POST", f"{base}/aggregate", handlers[2], {}

    def _list(self, request: Request, collection_id: str | None) -> Response:
        refuse_unknown(request, ())
        base = self._base(collection_id)
        links = [
            link("self", f"{base}/aggregations"),
            link("root", self._urls.stac),
            link("aggregate", f"{base}/aggregate"),
        ]
        return _told(described(), links)

    async def _get(self, request: Request, collection_id: str | None) -> Response:
        refuse_unknown(request, PARAMETERS)
        asked = given(request, PARAMETERS)
        values: dict[str, Any] = values_of_text(asked)
        if text := asked["aggregations"]:
            values["aggregations"] = [one.strip() for one in text.split(",")]
        if (text := asked[PRECISION]) and text.isascii() and text.isdigit() and len(text) < 10:
            values[PRECISION] = int(text)
        url = with_query(f"{self._base(collection_id)}/aggregate", asked)
        return await self._answer(request, collection_id, values, link("self", url, method="GET"))

    async def _post(self, body: AggregateBody, request: Request, collection_id: str | None) -> Response:
        refuse_unknown(request, ())
        values = {name: value for name, value in body.model_dump(by_alias=True).items() if value is not None}
        url = f"{self._base(collection_id)}/aggregate"
        return await self._answer(request, collection_id, values, link("self", url, method="POST"))

    async def _answer(
        self, request: Request, collection_id: str | None, values: dict[str, Any], itself: Link
    ) -> Response:
        wanted = parse_aggregations(values.pop("aggregations", None), values)
        conditions = {name: value for name, value in values.items() if name not in OPTIONS}
        if collection_id is not None:
            conditions["collections"] = _within(collection_id, conditions.get("collections"))
        query = query_of(conditions)
        found = await asyncio.to_thread(self._reader.aggregate, viewer_of(request), query, wanted)
        return _told(found, [itself, link("root", self._urls.stac)], near_miss_header(query.filter))

    def _base(self, collection_id: str | None) -> str:
        if collection_id is None:
            return self._urls.stac
        if all(collection_id != one.id for one in self._categories):
            raise not_found()
        return self._urls.collection(collection_id)


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}


def _within(collection_id: str, asked: object) -> list[str]:
    others = parse_names("collections", asked, collection_id)
    if others is not None and collection_id not in others:
        raise InvalidParameter("collections", "names other collections than this one", collection_id)
    return [collection_id]


def _told(found: Sequence[Mapping[str, Any]], links: Sequence[Link], headers: dict[str, str] | None = None) -> Response:
    body = {"type": "AggregationCollection", "aggregations": list(found), "links": list(links)}
    return Response(orjson.dumps(body), headers=headers, media_type=JSON)

"""What the STAC routes answer: stored items joined to pages, collections as the caller may see them, and links.

Stored JSON is passed on byte for byte; nothing on the way to a page parses an item.
"""

# mypy: disable-error-code="override"
# stac-fastapi declares dicts as answers and accepts a Response, which is passed on unread.

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

import attr
import orjson
from fastapi import Request
from fastapi.responses import RedirectResponse
from stac_fastapi.types.core import AsyncBaseCoreClient
from starlette.responses import Response

from sharinghub_ext.api.language import (
    language_headers,
    language_of,
    say_languages,
    translated,
    wanted_languages,
)
from sharinghub_ext.api.links import GEOJSON, JSON, SCHEMA, Link, Urls, link, with_query
from sharinghub_ext.api.requests import SearchBody
from sharinghub_ext.auth.dependency import viewer_for, viewer_of
from sharinghub_ext.problems import not_found
from stac_ext.asking import CONDITIONS, query_of, values_of_text
from stac_ext.categories import Category
from stac_ext.collections import build_collection
from stac_ext.items.versions import project_of
from stac_ext.keyset import PageTokens
from stac_ext.model import Viewer
from stac_ext.query import MAX_LIMIT, InvalidParameter, SearchQuery, parse_names
from stac_ext.queryables import QUERYABLES, SORTABLES, queryables, sortables
from stac_ext.sorting import SORTABLE
from stac_ext.store.reader import CatalogueReader, Page
from stac_ext.times import from_micros
from stac_ext.urls import BuildContext

CONFORMANCE = (
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    *(f"https://api.stacspec.org/v1.0.0/{part}#sort" for part in ("item-search", "ogcapi-features")),
    *(f"https://api.stacspec.org/v1.0.0-rc.1/{part}#free-text" for part in ("item-search", "ogcapi-features")),
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    *(f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{part}" for part in ("filter", "features-filter")),
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    *(f"http://www.opengis.net/spec/cql2/1.0/conf/{part}" for part in ("cql2-text", "cql2-json", "basic-cql2")),
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
)


@attr.s(auto_attribs=True, kw_only=True)
class CatalogueClient(AsyncBaseCoreClient):
    """stac-fastapi's client on the catalogue store."""

    reader: CatalogueReader
    categories: Sequence[Category]
    urls: Urls
    tokens: PageTokens
    context: BuildContext

    async def landing_page(self, request: Request, **_: Any) -> Response:
        """GET /: the catalogue, with one child link for each collection."""
        urls = self.urls
        links = [
            link("self", urls.stac, title="This document"),
            link("root", urls.stac, title=self.title),
            link("conformance", f"{urls.stac}/conformance", title="Conformance classes"),
            link("data", f"{urls.stac}/collections", title="Collections"),
            link("search", f"{urls.stac}/search", GEOJSON, title="Search (GET)", method="GET"),
            link("search", f"{urls.stac}/search", GEOJSON, title="Search (POST)", method="POST"),
            link(QUERYABLES, f"{urls.stac}/queryables", SCHEMA, title="What a filter may ask about"),
            link(SORTABLES, f"{urls.stac}/sortables", SCHEMA, title="What may be sorted by"),
            link("service-desc", f"{urls.public}/api", "application/vnd.oai.openapi+json;version=3.0", title="OpenAPI"),
            link("service-doc", f"{urls.public}/api.html", "text/html", title="API documentation"),
        ]
        links += [link("child", urls.collection(one.id), title=one.title) for one in self.categories]
        return _json(
            {
                "type": "Catalog",
                "stac_version": "1.1.0",
                "stac_extensions": [],
                "id": self.landing_page_id,
                "title": self.title,
                "description": self.description,
                "conformsTo": list(CONFORMANCE),
                "links": links,
            }
        )

    async def conformance(self, **_: Any) -> Response:
        """GET /conformance."""
        return _json({"conformsTo": list(CONFORMANCE)})

    async def all_collections(self, request: Request, **_: Any) -> Response:
        """GET /collections: every collection, its extent covering what the caller may see."""
        viewer, wanted = viewer_of(request), wanted_languages(request.headers.get("accept-language"))
        found = [await self._collection(viewer, category, wanted) for category in self.categories]
        links = [link("self", f"{self.urls.stac}/collections"), link("root", self.urls.stac)]
        count = len(found)
        answer = {"collections": found, "links": links, "numberMatched": count, "numberReturned": count}
        return _json(answer, {"Vary": "Accept-Language"})

    async def get_collection(self, collection_id: str, request: Request, **_: Any) -> Response:
        """GET /collections/{collection_id}."""
        wanted = wanted_languages(request.headers.get("accept-language"))
        category = self._category(collection_id)
        collection = await self._collection(viewer_of(request), category, wanted)
        return _json(collection, language_headers(category, language_of(category, wanted)))

    async def get_queryables(self, request: Request, collection_id: str | None = None) -> Response:
        """GET /queryables and /collections/{collection_id}/queryables."""
        return self._schema("queryables", collection_id)

    async def get_sortables(self, request: Request, collection_id: str | None = None) -> Response:
        """GET /sortables and /collections/{collection_id}/sortables."""
        return self._schema("sortables", collection_id)

    def _schema(self, what: str, collection_id: str | None) -> Response:
        category = self._category(collection_id) if collection_id is not None else None
        base = self.urls.collection(category.id) if category else self.urls.stac
        title, url = category.title if category else self.title, f"{base}/{what}"
        if what == "sortables":
            return _json(sortables(url, title, SORTABLE), media_type=SCHEMA)
        among = [category.id] if category else [one.id for one in self.categories]
        return _json(queryables(url, among, title), media_type=SCHEMA)

    async def item_collection(self, collection_id: str, request: Request, **parameters: Any) -> Response:
        """GET /collections/{collection_id}/items."""
        category = self._category(collection_id)
        token = parameters.pop("token", None)
        asked = {name: parameters.get(name.replace("-", "_")) for name in CONDITIONS}
        _refuse_unknown(request, (*asked, "token"))
        values = values_of_text(asked)
        others = parse_names("collections", values.pop("collections", None), category.id)
        if others is not None and category.id not in others:
            raise InvalidParameter("collections", "names other collections than this one", category.id)
        query = query_of({**values, "collections": [category.id]})
        page = await self._page(viewer_of(request), query, token)
        url = self.urls.items(category.id)
        links = [
            link("self", with_query(url, {**asked, "token": token}), GEOJSON),
            link("collection", self.urls.collection(category.id)),
            *self._next_by_get(url, asked, page, query),
        ]
        return self._items(page, links, asked["limit"])

    async def get_item(self, item_id: str, collection_id: str, request: Request, **_: Any) -> Response:
        """GET /collections/{collection_id}/items/{item_id}; a project's path in place of the id leads there."""
        project_id = project_of(item_id)
        viewer = viewer_of(request) if project_id is None else await viewer_for(request, project_id)
        doc = await asyncio.to_thread(self.reader.item, viewer, collection_id, item_id)
        if doc is None:
            raise not_found()
        return Response(doc, media_type=GEOJSON)

    async def item_by_path(self, collection_id: str, path: str, request: Request) -> Response:
        """GET /collections/{collection_id}/items/{group}/{project}: the way to the item of the project at a path."""
        viewer = viewer_of(request)
        item_id = await asyncio.to_thread(self.reader.item_id_of_path, viewer, collection_id, path.rstrip("/"))
        if item_id is None:
            raise not_found()
        return RedirectResponse(self.urls.item(collection_id, item_id), 307)

    async def get_search(self, request: Request, **parameters: Any) -> Response:
        """GET /search."""
        token = parameters.pop("token", None)
        asked = {name: parameters.get(name.replace("-", "_")) for name in CONDITIONS}
        _refuse_unknown(request, (*asked, "token"))
        query = query_of(values_of_text(asked))
        page = await self._page(viewer_of(request), query, token)
        url = f"{self.urls.stac}/search"
        links = [
            link("self", with_query(url, {**asked, "token": token}), GEOJSON),
            *self._next_by_get(url, asked, page, query),
        ]
        return self._items(page, links, asked["limit"])

    async def post_search(self, search_request: SearchBody, request: Request, **_: Any) -> Response:
        """POST /search: its `next` link carries the whole body, with the token."""
        query = search_request.query()
        body = _body(search_request, query)
        page = await self._page(viewer_of(request), query, search_request.token)
        url = f"{self.urls.stac}/search"
        links = [link("self", url, GEOJSON, method="POST", body=body)]
        if page.next is not None:
            following = {**body, "token": self.tokens.seal(page.next, query.digest())}
            links.append(link("next", url, GEOJSON, method="POST", body=following, merge=False))
        return self._items(page, links, search_request.limit)

    async def _page(self, viewer: Viewer, query: SearchQuery, token: object) -> Page:
        if token is not None and not isinstance(token, str):
            raise InvalidParameter("token", "must be a text", "follow the link with rel=next as it is")
        after = self.tokens.open(token, query.digest()) if token else None
        return await asyncio.to_thread(self.reader.search, viewer, query, after)

    def _next_by_get(self, url: str, asked: dict[str, Any], page: Page, query: SearchQuery) -> list[Link]:
        if page.next is None:
            return []
        token = self.tokens.seal(page.next, query.digest())
        return [link("next", with_query(url, {**asked, "token": token}), GEOJSON, method="GET")]

    def _items(self, page: Page, links: list[Link], asked_limit: object) -> Response:
        tail: dict[str, Any] = {"links": [*links, link("root", self.urls.stac)], "numberReturned": len(page.docs)}
        if page.matched is not None:
            tail["numberMatched"] = page.matched
        body = b"".join(
            (b'{"type":"FeatureCollection","features":[', b",".join(page.docs), b"],", orjson.dumps(tail)[1:])
        )
        response = Response(body, media_type=GEOJSON)
        if asked_limit is not None and str(asked_limit).isdigit() and int(str(asked_limit)) > MAX_LIMIT:
            response.headers["SharingHub-Limit"] = str(MAX_LIMIT)
        return response

    async def _collection(self, viewer: Viewer, category: Category, wanted: list[str]) -> dict[str, Any]:
        language = language_of(category, wanted)
        extent = await asyncio.to_thread(self.reader.extent, viewer, category.id)
        start, end = (None if end is None else from_micros(end) for end in (extent.start, extent.end))
        collection = build_collection(translated(category, language), self.context, (extent.bbox, (start, end)))
        return say_languages(collection, category, language)

    def _category(self, collection_id: str) -> Category:
        for category in self.categories:
            if category.id == collection_id:
                return category
        raise not_found()


def _refuse_unknown(request: Request, known: Collection[str]) -> None:
    """OGC API Features, /req/core/query-param-unknown: an ignored condition would answer another question."""
    for name in request.query_params:
        if name not in known:
            raise InvalidParameter(name[:100], "is not a parameter of this route", ", ".join(known))
        if len(request.query_params.getlist(name)) > 1:
            raise InvalidParameter(name, "is given more than once", f"{name}=a,b")


def _body(search: SearchBody, query: SearchQuery) -> dict[str, Any]:
    """The body as it goes into links. Raises InvalidParameter where it holds what cannot be written as JSON again."""
    body = {name: value for name, value in search.model_dump(by_alias=True).items() if value is not None}
    if "limit" in body:
        body["limit"] = query.limit
    try:
        orjson.dumps(body)
    except (TypeError, orjson.JSONEncodeError):
        example = '{"intersects":{"type":"Point","coordinates":[7.4,46.9]}}'
        raise InvalidParameter(
            "body", "holds a number, text or nesting that JSON readers do not take", example
        ) from None
    return body


def _json(content: Any, headers: dict[str, str] | None = None, media_type: str = JSON) -> Response:
    return Response(orjson.dumps(content), headers=headers, media_type=media_type)

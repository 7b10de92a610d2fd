"""What the STAC routes answer: stored items joined to pages, collections as the caller may see them, and links.

Stored JSON is passed on byte for byte; nothing on the way to a page parses an item.
"""

# mypy: disable-error-code="override"
# stac-fastapi declares dicts as answers and accepts a Response, which is passed on unread.

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import attr
import orjson
from fastapi import Request
from fastapi.responses import RedirectResponse
from stac_fastapi.types.core import AsyncBaseCoreClient
from starlette.responses import Response

from sharinghub_ext.api.accepting import preferred
from sharinghub_ext.api.collections import PARAMETERS, CollectionTeller, search_of
from sharinghub_ext.api.conformance import CONFORMANCE
from sharinghub_ext.api.language import language_headers, language_of, wanted_languages
from sharinghub_ext.api.links import GEOJSON, HTML, JSON, SCHEMA, Link, Urls, link, with_query
from sharinghub_ext.api.notices import limit_header, near_miss_header, said_of
from sharinghub_ext.api.openapi_versions import OAS30, OAS31
from sharinghub_ext.api.paging import feature_collection, links_by_get, links_by_post, selected
from sharinghub_ext.api.parameters import refuse_unknown
from sharinghub_ext.api.public_values import PublicValues
from sharinghub_ext.api.requests import SearchBody
from sharinghub_ext.auth.dependency import viewer_for, viewer_of
from sharinghub_ext.problems import not_found
from stac_ext.asking import CONDITIONS, query_of, values_of_text
from stac_ext.categories import Category
from stac_ext.collections import CollectionSearch
from stac_ext.fields import Fields, parse_fields
from stac_ext.items.versions import project_of
from stac_ext.keyset import PageKey, PageTokens
from stac_ext.model import Viewer
from stac_ext.query import InvalidParameter, SearchQuery, parse_names
from stac_ext.queryables import (
    COLLECTION_QUERYABLE,
    QUERYABLES,
    SORTABLES,
    collection_queryables,
    queryables,
    sortables,
)
from stac_ext.sorting import SORTABLE
from stac_ext.store.reader import CatalogueReader, Page
from stac_ext.urls import BuildContext


@attr.s(auto_attribs=True, kw_only=True)
class CatalogueClient(AsyncBaseCoreClient):
    """stac-fastapi's client on the catalogue store."""

    reader: CatalogueReader
    categories: Sequence[Category]
    urls: Urls
    browser_url: str | None
    tokens: PageTokens
    context: BuildContext
    values: PublicValues = attr.ib(default=attr.Factory(lambda self: PublicValues(self.reader), takes_self=True))

    async def landing_page(self, request: Request, **_: Any) -> Response:
        """GET /: the catalogue, with one child link for each collection."""
        if (browser := self._browser(request, "")) is not None:
            return browser
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
            link("aggregate", f"{urls.stac}/aggregate", title="What items add up to (GET)", method="GET"),
            link("aggregate", f"{urls.stac}/aggregate", title="What items add up to (POST)", method="POST"),
            link("aggregations", f"{urls.stac}/aggregations", title="What can be added up"),
            link("children", f"{urls.stac}/children", title="Children"),
            link("service-desc", f"{urls.public}/api", OAS31, title="OpenAPI 3.1"),
            link("service-desc", f"{urls.public}/api", OAS30, title="OpenAPI 3.0"),
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

    async def all_collections(self, request: Request, **parameters: Any) -> Response:
        """GET /collections: those that are searched for, each over what the caller may see."""
        token = parameters.pop("token", None)
        asked = {name: parameters.get(name.replace("-", "_")) for name in PARAMETERS}
        refuse_unknown(request, (*asked, "token"))
        search, limit = search_of(asked)
        wanted = wanted_languages(request.headers.get("accept-language"))
        found = await self._teller.found(viewer_of(request), self.categories, wanted, search)
        url, digest = f"{self.urls.stac}/collections", search.digest()
        start = int(self.tokens.open(token, digest).values[0] or 0) if token else 0
        page = found[start : start + limit]
        links = [link("self", with_query(url, {**asked, "token": token})), link("root", self.urls.stac)]
        links.append(link(QUERYABLES, f"{self.urls.stac}/collections-queryables", SCHEMA))
        for rel, there, at in (
            ("next", start + limit < len(found), start + limit),
            ("prev", start > 0, max(0, start - limit)),
        ):
            if there:
                sealed = self.tokens.seal(PageKey((at,)), digest)
                links.append(link(rel, with_query(url, {**asked, "token": sealed}), method="GET"))
        answer = {"collections": page, "links": links, "numberMatched": len(found), "numberReturned": len(page)}
        said = {**limit_header(asked["limit"]), **near_miss_header(search.filter, COLLECTION_QUERYABLE)}
        return _json(answer, {"Vary": "Accept-Language", **said})

    async def children(self, request: Request) -> Response:
        """GET /children: what the `child` links of the landing page lead to. Source: STAC API 1.0.0, Children"""
        refuse_unknown(request, ())
        wanted = wanted_languages(request.headers.get("accept-language"))
        found = await self._teller.found(viewer_of(request), self.categories, wanted, CollectionSearch())
        links = [link("self", f"{self.urls.stac}/children"), link("root", self.urls.stac)]
        return _json({"children": found, "links": links}, {"Vary": "Accept-Language"})

    async def get_collection(self, collection_id: str, request: Request, **_: Any) -> Response:
        """GET /collections/{collection_id}."""
        wanted = wanted_languages(request.headers.get("accept-language"))
        category = self._category(collection_id)
        if (browser := self._browser(request, f"/collections/{quote(category.id, safe='')}")) is not None:
            return browser
        collection = await self._teller.tell(viewer_of(request), category, wanted)
        return _json(collection, language_headers(category, language_of(category, wanted)))

    @property
    def _teller(self) -> CollectionTeller:
        return CollectionTeller(self.reader, self.context)

    async def get_queryables(self, request: Request, collection_id: str | None = None) -> Response:
        """GET /queryables and /collections/{collection_id}/queryables."""
        return await self._schema("queryables", collection_id, request)

    async def get_sortables(self, request: Request, collection_id: str | None = None) -> Response:
        """GET /sortables and /collections/{collection_id}/sortables."""
        return await self._schema("sortables", collection_id, request)

    async def get_collection_queryables(self, request: Request) -> Response:
        """GET /collections-queryables: what a filter of collections may ask about."""
        url, among = f"{self.urls.stac}/collections-queryables", [one.id for one in self.categories]
        media_type = preferred(request.headers.get("accept"), (SCHEMA, JSON))
        return _json(collection_queryables(url, among, self.title), media_type=media_type)

    async def _schema(self, what: str, collection_id: str | None, request: Request) -> Response:
        media_type = preferred(request.headers.get("accept"), (SCHEMA, JSON))
        category = self._category(collection_id) if collection_id is not None else None
        base = self.urls.collection(category.id) if category else self.urls.stac
        title, url = category.title if category else self.title, f"{base}/{what}"
        if what == "sortables":
            return _json(sortables(url, title, SORTABLE), media_type=media_type)
        among = [category] if category else self.categories
        seen = await asyncio.to_thread(self.values.seen_by, viewer_of(request), among)
        return _json(queryables(url, [one.id for one in among], title, seen), media_type=media_type)

    async def item_collection(self, collection_id: str, request: Request, **parameters: Any) -> Response:
        """GET /collections/{collection_id}/items."""
        category = self._category(collection_id)
        asked, token = _asked(request, parameters)
        values = values_of_text(asked)
        others = parse_names("collections", values.pop("collections", None), category.id)
        if others is not None and category.id not in others:
            raise InvalidParameter("collections", "names other collections than this one", category.id)
        links = [link("collection", self.urls.collection(category.id))]
        url = self.urls.items(category.id)
        return await self._by_get(request, url, asked, {**values, "collections": [category.id]}, token, links)

    async def get_item(self, item_id: str, collection_id: str, request: Request, **_: Any) -> Response:
        """GET /collections/{collection_id}/items/{item_id}; a project's path in place of the id leads there."""
        project_id = project_of(item_id)
        viewer = viewer_of(request) if project_id is None else await viewer_for(request, project_id)
        doc = await asyncio.to_thread(self.reader.item, viewer, collection_id, item_id)
        if doc is None:
            raise not_found()
        path = f"/collections/{quote(collection_id, safe='')}/items/{quote(item_id, safe='')}"
        if (browser := self._browser(request, path)) is not None:
            return browser
        return Response(doc, media_type=preferred(request.headers.get("accept"), (GEOJSON, JSON)))

    def _browser(self, request: Request, path: str) -> Response | None:
        """The way to the page of a document, for those who would rather have a page, where there is one."""
        if self.browser_url is None or preferred(request.headers.get("accept"), (JSON, GEOJSON, HTML)) != HTML:
            return None
        return RedirectResponse(f"{self.browser_url}{path}", 307)

    async def item_by_path(self, collection_id: str, path: str, request: Request) -> Response:
        """GET /collections/{collection_id}/items/{group}/{project}: the way to the item of the project at a path."""
        viewer = viewer_of(request)
        item_id = await asyncio.to_thread(self.reader.item_id_of_path, viewer, collection_id, path.rstrip("/"))
        if item_id is None:
            raise not_found()
        return RedirectResponse(self.urls.item(collection_id, item_id), 307)

    async def get_search(self, request: Request, **parameters: Any) -> Response:
        """GET /search."""
        asked, token = _asked(request, parameters)
        return await self._by_get(request, f"{self.urls.stac}/search", asked, values_of_text(asked), token)

    async def _by_get(
        self,
        request: Request,
        url: str,
        asked: dict[str, Any],
        values: dict[str, Any],
        token: object,
        links: Sequence[Link] = (),
    ) -> Response:
        fields, query = parse_fields(values.pop("fields", None)), query_of(values)
        page, docs = await self._page(viewer_of(request), query, fields, token)
        links = [
            link("self", with_query(url, {**asked, "token": token}), GEOJSON),
            *links,
            *links_by_get(url, asked, page, query, self.tokens),
            link("root", self.urls.stac),
        ]
        return feature_collection(request, docs, page.matched, links, said_of(query, asked["limit"]))

    async def post_search(self, search_request: SearchBody, request: Request, **_: Any) -> Response:
        """POST /search: the links to other pages carry the whole body, with a token."""
        query, fields = search_request.query(), search_request.wanted()
        body = _body(search_request, query)
        page, docs = await self._page(viewer_of(request), query, fields, search_request.token)
        url = f"{self.urls.stac}/search"
        links = [
            link("self", url, GEOJSON, method="POST", body=body),
            *links_by_post(url, body, page, query, self.tokens),
            link("root", self.urls.stac),
        ]
        return feature_collection(request, docs, page.matched, links, said_of(query, search_request.limit))

    async def _page(
        self, viewer: Viewer, query: SearchQuery, fields: Fields | None, token: object
    ) -> tuple[Page, list[bytes]]:
        if token is not None and not isinstance(token, str):
            raise InvalidParameter("token", "must be a text", "follow the link with rel=next as it is")
        at = self.tokens.open(token, query.digest()) if token else None

        def read() -> tuple[Page, list[bytes]]:
            page = self.reader.search(viewer, query, at)
            return page, selected(page, fields)

        return await asyncio.to_thread(read)

    def _category(self, collection_id: str) -> Category:
        for category in self.categories:
            if category.id == collection_id:
                return category
        raise not_found()


def _asked(request: Request, parameters: dict[str, Any]) -> tuple[dict[str, Any], object]:
    """The conditions of a GET as they were sent, and its page token."""
    token = parameters.pop("token", None)
    asked = {name: parameters.get(name.replace("-", "_")) for name in (*CONDITIONS, "fields")}
    refuse_unknown(request, (*asked, "token"))
    return asked, token


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

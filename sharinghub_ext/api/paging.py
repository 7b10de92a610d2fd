"""The pages of a search: their links, and the features as the caller wants them."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sharinghub_ext.api.accepting import preferred
from sharinghub_ext.api.links import GEOJSON, JSON, Link, link, with_query
from stac_ext.fields import Fields
from stac_ext.keyset import PageTokens
from stac_ext.query import SearchQuery
from stac_ext.store.reader import Page


def links_by_get(url: str, asked: dict[str, Any], page: Page, query: SearchQuery, tokens: PageTokens) -> list[Link]:
    """The next and the previous page for GET: the same parameters with another token."""
    return [
        link(rel, with_query(url, {**asked, "token": token}), GEOJSON, method="GET")
        for rel, token in _beside(page, query, tokens)
    ]


def links_by_post(url: str, body: dict[str, Any], page: Page, query: SearchQuery, tokens: PageTokens) -> list[Link]:
    """The same for POST: each link carries the whole body."""
    return [
        link(rel, url, GEOJSON, method="POST", body={**body, "token": token}, merge=False)
        for rel, token in _beside(page, query, tokens)
    ]


def _beside(page: Page, query: SearchQuery, tokens: PageTokens) -> list[tuple[str, str]]:
    keys = (("next", page.next), ("prev", page.previous))
    return [(rel, tokens.seal(key, query.digest())) for rel, key in keys if key is not None]


def selected(page: Page, fields: Fields | None) -> list[bytes]:
    """The items of a page; only where not all of their fields are wanted are they parsed."""
    if fields is None:
        return list(page.docs)
    return [orjson.dumps(fields.of(orjson.loads(doc))) for doc in page.docs]


def feature_collection(
    request: Request, docs: list[bytes], matched: int | None, links: list[Link], headers: dict[str, str]
) -> Response:
    """The answer with the items of a page."""
    tail: dict[str, Any] = {"links": links, "numberReturned": len(docs)}
    if matched is not None:
        tail["numberMatched"] = matched
    body = b"".join((b'{"type":"FeatureCollection","features":[', b",".join(docs), b"],", orjson.dumps(tail)[1:]))
    return Response(body, headers=headers, media_type=preferred(request.headers.get("accept"), (GEOJSON, JSON)))

"""Which part of a list a page is, and the headers that say so (https://docs.gitlab.com/api/rest/#pagination)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.responses import JSONResponse

from gitlab_hooks.standin.calls import Call, invalid
from gitlab_hooks.standin.model import Project
from gitlab_hooks.standin.objects import Entry
from gitlab_hooks.standin.parameters import ApiError

T = TypeVar("T")
DEFAULT_SIZE, LARGEST_SIZE = 20, 100
COUNTED_ROWS, LARGEST_OFFSET = 10_000, 50_000


def page_size(call: Call) -> int:
    size = call.number("per_page", DEFAULT_SIZE) or 0
    if size < 1:
        raise invalid("per_page", "has a value not allowed" if size == 0 else "does not have a valid value")
    return min(size, LARGEST_SIZE)


def _page_number(call: Call) -> int:
    page = call.number("page", 1) or 0
    if page < 1:
        raise invalid("page", "does not have a valid value")
    return page


def link(call: Call, rel: str, **changes: Any) -> str:
    query = {key: value for key, value in call.query.items() if key not in ("private_token", "access_token")}
    base = call.url.partition("?")[0]
    return f'<{base}?{urlencode(query | changes, doseq=True)}>; rel="{rel}"'


def paged(call: Call, rows: Sequence[T], shape: Callable[[T], Any], *, offset_limit: bool = False) -> JSONResponse:
    """One page by number. Totals are left out above 10,000 rows; `offset_limit` refuses an offset above 50,000."""
    size, page, total = page_size(call), _page_number(call), len(rows)
    start = (page - 1) * size
    if offset_limit and page * size > LARGEST_OFFSET:
        raise ApiError(
            405,
            {
                "error": f"Offset pagination has a maximum allowed offset of {LARGEST_OFFSET} for requests that return "
                "objects of type Project. Remaining records can be retrieved using keyset pagination."
            },
        )
    pages = max(1, -(-total // size))
    more = start + size < total
    headers = {
        "X-Per-Page": str(size),
        "X-Page": str(page),
        "X-Next-Page": str(page + 1) if more else "",
        "X-Prev-Page": str(page - 1) if page > 1 else "",
    }
    defaults = {"per_page": size}
    links = [link(call, "prev", **defaults, page=page - 1)] if page > 1 else []
    links += [link(call, "next", **defaults, page=page + 1)] if more else []
    links += [link(call, "first", **defaults, page=1)]
    if total <= COUNTED_ROWS:
        headers |= {"X-Total": str(total), "X-Total-Pages": str(pages)}
        links += [link(call, "last", **defaults, page=pages)]
    headers["Link"] = ", ".join(links)
    return JSONResponse([shape(row) for row in rows[start : start + size]], headers=headers)


def keyset_projects(call: Call, rows: Sequence[Project], shape: Callable[[Project], Any]) -> JSONResponse:
    """One page by id: every page that is not empty links to the next, the end is an empty page without a link."""
    if call.text("order_by", "created_at") != "id":
        raise ApiError(405, {"error": "Keyset pagination is not yet available for this type of request"})
    page = rows[: page_size(call)]
    headers = {}
    if page:
        bound = "id_after" if call.text("sort") == "asc" else "id_before"
        headers["Link"] = link(call, "next", **{bound: page[-1].id})
    return JSONResponse([shape(row) for row in page], headers=headers)


def keyset_tree(call: Call, rows: Sequence[Entry], shape: Callable[[Entry], Any]) -> JSONResponse:
    """One page of a tree; the token says after which row the next page starts, the last page has no link."""
    size, token, start = page_size(call), call.text("page_token"), 0
    if token:
        try:
            after = json.loads(base64.urlsafe_b64decode(token.encode()))["after"]
            start = 1 + next(at for at, row in enumerate(rows) if row.path == after)
        except (ValueError, KeyError, TypeError, StopIteration):
            raise ApiError(422, {"error": "Unable to resolve page token"}) from None
    page, headers = rows[start : start + size], {}
    if start + size < len(rows):
        mark = base64.urlsafe_b64encode(json.dumps({"after": page[-1].path}).encode()).decode()
        headers["Link"] = link(call, "next", page_token=mark, per_page=size)
    return JSONResponse([shape(row) for row in page], headers=headers)

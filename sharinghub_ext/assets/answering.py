"""The answer to a download: whole, a part, `304` or where to find it; as a file for saving, which no browser runs.

1. GitLab is asked first, with the caller's credential; a condition of the request (`If-None-Match`) counts only then.
2. A range goes upstream along with the question. Where upstream knows no ranges, up to 64 MB of the file are skipped; a
   part that lies behind them is answered by the whole file, as HTTP allows.
3. An answer upstream that is not the part that was asked for counts for nothing: the whole file is asked for.
"""

import re
from contextlib import AsyncExitStack
from typing import Final
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.responses import Response

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.assets.names import Asset, Kind
from sharinghub_ext.assets.passing import Extent, PassedOn, passed
from sharinghub_ext.assets.redirects import passed_on
from sharinghub_ext.assets.representation import Representation, part_of, representation_of
from sharinghub_ext.assets.upstream import Upstream
from sharinghub_ext.client_address import client_of
from sharinghub_ext.edge.entity_tags import is_known
from sharinghub_ext.middleware import HEAD_MARK
from sharinghub_ext.problems import Problem
from sharinghub_ext.ranges import Span, span_of
from stac_ext.media_types import BINARY, file_kind

SKIPPED: Final = 64 * 1024 * 1024  # bytes
_ONE_RANGE: Final = re.compile(r"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})", re.ASCII)
_HARMLESS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "private, no-store",
}


async def answer(
    request: Request, upstream: Upstream, credential: Credential | None, asset: Asset, limit: int
) -> Response:
    """What GitLab lets the caller have now. Raises Problem: 404, 416, 429, 502, 503; CredentialRefused."""
    head, client = bool(request.scope.get(HEAD_MARK)), client_of(request)
    wanted = None if head else _wanted(request)
    async with AsyncExitStack() as stack:
        is_part = wanted is not None  # whether upstream may answer with a part
        found = await stack.enter_async_context(upstream.opened(credential, client, asset, wanted))
        if wanted is not None and isinstance(found, httpx.Response) and not _is_of_use(request, asset, found, wanted):
            await stack.aclose()
            is_part = False
            found = await stack.enter_async_context(upstream.opened(credential, client, asset, None))
        if isinstance(found, httpx.URL):
            return passed_on(found, credential)
        if found.status_code == 416 or (found.status_code == 206 and not is_part):
            raise Problem(502, "Upstream answered with a part of the file that nobody asked for. Try again later.")
        about = representation_of(asset, found)
        headers = _headers(asset, about)
        media_type = file_kind(asset.file_name).media_type or BINARY
        if is_known([one.encode("latin-1") for one in request.headers.getlist("if-none-match")], _bytes(about.tag)):
            return Response(None, 304, headers)
        part = _part(request, asset, found, about, wanted)
        status = 200 if part is None else 206
        extent = _extent(found, about, part, limit)
        if part is not None:
            headers |= {"Content-Range": part.content_range, "Accept-Ranges": "bytes"}
        if extent.count is not None:
            headers["Content-Length"] = str(extent.count)
        if head:
            return Response(None, status, headers, media_type)
        return PassedOn(passed(found, extent, asset.project_id), stack.pop_all(), status, headers, media_type)


def _wanted(request: Request) -> str | None:
    """The one range of bytes that is asked for; several, or none that can be read, mean the whole file."""
    value = request.headers.get("range", "").strip()
    return value if _ONE_RANGE.fullmatch(value) else None


def _is_of_use(request: Request, asset: Asset, found: httpx.Response, wanted: str) -> bool:
    """Whether an answer to a question for a part can be used: the whole file, or just the part, if it is to be one."""
    if found.status_code == 200:
        return True
    if part_of(found, wanted) is None:
        return False
    return representation_of(asset, found).allows_part(request.headers.get("if-range"))


def _part(
    request: Request, asset: Asset, found: httpx.Response, about: Representation, wanted: str | None
) -> Span | None:
    """The part that is sent, None for the whole file. Raises Problem 416."""
    if wanted is None:
        return None
    if found.status_code == 206:
        return part_of(found, wanted)
    if about.size is None or not about.allows_part(request.headers.get("if-range")) or not _may_skip(asset, about):
        return None
    span = span_of(wanted, about.size)
    if span is None:
        detail = f"The file has {about.size} bytes, and none of those."
        raise Problem(416, detail, {"Content-Range": f"bytes */{about.size}"})
    return span if span.partial and span.start <= SKIPPED else None


def _may_skip(asset: Asset, about: Representation) -> bool:
    """Parts of an archive that is packed anew would not fit together."""
    return asset.kind is not Kind.ARCHIVE and about.encoding is None


def _extent(found: httpx.Response, about: Representation, part: Span | None, limit: int) -> Extent:
    """Which bytes of the upstream body are sent. Raises Problem 502 where they are more than the limit."""
    count = about.size if part is None else part.stop - part.start
    if limit and count is not None and count > limit:
        raise Problem(
            502, f"The hub passes on at most {limit} bytes, and these are {count}. Get the file from GitLab itself."
        )
    if part is None or found.status_code == 206:
        return Extent(count=count, limit=limit)
    return Extent(skip=part.start, count=count, cut=True, limit=limit)


def _headers(asset: Asset, about: Representation) -> dict[str, str]:
    headers = {**_HARMLESS, "Content-Disposition": _disposition(asset.file_name)}
    if about.tag is not None:
        headers["ETag"] = about.tag
    if about.encoding is not None:
        headers["Content-Encoding"] = about.encoding
    if about.ranges or (about.size is not None and about.size <= SKIPPED and _may_skip(asset, about)):
        headers["Accept-Ranges"] = "bytes"
    return headers


def _disposition(name: str) -> str:
    """A name for saving, in RFC 6266 form; content is never shown in the page's origin as active content."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _bytes(tag: str | None) -> bytes:
    return (tag or "").encode("latin-1")

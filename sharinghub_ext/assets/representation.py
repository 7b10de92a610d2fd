"""What the headers of an upstream answer tell of a file: its entity tag, its size, and the part of it that was sent.

The entity tag is strong where it names bytes: GitLab's name of the blob, or a file of one commit, which never changes.
An archive may be packed anew, so that of one commit is weak; for everything else upstream's own counts.
Source: https://www.rfc-editor.org/rfc/rfc9110#name-etag
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

import httpx

from sharinghub_ext.assets.names import Asset, Kind
from sharinghub_ext.ranges import Span, span_of

_BLOB: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')
_PART: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", re.ASCII)
_WEAK: Final = "W/"


@dataclass(frozen=True, slots=True)
class Representation:
    """What is known of the whole file. `size` is in bytes, None where nobody told it; so is `tag`."""

    tag: str | None
    size: int | None
    encoding: str | None
    ranges: bool  # upstream says that it answers ranges

    def allows_part(self, if_range: str | None) -> bool:
        """Whether a part may be sent by `If-Range`: only a strong tag says that parts fit together."""
        if if_range is None:
            return True
        return self.tag is not None and not self.tag.startswith(_WEAK) and if_range.strip() == self.tag


def representation_of(asset: Asset, response: httpx.Response) -> Representation:
    """What an answer with 200 or 206 tells."""
    encoding = response.headers.get("content-encoding")
    encoding = None if encoding in (None, "", "identity") else encoding
    tag = _tag(asset, response.headers)
    if encoding is not None and tag is not None:
        tag = _WEAK + tag.removeprefix(_WEAK)
    ranges = response.status_code == 206 or response.headers.get("accept-ranges", "").strip().lower() == "bytes"
    return Representation(tag, _size(response) if encoding is None else None, encoding, ranges and encoding is None)


def part_of(response: httpx.Response, wanted: str) -> Span | None:
    """The part that an answer with 206 holds, if it is the one that was asked for."""
    found = _PART.fullmatch(response.headers.get("content-range", "").strip())
    if response.status_code != 206 or found is None or response.headers.get("content-encoding"):
        return None
    first, last, size = map(int, found.groups())
    span = span_of(wanted, size)
    if span is None or not span.partial or (span.start, span.stop) != (first, last + 1):
        return None
    told = _length(response)
    return span if told in (None, span.stop - span.start) else None


def _tag(asset: Asset, headers: httpx.Headers) -> str | None:
    blob = headers.get("x-gitlab-blob-id", "")
    if asset.kind is Kind.FILE and _BLOB.fullmatch(blob):
        return f'"{blob}"'
    if asset.is_at_commit:
        name = hashlib.sha256(asset.address.encode()).hexdigest()[:40]
        return f'"{name}"' if asset.kind is Kind.FILE else f'{_WEAK}"{name}"'
    given = headers.get("etag", "").strip()
    return given if _TAG.fullmatch(given) else None


def _size(response: httpx.Response) -> int | None:
    """The size of the whole file: of a 206 what its range says, else the length, or what GitLab says of the blob."""
    if response.status_code == 206:
        found = _PART.fullmatch(response.headers.get("content-range", "").strip())
        return int(found[3]) if found else None
    told = response.headers.get("x-gitlab-size", "") if "x-gitlab-blob-id" in response.headers else ""
    length = _length(response)
    return length if length is not None else _number(told)


def _length(response: httpx.Response) -> int | None:
    return _number(response.headers.get("content-length", ""))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

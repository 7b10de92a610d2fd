"""Which project an owner means: a path, a number, a URL of GitLab or of the catalogue, or a bare name beside their own.

Nothing is looked up here. Whether there is such a project, and whether a viewer may see it, is asked on each read.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

MAX_REFERENCES: Final = 100
# Source: https://github.com/stac-extensions/version (v1.2.0), RFC 5829
VERSION_RELATIONS: Final = frozenset({"latest-version", "predecessor-version", "successor-version"})

_NUMBER = re.compile(r"([1-9][0-9]{0,17})(?:@(.{1,200}))?", re.ASCII)
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}"
_PATH = re.compile(rf"({_SEGMENT}(?:/{_SEGMENT}){{0,20}}?)/?(?:@(.{{1,200}}))?", re.ASCII)
_IN_COLLECTION = re.compile(r"([a-z0-9][a-z0-9_-]{0,100})\+(https?://.{1,2000})", re.ASCII)
_AT_REVISION = re.compile(r"/-/(?:tree|commits?|tags|releases)/([^/?#]{1,200})")


@dataclass(frozen=True, slots=True)
class Reference:
    """A project that an item refers to, by its number or its path in lower case; one of them is set.

    `collection` narrows down which of its items is meant, `version` names a tag or another revision.
    """

    rel: str
    project_id: int | None = None
    path: str | None = None
    collection: str | None = None
    version: str | None = None


def read_reference(
    value: Any, rel: str, namespace: str, *, gitlab_url: str, stac_url: str, collection: str | None = None
) -> Reference | None:
    """What `value` refers to, None where it names no project of this GitLab. `namespace` is where bare names are."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or len(text) > 2_000 or not (text := text.strip()):
        return None
    if prefixed := _IN_COLLECTION.fullmatch(text):
        collection, text = prefixed[1], prefixed[2]
    if number := _NUMBER.fullmatch(text):
        return Reference(rel, project_id=int(number[1]), collection=collection, version=number[2])
    if text.startswith(("http://", "https://")):
        return _of_url(text, rel, collection, gitlab_url, stac_url)
    named = _PATH.fullmatch(text)
    if named is None:
        return None
    path = named[1] if "/" in named[1] else f"{namespace}/{named[1]}"
    return Reference(rel, path=_plain(path), collection=collection, version=named[2])


def _of_url(text: str, rel: str, collection: str | None, gitlab_url: str, stac_url: str) -> Reference | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    bare = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if below := _below(bare, f"{stac_url}/collections"):
        found = re.fullmatch(r"([^/]+)/items/([1-9][0-9]{0,17})(?:@([^/]+))?/?", unquote(below), re.ASCII)
        if found is None:
            return None
        version = found[3].replace("~", "/") if found[3] else None
        return Reference(rel, project_id=int(found[2]), collection=found[1], version=version)
    if below := _below(bare, gitlab_url):
        revision = _AT_REVISION.search(bare)
        path, _, at = unquote(below.partition("/-/")[0]).partition("@")
        named = _PATH.fullmatch(path)
        if named is None or "/" not in named[1]:
            return None
        version = unquote(revision[1]) if revision else at or None
        return Reference(rel, path=_plain(named[1]), collection=collection, version=version)
    return None


def _plain(path: str) -> str:
    return path.lower().removesuffix(".git")


def _below(url: str, base: str) -> str | None:
    """What follows `base` in a URL below it, whichever of http and https either says."""
    one, other = url.partition("://")[2], base.rstrip("/").partition("://")[2] + "/"
    host = other.partition("/")[0]
    if one[: len(host)].lower() == host.lower() and one[len(host) :].startswith(other[len(host) :]):
        return one[len(other) :] or None
    return None

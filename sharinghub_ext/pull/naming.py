"""Which item somebody means: a project by its id or path, perhaps at a revision, or the address of an item."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from sharinghub_ext.pull.errors import PullError

_ITEM: Final = re.compile(r"(https?://.+?)/stac/collections/[^/]+/items/(.+)")
_PROJECT: Final = re.compile(r"[1-9][0-9]{0,17}|[\w.-]+(?:/[\w.-]+)+", re.ASCII)
_REVISION: Final = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A project at a hub, by id or path, and the branch, tag or commit that is wanted; None: as it is now."""

    hub: str
    project: str
    revision: str | None = None


def wanted(item: str, hub: str | None) -> Wanted:
    """What `ITEM[@REVISION]` means. Raises PullError."""
    found = _ITEM.fullmatch(item.partition("?")[0])
    if found is not None:
        hub, item = found[1], unquote(found[2]).replace("~", "/")
    elif "://" in item:
        raise PullError(2, "the address is not that of an item: it has /stac/collections/…/items/… in it")
    if hub is None:
        raise PullError(2, "which hub? Give the address of the item, or the hub's by --hub or in SHARINGHUB")
    project, mark, revision = item.partition("@")
    if not _PROJECT.fullmatch(project):
        raise PullError(2, f"{project[:100]!r} is no project: name it by its id (42) or path (group/project)")
    if mark and not _REVISION.fullmatch(revision):
        raise PullError(2, "what follows the @ is no branch, tag or commit")
    return Wanted(hub.rstrip("/"), project, revision or None)

"""Where a sign-in may lead back to: a path of the hub, and nothing else, however it is written.

Source: https://datatracker.ietf.org/doc/html/rfc9700#section-4.11 (open redirectors)
"""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

_MAX_LENGTH: Final = 2048
_PATH: Final = re.compile(r"/(?![/\\])[!#-\[\]-~]*", re.ASCII)  # visible ASCII without quotes and backslashes


def own_url(wanted: str | None, public_url: str) -> str:
    """The URL of the hub that is meant by a path or a URL of its own; its root for everything else."""
    home = f"{public_url}/"
    if not wanted or len(wanted) > _MAX_LENGTH:
        return home
    path = wanted.removeprefix(public_url) if wanted.startswith(f"{public_url}/") else wanted
    parts = urlsplit(public_url)
    below = parts.path.rstrip("/")
    if below and path.startswith(f"{below}/"):
        path = path.removeprefix(below)
    if not _PATH.fullmatch(path) or path.startswith("/auth/"):
        return home
    decoded = unquote(unquote(path.partition("?")[0]))
    if any(part in (".", "..") for part in re.split(r"[/\\]", decoded)) or "//" in decoded or "\\" in decoded:
        return home
    return f"{public_url}{path}"

"""Which URLs an item may carry, and how a path of the repository becomes one."""

import posixpath
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from stac_ext.model import ProjectFacts
from stac_ext.secrets import TOKEN, secret_parameters

WEB: Final = frozenset({"http", "https"})
DATA: Final = frozenset({"http", "https", "s3"})

_MAX_URL = 2_048
_MAX_PATH = 4_096
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:", re.ASCII)
_UNWISE = re.compile(r"[<>\"{}|^`]")


@dataclass(frozen=True, slots=True)
class BuildContext:
    """Where things are: the public URLs of the STAC API, of the downloads and of the DVC remotes, and of the GitLab."""

    stac_url: str
    assets_url: str
    gitlab_host_name: str
    gitlab_url: str
    dvc_url: str | None = None

    def collection_url(self, category_id: str) -> str:
        return f"{self.stac_url.rstrip('/')}/collections/{quote(category_id, safe='')}"

    def item_url(self, category_id: str, item_id: str) -> str:
        return f"{self.collection_url(category_id)}/items/{quote(item_id, safe='@')}"

    def asset_url(self, facts: ProjectFacts, path: str) -> str:
        """The download of one file at the indexed revision; the project must have one."""
        percent = quote(path.encode("utf-8", "surrogatepass"), safe="/")
        return f"{self.assets_url.rstrip('/')}/{facts.id}/{quote(facts.head_sha or '', safe='')}/{percent}"

    def archive_url(self, facts: ProjectFacts) -> str:
        """The source archive at the indexed revision; the project must have one."""
        return f"{self.assets_url.rstrip('/')}/{facts.id}/archive/{quote(facts.head_sha or '', safe='')}.zip"

    def package_url(self, project_id: int, kind: str, *names: str) -> str:
        """The download of one file of a package, by the names that GitLab's download of this kind takes."""
        percent = "/".join(quote(name.encode("utf-8", "surrogatepass"), safe="") for name in names)
        return f"{self.assets_url.rstrip('/')}/{project_id}/packages/{kind}/{percent}"


def safe_url(value: Any, schemes: frozenset[str] = WEB) -> str:
    """`value` as an absolute URL that may be shown to everybody. Raises ValueError that says why it may not."""
    if not isinstance(value, str) or not (text := value.strip()):
        raise ValueError("it is no text")
    if len(text) > _MAX_URL:
        raise ValueError(f"it is longer than {_MAX_URL} characters")
    if "\\" in text or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError("it holds blanks, backslashes or control characters")
    parts = urlsplit(text)
    if parts.scheme not in schemes:
        raise ValueError(f"the scheme `{parts.scheme[:20]}` is not one of {', '.join(sorted(schemes))}")
    if not parts.hostname:
        raise ValueError("it names no host")
    if "@" in parts.netloc:
        raise ValueError("it holds a user name or password, which has leaked: change it")
    if parts.port == 0:
        raise ValueError("it has no port")
    if secret_parameters(f"{parts.query}&{parts.fragment}") or TOKEN.search(text):
        raise ValueError("it holds a secret, which has leaked: revoke it")
    return _UNWISE.sub(lambda match: f"%{ord(match[0]):02X}", text)


def is_local(href: str) -> bool:
    """Whether a reference names a file of the repository: no scheme and no host."""
    return not (_SCHEME.match(href) or href.startswith(("//", "#", "?")))


def repository_path(href: str) -> str:
    """The path in the repository that a local reference names; `/x` is `x`. Raises ValueError outside of it."""
    if len(href) > _MAX_PATH:
        raise ValueError("it is too long")
    path = unquote(href.partition("#")[0].partition("?")[0]).strip()
    if "\\" in path or any(ord(c) < 32 for c in path):
        raise ValueError("it holds backslashes or control characters")
    normal = posixpath.normpath(path.lstrip("/"))
    if normal in (".", "..") or normal.startswith("../") or not path:
        raise ValueError("it names no file inside the repository")
    return normal

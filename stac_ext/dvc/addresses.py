"""Where the bytes of an output are: at the catalogue's DVC route, at a foreign remote, or at no address at all.

1. What git itself holds is a file of the repository.
2. What `dvc import` took from another repository is never pushed, nor is an output with `push: false`.
3. A remote below `<dvc_url>/<project id>`, and the lack of any remote, mean the catalogue's own route, which serves it.
4. Any other remote is foreign. The catalogue opens no connection to it, so the address there is what it can say; an
   address of its own would answer 404 for an object that it never had. A bucket at an S3 service other than AWS is
   addressed by HTTP first: its `s3://` address leads a client without the endpoint to a namesake of it at AWS.
5. An address is `http`, `https` or `s3`. One that needs another client (`ssh`, `gs`, …) is
   told as the remote's, and the HTTP address of the same object given where its service has one.
"""

import posixpath
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from stac_ext.dvc.outputs import DvcOutput
from stac_ext.dvc.remotes import DvcConfig, DvcRemote

_FOREIGN: Final = "The catalogue cannot serve it: its remote is not the project's own store there."
_SCHEMES: Final = ("http://", "https://", "s3://")
_GIT_SCHEMES: Final = ("http", "https", "ssh", "git+ssh")
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an output is. `href` None: at no address; `note` then says why, as it does for what is not served.

    `holds` is `object` (the bytes that the hash names), `path` (a file or folder under its own path, whose present
    bytes may be others), or `git`. `alternates` are further addresses of the same thing, by their scheme.
    """

    href: str | None = None
    holds: str = "object"
    served: bool = False
    remote: DvcRemote | None = None
    alternates: tuple[tuple[str, str], ...] = ()
    note: str | None = None


def hub_address(dvc_url: str | None, project_id: int, output: DvcOutput) -> str | None:
    """The object at the catalogue's DVC route, None where there is no route or no hash."""
    return f"{dvc_url.rstrip('/')}/{project_id}/{output.key}" if dvc_url and output.key else None


def locate(output: DvcOutput, config: DvcConfig, dvc_url: str | None, project_id: int) -> Place:
    """Where an output is. `dvc_url` is the public URL of the catalogue's DVC route, None where it has none."""
    if not output.cached:
        return Place(holds="git", note="Git is to hold it (`cache: false`), but the repository has no such file.")
    if output.origin and output.origin.kind == "repository":
        return Place(note="`dvc import` took it from another repository, where `dvc pull` fetches it from.")
    if output.versions:
        return _at_own_path(output, config)
    if output.key is None:
        return _at_origin(output)
    if not output.pushed:
        return Place(note="`push: false` keeps it out of every remote.")
    if config.unread:
        return Place(note="The DVC configuration was not read, so its remote is not known.")
    remote = config.holder(output.remote)
    if remote is None:
        return _without_remote(output, config, dvc_url, project_id)
    if (base := _own_route(remote, dvc_url, project_id)) is not None:
        return Place(f"{base}/{output.key}", served=True, remote=remote)
    if remote.versioned:
        return _foreign(remote, _own_path(output), "path")
    return _foreign(remote, output.key, "object")


def is_own_route(remote: DvcRemote, dvc_url: str | None, project_id: int) -> bool:
    """Whether the remote is the catalogue's DVC route of this very project."""
    return _own_route(remote, dvc_url, project_id) is not None


def is_route_of_another(remote: DvcRemote, dvc_url: str | None, project_id: int) -> bool:
    """Whether the remote is the catalogue's DVC route, but not that of this project, as in a copy of a repository."""
    ours, theirs = _compared(dvc_url or ""), _compared(remote.url or "")
    if ours is None or theirs is None or not ours[0][1] or ours[0] != theirs[0]:
        return False
    return theirs[1].startswith(f"{ours[1]}/") and not is_own_route(remote, dvc_url, project_id)


def own_project(url: str | None, gitlab_url: str) -> str | None:
    """The web address of the project that an address of git names, None where it is not one of this GitLab."""
    try:
        parts, ours = urlsplit(url or ""), urlsplit(gitlab_url)
        host = parts.hostname
    except ValueError:
        return None
    if not host or host != ours.hostname or parts.scheme not in _GIT_SCHEMES:
        return None
    path = parts.path.removeprefix(ours.path.rstrip("/")) if parts.scheme in ("http", "https") else parts.path
    return f"{gitlab_url.rstrip('/')}/{path.strip('/').removesuffix('.git')}"


def _own_route(remote: DvcRemote, dvc_url: str | None, project_id: int) -> str | None:
    """The remote's URL written with the catalogue's public one, where it is that or below it."""
    if not dvc_url or not remote.url or remote.versioned:
        return None
    own = f"{dvc_url.rstrip('/')}/{project_id}"
    ours, theirs = _compared(own), _compared(remote.url)
    if ours is None or theirs is None or ours[0] != theirs[0]:
        return None
    rest = theirs[1].removeprefix(ours[1])
    return f"{own}{rest}" if theirs[1].startswith(ours[1]) and (not rest or rest.startswith("/")) else None


def _compared(url: str) -> tuple[tuple[str, str, int | None], str] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, (parts.hostname or "").lower(), port), parts.path.rstrip("/")


def _without_remote(output: DvcOutput, config: DvcConfig, dvc_url: str | None, project_id: int) -> Place:
    if output.remote is not None:
        return Place(note="It lies in a remote that the repository's DVC configuration does not name.")
    if config.default is not None:
        return Place(note="The default remote is not in the repository's DVC configuration.")
    for remote in config.remotes:
        if (base := _own_route(remote, dvc_url, project_id)) is not None:
            return Place(f"{base}/{output.key}", served=True, remote=remote)
    if config.remotes:
        return Place(note="The DVC configuration names several remotes and none of them as the default.")
    href = hub_address(dvc_url, project_id, output)
    return Place(href, served=href is not None, note=None if href else "No remote is configured.")


def _at_origin(output: DvcOutput) -> Place:
    origin = output.origin
    if origin and origin.url and origin.url.startswith(_SCHEMES):
        return Place(origin.url, "path", note="No hash is recorded; the address is the one it is imported from.")
    return Place(note="No hash is recorded, so no object can be named.")


def _at_own_path(output: DvcOutput, config: DvcConfig) -> Place:
    """In remotes with versions: the first one with an address that can be shown counts, the others are alternates."""
    if config.unread:
        return Place(note="The DVC configuration was not read, so its remote is not known.")
    places = []
    for name, version in output.versions:
        if (remote := config.named(name)) is not None:
            places.append(_foreign(remote, _own_path(output), "path", version))
    found = [place for place in places if place.href]
    if not found:
        return places[0] if places else Place(note="It lies in a remote that the DVC configuration does not name.")
    first, *others = found
    more = tuple((p.remote.name, p.href) for p in others if p.remote and p.href)
    return Place(first.href, first.holds, False, first.remote, (*first.alternates, *more), first.note)


def _own_path(output: DvcOutput) -> str:
    path = posixpath.relpath(output.path, output.root) if output.root else output.path
    return quote(path, safe="/-._~!$&'()*+,;=:@")


def _foreign(remote: DvcRemote, key: str, holds: str, version: str | None = None) -> Place:
    if remote.url is None:
        kind = "a folder of its author's machine" if remote.kind == "local" else "one whose URL cannot be shown"
        return Place(remote=remote, holds=holds, note=f"The catalogue cannot serve it: its remote is {kind}.")
    query = ""
    if version and remote.kind == "s3":
        query, holds = f"?versionId={quote(version, safe='')}", "object"
    web = _web_address(remote, key)
    written = (address for address in (f"{remote.url}/{key}", web) if address and address.startswith(_SCHEMES))
    addresses = [f"{address}{query}" for address in written]
    if not addresses:
        scheme = remote.url.partition(":")[0]
        note = f"The catalogue cannot serve it: its remote speaks `{scheme}`, which `dvc pull` is needed for."
        return Place(remote=remote, holds=holds, note=note)
    href, *others = reversed(addresses) if remote.endpoint else addresses
    alternates = tuple((other.partition(":")[0], other) for other in others)
    return Place(href, holds, False, remote, alternates, _FOREIGN)


def _web_address(remote: DvcRemote, key: str) -> str | None:
    """The HTTP address of an object in a bucket; whether it answers without credentials is the bucket's matter."""
    parts = urlsplit(remote.url or "")
    bucket, path = parts.netloc, f"{parts.path}/{key}"
    if remote.kind == "gs":
        return f"https://storage.googleapis.com/{bucket}{path}"
    if remote.kind == "azure" and remote.account:
        return f"https://{remote.account}.blob.core.windows.net/{bucket}{path}"
    if remote.kind != "s3":
        return None
    if remote.endpoint:
        return f"{remote.endpoint}/{bucket}{path}"
    region = f".{remote.region}" if remote.region else ""
    if "." in bucket:  # a certificate of the service covers one label before it
        return f"https://s3{region}.amazonaws.com/{bucket}{path}"
    return f"https://{bucket}.s3{region}.amazonaws.com{path}"

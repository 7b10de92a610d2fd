"""What is asked of a hub before its remote is written: which project, what the token may do, and a round trip."""

import hashlib
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from sharinghub_ext.dvc.keys import ObjectKey, parse_project
from sharinghub_ext.dvc_client.errors import SetupError
from sharinghub_ext.loopback import is_loopback

_EMPTY: Final = ObjectKey(hashlib.md5(b"", usedforsecurity=False).hexdigest())
_SECONDS: Final = 30


def parse_hub(written: str) -> tuple[str, str | None]:
    """The address of a hub and the project, if it is that of a remote: `https://hub.example.org/dvc/42`."""
    parts = urlsplit(written)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in written:
        raise SetupError(2, "the hub is an address such as https://hub.example.org, without user and parameters")
    if not written.isascii() or any(one in written for one in ",#'\" \\%"):
        raise SetupError(2, "the address of the hub holds characters that a configuration of DVC cannot hold")
    address = written.rstrip("/")
    hub, found, project = address.rpartition("/dvc/")
    if found and parse_project(project) is not None:
        return hub, project
    return address, None


class Hub:
    """A hub, asked with one header that holds the token, or none. A context manager; follows no redirects."""

    def __init__(self, address: str, header: tuple[str, str] | None) -> None:
        if header and urlsplit(address).scheme != "https" and not is_loopback(address):
            raise SetupError(2, f"{address} is not https: a token would be sent in clear")
        self.address = address
        self._http = httpx.Client(
            headers=dict([header] if header else []), timeout=_SECONDS, trust_env=not is_loopback(address)
        )

    def __enter__(self) -> "Hub":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def project_id(self, named: str) -> int:
        """The id of a project by its id or path. Raises SetupError."""
        if (number := parse_project(named)) is not None:
            return number
        answer = self._ask("GET", f"/stac/search?limit=2&ids={quote(named, safe='')}")
        try:
            ids = {str(one["id"]).partition("@")[0] for one in answer.json()["features"]}
            (found,) = ids
            return int(found)
        except (ValueError, KeyError, TypeError, AttributeError):
            said = f"the catalogue shows you no project {named}: name it by its id, or send a token (GITLAB_TOKEN)"
            raise SetupError(1, said) from None

    def setup(self, project_id: int) -> dict[str, Any]:
        """What the hub says of the project's remote and of the caller: `url`, `pull`, `push`. Raises SetupError."""
        answer = self._ask("GET", f"/dvc/{project_id}/setup")
        try:
            told = answer.json()
            return {"url": str(told["url"]), "push": told["push"] is True}
        except (ValueError, KeyError, TypeError) as error:
            raise SetupError(3, f"{self.address} does not answer as a hub does") from error

    def health(self, project_id: int) -> dict[str, Any]:
        """What the hub says of the project's data. Raises SetupError."""
        try:
            told = self._ask("GET", f"/dvc/{project_id}/health").json()
            objects = [(str(one["path"]), str(one["key"]), list(map(str, one["items"]))) for one in told["objects"]]
            return {**told, "objects": objects, "missing": int(told["missing"]), "looked_for": int(told["looked_for"])}
        except (ValueError, KeyError, TypeError) as error:
            raise SetupError(3, f"{self.address} does not answer as a hub does") from error

    def round_trip(self, project_id: int) -> None:
        """Store the object of no bytes, and read it back. Raises SetupError."""
        path = f"/dvc/{project_id}/{_EMPTY.text}"
        self._ask("PUT", path, content=b"")
        if self._ask("GET", path).content != b"":
            raise SetupError(3, "what was stored came back as something else")

    def _ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, f"{self.address}{path}", **given)
        except httpx.HTTPError as error:
            raise SetupError(3, f"{self.address} does not answer: {type(error).__name__}") from error
        if answer.is_success:
            return answer
        code = 3 if answer.status_code >= 500 or answer.is_redirect else 1
        raise SetupError(code, f"{self.address} says {answer.status_code}: {_detail(answer)}")


def _detail(answer: httpx.Response) -> str:
    if answer.is_redirect:
        return "it leads somewhere else: use the address that people use"
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase
    return "".join(one for one in str(detail)[:500] if one.isprintable())

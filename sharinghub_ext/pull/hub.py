"""The hub, asked for items and files: the token goes there and nowhere else, whoever leads elsewhere.

What cannot be had now (no answer, 429, 503) is asked for again, with growing pauses or as the hub says.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from sharinghub_ext.loopback import is_loopback
from sharinghub_ext.pull.errors import PullError

_SECONDS: Final = 60
_TRIES: Final = 6
_LONGEST: Final = 60.0  # seconds between two tries
_LATER: Final = frozenset({429, 500, 502, 503, 504})


class NotThere(PullError):
    """The hub has no such thing for this caller."""


class NothingBehind(PullError):
    """A file has no byte behind those that are here (416)."""


class Hub:
    """One hub, for one caller. A context manager; safe to use from several threads."""

    def __init__(self, address: str, header: tuple[str, str] | None, parallel: int) -> None:
        if header and urlsplit(address).scheme != "https" and not is_loopback(address):
            raise PullError(2, f"{address} is not https: a token would be sent in clear")
        self.address = address
        self._given_up = threading.Event()
        limits = httpx.Limits(max_connections=parallel + 1)
        trusted = not is_loopback(address)
        sent = dict([header] if header else [])
        self._http = httpx.Client(headers=sent, timeout=_SECONDS, limits=limits, trust_env=trusted)
        self._elsewhere = httpx.Client(timeout=_SECONDS, limits=limits, trust_env=trusted)  # sends no token

    def __enter__(self) -> "Hub":
        return self

    def __exit__(self, *_: object) -> None:
        self._given_up.set()
        self._http.close()
        self._elsewhere.close()

    def item(self, named: str) -> dict[str, Any]:
        """The item of an id or path. Raises NotThere, PullError."""
        found = self._json(f"/stac/search?limit=2&ids={quote(named, safe='')}")
        features = found.get("features")
        if not isinstance(features, list):
            raise PullError(3, f"{self.address} does not answer as a hub does")
        if not features:
            raise NotThere(1, f"the catalogue shows you no {named}: is the name right, and may you read it?")
        return dict(features[0])

    def read(self, address: str, most: int) -> bytes:
        """A small file below the hub. Raises NotThere, PullError."""
        with self.opened(address) as answer:
            data = bytearray()
            try:
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > most:
                        raise PullError(1, f"{address} is larger than {most} bytes")
            except httpx.TransportError as error:
                raise PullError(3, f"{address} breaks off ({type(error).__name__}): try again later") from error
            return bytes(data)

    @contextmanager
    def opened(self, address: str, start: int = 0) -> Iterator[httpx.Response]:
        """A file below the hub (`/assets/…`, `/dvc/…`), from `start` on if the answer is 206.

        Raises NotThere, NothingBehind, PullError.
        """
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
        answer = self._answered(lambda: self._sent(address, headers), address)
        try:
            yield answer
        finally:
            answer.close()

    def wait(self, attempt: int, answer: httpx.Response | None = None) -> bool:
        """Pause before the next attempt; False where there is none, or everything was given up."""
        if attempt + 1 >= _TRIES:
            return False
        told = answer.headers.get("retry-after", "") if answer is not None else ""
        seconds = float(told) if told.isdigit() else 0.5 * 2**attempt
        return not self._given_up.wait(min(seconds, _LONGEST))

    def _sent(self, address: str, headers: dict[str, str]) -> httpx.Response:
        answer = self._http.send(self._http.build_request("GET", self.address + address, headers=headers), stream=True)
        if not answer.is_redirect:
            return answer
        answer.close()
        target = httpx.URL(answer.headers.get("location", ""))
        own = urlsplit(self.address)
        if target.scheme != "https" and not (target.scheme == "http" and is_loopback(str(target))):
            raise PullError(1, f"{address} leads to an address that is not https")
        if target.netloc.decode() == own.netloc:
            raise PullError(1, f"{address} leads to another place of the hub: is {self.address} its address?")
        return self._elsewhere.send(self._elsewhere.build_request("GET", target, headers=headers), stream=True)

    def _answered(self, send: Callable[[], httpx.Response], address: str) -> httpx.Response:
        for attempt in range(_TRIES):
            answer = None
            try:
                answer = send()
            except (httpx.TransportError, httpx.InvalidURL) as error:
                reason = type(error).__name__
            else:
                if answer.status_code in (200, 206):
                    return answer
                if answer.status_code not in _LATER:
                    raise self._refusal(answer, address)
                reason = str(answer.status_code)
                answer.close()
            if not self.wait(attempt, answer):
                break
        raise PullError(3, f"{self.address} does not answer ({reason}): try again later, what is here is kept")

    def _json(self, path: str) -> dict[str, Any]:
        with self.opened(path) as answer:
            try:
                answer.read()
                told = answer.json()
            except (ValueError, httpx.TransportError) as error:
                raise PullError(3, f"{self.address} does not answer as a hub does") from error
        return told if isinstance(told, dict) else {}

    def _refusal(self, answer: httpx.Response, address: str) -> PullError:
        try:
            answer.read()
            detail = str(answer.json()["detail"])[:500]
        except (ValueError, KeyError, TypeError, httpx.TransportError):
            detail = answer.reason_phrase
        answer.close()
        said = (
            f"{address.partition('?')[0]}: {answer.status_code} {''.join(one for one in detail if one.isprintable())}"
        )
        kinds = {404: NotThere, 416: NothingBehind}
        return kinds.get(answer.status_code, PullError)(1, said)

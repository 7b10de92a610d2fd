"""The first and last bytes of a large file, by ranges where GitLab honours them, else with as little of the stream
as will do.

GitLab sends git blobs whole and honours ranges for Git LFS objects. A redirect to another host, where objects may be
stored, is not followed: then nothing is known of the content.
Sources: https://docs.gitlab.com/api/repository_files/#get-raw-file-from-repository,
https://www.rfc-editor.org/rfc/rfc9110#section-14
"""

import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import gitlab
import requests

from gitlab_hooks.gateway.errors import CredentialRefused
from gitlab_hooks.gateway.transport import of_status, translated
from stac_ext.model import FileEnds

_CHUNK: Final = 64 * 1024
_PART = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of a file is wanted, in bytes: `head` of its beginning, `tail` of its end, all of it up to `whole`.

    Without ranges the tail is got by reading through files of at most `through` bytes.
    """

    head: int
    tail: int = 0
    whole: int = 0
    through: int = 0


def read_ends(client: gitlab.Gitlab, project_id: int, path: str, ref: str, wanted: Wanted) -> FileEnds | None:
    """The ends of a file, None where GitLab sends to another place for it.

    Raises NotFound, AccessDenied, CredentialRefused, GitLabUnavailable.
    """
    url = f"{client.api_url}/projects/{project_id}/repository/files/{quote(path, safe='')}/raw"
    source = _Source(client, url, {"ref": ref, "lfs": "true"})
    with translated():
        with source.get(f"bytes=0-{wanted.head - 1}") as answer:
            if answer.is_redirect:
                return None
            if answer.status_code == 416:  # only an empty file has no first byte
                return FileEnds(b"", size=0, whole=True)
            if answer.status_code != 206:
                return _of_stream(answer, wanted)
            part = _PART.fullmatch(answer.headers.get("Content-Range", ""))
            size = int(part[3]) if part else None
            head = _first(answer, wanted.head)
        if size is None:
            return FileEnds(head)
        if size <= len(head):
            return FileEnds(head, size=size, whole=True)
        return _rest(source, head, size, wanted)


class _Source:
    """One file at GitLab, asked for in pieces."""

    def __init__(self, client: gitlab.Gitlab, url: str, params: dict[str, str]) -> None:
        self._client, self._url, self._params = client, url, params

    @contextmanager
    def get(self, wanted: str) -> Iterator[requests.Response]:
        headers = {"User-Agent": "sharinghub", "Range": wanted, "Accept-Encoding": "identity"}
        if self._client.private_token:
            headers["PRIVATE-TOKEN"] = self._client.private_token
        answer = self._client.session.get(
            self._url,
            params=self._params,
            headers=headers,
            timeout=self._client.timeout,
            stream=True,
            allow_redirects=False,
        )
        try:
            if answer.status_code == 401:
                raise CredentialRefused("GitLab refused the token (401)")
            if answer.status_code >= 400 and answer.status_code != 416:
                raise of_status(answer.status_code, answer.raw.read(1024))
            yield answer
        finally:
            answer.close()


def _rest(source: _Source, head: bytes, size: int, wanted: Wanted) -> FileEnds:
    """What else is wanted of a file whose beginning came as a range."""
    if size <= max(wanted.whole, wanted.head + wanted.tail):
        with source.get(f"bytes={len(head)}-{size - 1}") as answer:
            more = _first(answer, size - len(head)) if answer.status_code == 206 else b""
        return FileEnds(head + more, size=size, whole=len(head) + len(more) == size)
    if not wanted.tail:
        return FileEnds(head, size=size)
    with source.get(f"bytes={size - wanted.tail}-{size - 1}") as answer:
        tail = _first(answer, wanted.tail) if answer.status_code == 206 else b""
    return FileEnds(head, tail if len(tail) == wanted.tail else b"", size)


def _of_stream(answer: requests.Response, wanted: Wanted) -> FileEnds:
    """The ends of a file that is sent whole; the connection is dropped as soon as enough was read."""
    stated = answer.headers.get("Content-Length", "")
    size = int(stated) if stated.isascii() and stated.isdigit() else None
    whole = max(wanted.whole, wanted.head + wanted.tail)
    if size is not None and size <= whole:
        data = _first(answer, whole)
        return FileEnds(data, size=len(data), whole=len(data) == size)
    if size is None or not wanted.tail or size > wanted.through:
        data = _first(answer, wanted.head + 1)
        ended = len(data) <= wanted.head
        return FileEnds(data[: wanted.head], size=len(data) if ended else size, whole=ended)
    head, last, seen = bytearray(), deque[bytes](), 0
    for chunk in answer.iter_content(_CHUNK):
        head += chunk[: wanted.head - len(head)]
        last.append(chunk)
        seen += len(chunk)
        while sum(map(len, last)) - len(last[0]) >= wanted.tail:
            last.popleft()
        if seen > size:
            break
    tail = b"".join(last)[-wanted.tail :]
    return FileEnds(bytes(head), tail if seen == size else b"", size)


def _first(answer: requests.Response, most: int) -> bytes:
    data = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        data += chunk
        if len(data) >= most:
            break
    return bytes(data[:most])

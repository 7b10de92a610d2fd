"""Whether uploaded bytes are those that their key names, and what their SHA-256 is; computed while they pass.

DVC 2 hashed a text as if its line ends were Unix's, in blocks of 1 MiB, so that a line end which a block's end cuts in
two stayed as it was. Versions differ in whether the first block or each block decides what is a text. A key of DVC 2 is
right if any of these gives its MD5; a key of DVC 3 is right only for the bytes themselves.
Sources: https://github.com/iterative/dvc/issues/4658, https://dvc.org/doc/user-guide/upgrade
"""

import hashlib
from collections.abc import Callable
from typing import Final

from sharinghub_ext.dvc.keys import ObjectKey

BLOCK: Final = 1024 * 1024
_SAMPLE: Final = 512
_TEXT: Final = bytes(range(0x20, 0x7F)) + b"\b\t\n\f\r"


class Digest:
    """The hashes of a stream of bytes. Blocks the thread: use it outside of the event loop."""

    def __init__(self, key: ObjectKey) -> None:
        self._key = key
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._texts = (_Whole(), _Blocks(_each), _Blocks(_first)) if key.legacy else ()

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(data)
        self._md5.update(data)
        for text in self._texts:
            text.update(data)

    def matches(self) -> bool:
        """Whether all bytes are what the key names; ends the stream."""
        wanted = self._key.md5
        return self._md5.hexdigest() == wanted or any(text.hexdigest() == wanted for text in self._texts)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes so far, in hex."""
        return self._sha256.hexdigest()


class Soundness:
    """Whether stored bytes are those that were once checked: by their SHA-256 where it is known, else by the key."""

    def __init__(self, key: ObjectKey, sha256: str | None) -> None:
        self._wanted = sha256
        self._digest = hashlib.sha256() if sha256 else Digest(key)

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._digest.update(data)

    def holds(self) -> bool:
        """Whether all bytes are the right ones; ends the stream."""
        if isinstance(self._digest, Digest):
            return self._digest.matches()
        return self._digest.hexdigest() == self._wanted


class _Whole:
    """The MD5 with every CRLF as LF, wherever the pieces of the stream end."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._held = b""  # a carriage return whose line feed may follow

    def update(self, data: bytes) -> None:
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        self._md5.update(data[: len(data) - len(self._held)].replace(b"\r\n", b"\n"))

    def hexdigest(self) -> str:
        self._md5.update(self._held)
        self._held = b""
        return self._md5.hexdigest()


class _Blocks:
    """The MD5 with CRLF as LF inside of each block that is a text; `rule` makes what decides about the blocks."""

    def __init__(self, rule: "Callable[[], Callable[[bytes], bool]]") -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._is_text = rule()
        self._held = bytearray()

    def update(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= BLOCK:
            self._take(bytes(self._held[:BLOCK]))
            del self._held[:BLOCK]

    def hexdigest(self) -> str:
        if self._held:
            self._take(bytes(self._held))
            self._held.clear()
        return self._md5.hexdigest()

    def _take(self, block: bytes) -> None:
        self._md5.update(block.replace(b"\r\n", b"\n") if self._is_text(block) else block)


def _each() -> Callable[[bytes], bool]:
    return looks_like_text


def _first() -> Callable[[bytes], bool]:
    verdicts: list[bool] = []

    def decide(block: bytes) -> bool:
        if not verdicts:
            verdicts.append(looks_like_text(block))
        return verdicts[0]

    return decide


def looks_like_text(block: bytes) -> bool:
    """Whether DVC takes a block for text: its first 512 bytes hold no NUL, and at most 30 % of them are not ASCII."""
    sample = block[:_SAMPLE]
    others = sample.translate(None, delete=_TEXT)
    return 0 not in sample and len(others) * 10 <= len(sample) * 3

"""Decides what counts as a leak: which secrets the tests know, in which forms, and where none of them may be found.

The secrets are those of callers and of operators: tokens of every kind, cookies, hook secrets, keys and passwords of
settings. What an owner commits by mistake is another matter (`stac_ext/secrets.py`) and not looked for.
`tests/support/leak_taps.py` brings everything here that a hub says; `tests/conftest.py` asks after each test.
"""

import base64
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

import numpy as np

_SHORTEST = 8  # shorter ones, and those of few different letters, are found in any text; also what is hashed
_FEWEST_LETTERS = 5
_TABLE_BITS = 20
_BLOCK = 64 * 1024
_AT_ONCE = 8 * 1024 * 1024
_LARGEST = 1024 * 1024  # of one answer that is looked at: what is larger is an owner's file
_RECENT = 60


@dataclass(frozen=True, slots=True)
class Secret:
    """What must not be found, except in the `allowed` kinds of place."""

    value: str
    what: str
    allowed: tuple[str, ...] = ()

    @property
    def can_be_looked_for(self) -> bool:
        return len(self.value) >= _SHORTEST and len(set(self.value)) >= _FEWEST_LETTERS and self.value.isascii()


@dataclass(frozen=True, slots=True)
class Leak:
    """One secret at one place. Its text shows the beginning of the secret only."""

    kind: str
    place: str
    secret: Secret

    def __str__(self) -> str:
        value = self.secret.value
        return f"{self.kind}: {self.place}: {self.secret.what} ({value[:4]}…, {len(value)} characters)"


@lru_cache(maxsize=1000)
def forms(value: str) -> frozenset[bytes]:
    """How a text may be written: plainly, in a URL, in hex, or inside of Base64 of something longer."""
    plain = value.encode()
    found = {plain, plain.hex().encode(), plain.hex().upper().encode()}
    found |= {quote(value, safe=safe).encode() for safe in ("", "/")}
    for shift in range(3):
        packed = base64.b64encode(b"\0" * shift + plain + b"\0" * (-(shift + len(plain)) % 3))
        # The first and the last characters hold bits of the neighbours.
        start, end = (shift * 8 + 5) // 6, (shift + len(plain)) * 8 // 6
        found |= {packed[start:end], packed[start:end].translate(bytes.maketrans(b"+/", b"-_"))}
    return frozenset(found)


class _Matcher:
    """Finds any of many texts in bytes in one pass, however many they are.

    Every eight bytes in a row are looked up in a table of hashes; what is in it is compared.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._of: dict[bytes, Secret] = {}
        for secret in sorted(secrets, key=lambda one: (len(one.allowed), one.what)):  # the strictest counts
            for form in forms(secret.value):
                self._of.setdefault(form, secret)
        self._beginning: dict[bytes, list[bytes]] = {}
        for form in self._of:
            self._beginning.setdefault(form[:_SHORTEST], []).append(form)
        self._table = np.zeros(1 << _TABLE_BITS, np.bool_)
        self._table[_hashes(b"".join(self._beginning), _SHORTEST)] = True

    def matches(self, data: bytes) -> Iterator[tuple[int, Secret]]:
        """Where a secret begins, and which."""
        for start in range(0, len(data) - _SHORTEST + 1, _BLOCK):
            block = data[start : start + _BLOCK + _SHORTEST - 1]
            for place in np.flatnonzero(self._table[_hashes(block, 1)]):
                at = start + int(place)
                for form in self._beginning.get(data[at : at + _SHORTEST], ()):
                    if data.startswith(form, at):
                        yield at, self._of[form]

    def hidden(self, text: str) -> str:
        """A text without any of them, for messages."""
        data = text.encode(errors="replace")
        for form in sorted(self._of, key=len, reverse=True):
            data = data.replace(form, b"(a secret)")
        return data.decode(errors="replace")


def _hashes(data: bytes, step: int) -> Any:
    """A hash of the eight bytes at every `step` of the data."""
    count = max(0, (len(data) - _SHORTEST) // step + 1)
    words = np.ndarray(count, np.uint64, data, strides=(step,))
    return (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _TABLE_BITS)


class Leaks:
    """The secrets of this process, what was said since the last look, and what was found. Safe from any thread."""

    def __init__(self) -> None:
        self._kept: dict[str, Secret] = {}
        self._recent: deque[Secret] = deque(maxlen=_RECENT)
        self._sources: WeakKeyDictionary[object, Callable[[], Iterable[Secret]]] = WeakKeyDictionary()
        self._waiting: list[tuple[str, str, bytes]] = []
        self._size = 0
        self._found: dict[tuple[str, str, str], Leak] = {}
        self._lock = threading.RLock()
        self._made_of: frozenset[Secret] = frozenset()
        self._matcher = _Matcher(())

    def keep(self, value: str | None, what: str, *allowed: str) -> None:
        """A secret that lives as long as the process, such as one of the settings."""
        secret = Secret(value or "", what, allowed)
        if secret.can_be_looked_for:
            self._kept.setdefault(secret.value, secret)

    def forget(self, value: str) -> None:
        """End what `keep` began."""
        self._kept.pop(value, None)

    def meet(self, value: str, what: str, *allowed: str) -> None:
        """A secret that was on its way, such as a cookie; the last ones are remembered."""
        secret = Secret(value, what, allowed)
        if secret.can_be_looked_for and secret not in self._recent:
            self._recent.append(secret)

    def keep_those_of(self, owner: object, secrets: Callable[[], Iterable[Secret]]) -> None:
        """Secrets that come and go, asked for at each look while their owner lives."""
        self._sources[owner] = secrets

    def hear(self, kind: str, place: str, said: bytes | str) -> None:
        """Something that a hub said; it is looked at later, when all secrets are known."""
        data = said.encode(errors="replace") if isinstance(said, str) else bytes(said)
        if data:
            with self._lock:
                self._waiting.append((kind, place, data[:_LARGEST] if kind == "body" else data))
                self._size += len(data)
                if self._size > _AT_ONCE:
                    self.look()

    def look(self) -> None:
        """Search everything that was said since the last look."""
        with self._lock:
            waiting, self._waiting, self._size = self._waiting, [], 0
            if waiting:
                matcher = self._present_matcher()
                whole, starts, at = b"\n".join(data for _, _, data in waiting), [], 0
                for _, _, data in waiting:
                    starts.append(at)
                    at += len(data) + 1
                for position, secret in matcher.matches(whole):
                    kind, place, _ = waiting[max(n for n, start in enumerate(starts) if start <= position)]
                    if kind not in secret.allowed:
                        place = matcher.hidden(place)
                        self._found.setdefault((kind, place, secret.value), Leak(kind, place, secret))

    def take(self) -> list[Leak]:
        """What was found since the last time."""
        with self._lock:
            self.look()
            found, self._found = list(self._found.values()), {}
            return found

    def _present_matcher(self) -> _Matcher:
        present = {**self._kept}
        for source in list(self._sources.values()):
            present |= {one.value: one for one in source() if one.can_be_looked_for}
        for one in list(self._recent):
            present.setdefault(one.value, one)
        if (made_of := frozenset(present.values())) != self._made_of:
            self._matcher, self._made_of = _Matcher(made_of), made_of
        return self._matcher


LEAKS = Leaks()

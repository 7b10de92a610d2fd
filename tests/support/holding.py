"""An answer of the stand-in that was worked out before a change and arrives after it."""

import re
import threading
from types import TracebackType
from typing import Any

import pytest
from starlette.responses import Response

from gitlab_hooks.standin.app import Front


class HeldAnswer:
    """A context manager: the first answer to a matching request is computed, and waits until `release`."""

    def __init__(self, patch: pytest.MonkeyPatch, pattern: str) -> None:
        self._pattern = re.compile(pattern)
        self._patch = patch
        self._computed, self._released = threading.Event(), threading.Event()
        self._once = threading.Lock()

    def __enter__(self) -> "HeldAnswer":
        whole = Front.answer

        def answer(front: Front, method: str, path: str, *rest: Any) -> Response:
            found = whole(front, method, path, *rest)
            if self._pattern.search(f"{method} {path} {rest[-1]!r}") and self._once.acquire(blocking=False):
                self._computed.set()
                assert self._released.wait(60)
            return found

        self._patch.setattr(Front, "answer", answer)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def wait(self) -> None:
        """Until the answer is on its way."""
        assert self._computed.wait(30), "nothing matching was asked"

    def release(self) -> None:
        self._released.set()

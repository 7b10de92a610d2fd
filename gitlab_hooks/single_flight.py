"""The same question to GitLab is under way at most once: who asks it again waits for the one that runs."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Running questions by name. Waiting for one may be given up at any time, if it is shielded."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[T]] = {}

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """The task of this name that is under way, or a new one that does `work`."""
        running = self._running.get(name)
        if running is None:
            running = asyncio.create_task(work())
            self._running[name] = running
            running.add_done_callback(lambda done: self._ended(name, done))
        return running

    def running(self) -> list[asyncio.Task[T]]:
        return list(self._running.values())

    def _ended(self, name: str, done: asyncio.Task[T]) -> None:
        self._running.pop(name, None)
        if not done.cancelled():
            done.exception()  # who waits gets it; nobody waiting is no error

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = self.running()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""How a process ends whose end was announced (SIGTERM): it says that it is not ready, answers on for a while, so that
those who send requests notice, and then lets what is in flight end.
"""

import asyncio
import signal
from dataclasses import dataclass
from socket import socket
from types import FrameType

import structlog
import uvicorn

from sharinghub_ext.health import Health

log = structlog.get_logger()


@dataclass(slots=True)
class Ending:
    """Whose readiness tells of the end, and how many seconds lie between the announcement and the end."""

    health: Health
    seconds: float


class AnnouncingServer(uvicorn.Server):
    """uvicorn's server, with time between the announcement and the end. SIGINT, or a second signal, ends it at once."""

    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        health, seconds = self._ending.health, self._ending.seconds
        if sig != signal.SIGTERM or not seconds or health.leaving or self._loop is None:
            super().handle_exit(sig, frame)
            return
        health.leaving = True
        log.info("the end is announced", seconds=seconds)
        loop, end = self._loop, super().handle_exit
        loop.call_soon_threadsafe(lambda: loop.call_later(seconds, end, sig, frame))

"""When a command that only waits ends: at the first SIGINT or SIGTERM, which is never lost."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals() -> Iterator[Callable[[], object]]:
    """Within it SIGINT and SIGTERM raise nothing; the function that it gives returns when one of them has come.

    A handler that raises is lost where the interpreter happens to run it in a finaliser, and a lock that is taken as
    the signal comes is never woken. The byte that the interpreter writes as the signal comes waits until it is read.
    For the main thread.
    """
    reading, writing = socket.socketpair()
    with reading, writing:
        writing.setblocking(False)
        handlers = {one: signal.signal(one, _noted) for one in _SIGNALS}
        earlier = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: reading.recv(1)
        finally:
            signal.set_wakeup_fd(earlier)
            for one, handler in handlers.items():
                signal.signal(one, handler)


def _noted(*_: object) -> None:
    """A handler written in Python is what makes the interpreter write the byte."""

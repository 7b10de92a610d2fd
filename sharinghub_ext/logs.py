"""How the program logs: one structured line per event, without tokens, URLs' queries or request bodies."""

import contextlib
import io
import logging
import sys
from typing import TextIO, cast

import structlog

from sharinghub_ext.config import Settings

# Local variables may hold tokens: they are never logged.
_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class _StandardError(io.TextIOBase):
    """Standard error as it is at each write. A line that cannot be written is lost: it fails nothing else.

    A full disk, a pipe whose reader has gone or a closed stream are no reason to refuse a request.
    """

    def write(self, text: str, /) -> int:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def configure_logs(settings: Settings) -> None:
    """Send every log line to standard error, in the configured form."""
    level = _LEVELS[settings.log_level]
    if settings.log_format == "json":
        last: list[structlog.types.Processor] = [
            structlog.processors.ExceptionRenderer(_TRACEBACKS),
            structlog.processors.JSONRenderer(),
        ]
    else:
        colors = not sys.stderr.closed and sys.stderr.isatty()
        last = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _StandardError())),
    )
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=_StandardError(), format="%(levelname)s %(name)s %(message)s"
    )
    for noisy in ("urllib3", "httpx", "gitlab"):
        logging.getLogger(noisy).setLevel(logging.ERROR)

"""Decides where the tests listen to logs: at every logger, before its level is looked at."""

import logging
import sys
import traceback
from typing import Any

import structlog

from tests.support.leaks import LEAKS


def listen_to_logs() -> None:
    """Everything that is logged, at whatever level; the program itself keeps other libraries to warnings."""
    logging.getLogger().addHandler(_Ear())
    configure = structlog.configure

    def tapped(**given: Any) -> None:
        wrapper = given.get("wrapper_class") or structlog.get_config()["wrapper_class"]
        configure(**{**given, "wrapper_class": _hearing(wrapper)})

    def defaults() -> None:
        """As structlog begins, but without the values of local variables, which the program never shows."""
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        tapped(
            processors=[structlog.processors.add_log_level, renderer],
            wrapper_class=structlog.make_filtering_bound_logger(0),
            logger_factory=structlog.PrintLoggerFactory(),
        )

    setattr(structlog, "configure", tapped)  # noqa: B010
    setattr(structlog, "reset_defaults", defaults)  # noqa: B010
    defaults()


def _hearing(wrapper: type[Any]) -> type[Any]:
    """A kind of logger that is heard before its level is looked at."""
    if getattr(wrapper, "is_heard", False):
        return wrapper

    def method(level: str) -> Any:
        def log(self: Any, event: Any = None, *args: Any, **more: Any) -> Any:
            error = more.get("exc_info") or (level == "exception")
            error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
            shown = "".join(traceback.format_exception(error)) if isinstance(error, BaseException) else ""
            LEAKS.hear("log", f"{level}: {event}", f"{event!s} {args!r} {dict(self._context)!r} {more!r}\n{shown}")
            return getattr(wrapper, level)(self, event, *args, **more)

        return log

    levels = ("debug", "info", "warning", "error", "critical", "exception")
    return type("Heard", (wrapper,), {"is_heard": True, **{level: method(level) for level in levels}})


class _Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LEAKS.hear("log", record.name, self.format(record))

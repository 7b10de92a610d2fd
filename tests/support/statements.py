"""Hears what this process asks of its stores: each statement, with the shape of its parameters and without a value."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

Asked = tuple[str, Any]  # a statement, and the types of its parameters in their places


@contextmanager
def statements() -> Iterator[list[Asked]]:
    """Every statement of every store, of any thread, until the end."""
    heard: list[Asked] = []

    def hear(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        heard.append((statement, _shape(parameters)))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items()}
    return [_shape(one) for one in value] if isinstance(value, list | tuple) else type(value).__name__

"""Pages of a GraphQL connection: at most 100 nodes, opaque cursors that name a place in the order, not a number."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError

from gitlab_hooks.standin.gql.complexity import LARGEST_PAGE

T = TypeVar("T")


def encode(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode(cursor: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise GraphQLError("Please provide a valid cursor") from None


def connection(
    rows: Sequence[T],
    arguments: dict[str, Any],
    place: Callable[[T], list[Any]] | None = None,
    shape: Callable[[T], Any] | None = None,
    *,
    descending: bool = False,
) -> dict[str, Any]:
    """One page of rows that are sorted by `place` (None: cursors are plain positions)."""
    places = [place(row) for row in rows] if place else [[at] for at in range(len(rows))]
    start, end = 0, len(rows)
    try:
        if arguments.get("after"):
            mark = decode(arguments["after"])
            start = next((at for at, here in enumerate(places) if (here < mark if descending else here > mark)), end)
        if arguments.get("before"):
            mark = decode(arguments["before"])
            end = next((at for at, here in enumerate(places) if not (here > mark if descending else here < mark)), end)
    except TypeError:
        raise GraphQLError("Please provide a valid cursor") from None
    first, last = arguments.get("first"), arguments.get("last")
    if (first is not None and first < 0) or (last is not None and last < 0):
        raise GraphQLError("Provide a number that is not negative for `first` or `last`")
    after_all, before_all = end, start
    if first is not None or last is None:
        end = min(end, start + min(LARGEST_PAGE if first is None else first, LARGEST_PAGE))
    if last is not None:
        start = max(start, end - min(last, LARGEST_PAGE))
    nodes = [shape(row) if shape else row for row in rows[start:end]]
    cursors = [encode(here) for here in places[start:end]]
    return {
        "nodes": nodes,
        "edges": [{"node": node, "cursor": cursor} for node, cursor in zip(nodes, cursors, strict=True)],
        "count": len(rows),
        "pageInfo": {
            "hasNextPage": end < after_all or (bool(arguments.get("before")) and after_all < len(rows)),
            "hasPreviousPage": start > before_all or before_all > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }

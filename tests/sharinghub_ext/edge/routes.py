"""Every route of an application, as it was declared."""

from collections.abc import Iterator
from typing import Any

from starlette.routing import Mount

from tests.support.running import RunningHub


def application(hub: RunningHub) -> Any:
    """The application of a running hub."""
    app: Any = hub._server.config.loaded_app
    while not hasattr(app, "routes"):
        app = app.app if hasattr(app, "app") else app._app
    return app


def declared(routes: list[Any], prefix: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Path and methods of each route; those of a folder of files have none."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from declared(route.original_router.routes, prefix)
        elif isinstance(route, Mount):
            yield prefix + route.path, frozenset()
        else:
            yield prefix + route.path, frozenset(route.methods or ()) - {"HEAD", "OPTIONS"}

"""QGIS sends the times of its STAC filter without an offset, which RFC 3339 does not allow: its are taken as UTC.

Known by its `User-Agent` alone; from everybody else such a time is refused, as the STAC API asks for.
Source: https://github.com/qgis/QGIS/blob/master/src/gui/stac/qgsstacsourceselect.cpp (`Qt::ISODateWithMs`)
"""

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_QGIS: Final = b"QGIS/"
_BELOW: Final = ("/stac/search", "/stac/collections")
_TIME: Final = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}(?::|%3A)[0-9]{2}(?::|%3A)[0-9]{2}(?:\.[0-9]+)?"
_PARAMETER: Final = re.compile(rb"(?:(?<=^datetime=)|(?<=&datetime=))[^&]*", re.ASCII | re.IGNORECASE)
_WITHOUT_OFFSET: Final = re.compile(rb"(" + _TIME + rb")(?=$|/|%2F)", re.ASCII | re.IGNORECASE)


class QgisTimes:
    """Completes the times of requests that QGIS sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_BELOW) and b"datetime=" in scope["query_string"]:
            agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
            if _QGIS in agent:
                scope["query_string"] = _PARAMETER.sub(_completed, scope["query_string"])
        await self._app(scope, receive, send)


def _completed(parameter: re.Match[bytes]) -> bytes:
    return _WITHOUT_OFFSET.sub(rb"\1Z", parameter[0])

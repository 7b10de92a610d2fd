"""Who may read the numbers: whoever sends the token that the operator chose, and nobody where none was chosen."""

import asyncio
import hmac

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from sharinghub_ext.problems import Problem


class MetricsRoute:
    """`GET /metrics` in Prometheus' text format."""

    def __init__(self, registry: CollectorRegistry, token: SecretStr | None) -> None:
        self._registry = registry
        self._expected = f"Bearer {token.get_secret_value()}".encode() if token else None

    async def answer(self, request: Request) -> Response:
        """200 with the numbers, 403 where metrics are off, 401 without the token."""
        if self._expected is None:
            raise Problem(403, "Metrics are off: set SHARINGHUB_METRICS_TOKEN and send it as a bearer token.")
        given = request.headers.get("authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._expected):
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "Send the token of SHARINGHUB_METRICS_TOKEN as a bearer token.", challenge)
        body = await asyncio.to_thread(generate_latest, self._registry)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

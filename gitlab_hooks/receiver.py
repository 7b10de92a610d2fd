"""What happens to a delivery while GitLab waits: checked, applied where it ends rights, stored, answered."""

import asyncio
import hashlib
from collections.abc import Callable

import orjson
import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gitlab_hooks.batches import Batches
from gitlab_hooks.events import Hint, interpret
from gitlab_hooks.hook_scopes import HookScopes
from gitlab_hooks.verification import Refused, ScopedToken, Signature, Verifier
from stac_ext.clock import Clock
from stac_ext.store.database import StoreError
from stac_ext.store.inbox import BODY, Delivery, Inbox
from stac_ext.times import to_micros

MAX_BODY_BYTES = 25 * 1024 * 1024  # GitLab's own limit
_RETRY_SECONDS = "5"
log = structlog.get_logger()


class HookReceiver:
    """`POST /hooks/gitlab`: the same answer whether or not the project is known."""

    def __init__(
        self,
        inbox: Inbox,
        verifier: Verifier,
        scopes: HookScopes,
        clock: Clock,
        wake: Callable[[], None],
        counted: Callable[[str, str], None] = lambda event, outcome: None,
    ) -> None:
        """`wake` is called when there is work, `counted` with the event and what became of each delivery."""
        self._batches = Batches(inbox.receive_all)
        self._counted = counted
        self._verifier = verifier
        self._scopes = scopes
        self._clock = clock
        self._wake = wake

    async def receive(self, request: Request) -> Response:
        """Answer one delivery: 200 once it is stored, 401 where it is not GitLab's, 413 or 400 for no body, 503 where
        the store does not take it: GitLab shows such a delivery as failed, and the next sweep finds what it told.
        """
        try:
            answer = await self._receive(request)
        except (StoreError, OperationalError, PoolTimeout) as error:
            log.error("the store did not answer", path=request.url.path, error=type(error).__name__)
            answer = _refusal(503, "The hub's store does not answer at the moment. Try again soon.", "Unavailable")
            answer.headers["Retry-After"] = _RETRY_SECONDS
        if answer.status_code >= 400:
            self._counted("", "refused")
        return answer

    async def _receive(self, request: Request) -> Response:
        if self._verifier.is_off:
            return _refusal(403, "hooks are off: set SHARINGHUB_HOOK_SECRET, and the same secret at GitLab's hook")
        try:
            proof = self._verifier.check_headers(request.headers, self._clock.now())
            body = await _bounded_body(request)
            if body is None:
                return _refusal(413, "the body is larger than 25 MB")
            if isinstance(proof, Signature):
                self._verifier.verify(proof, body)
        except Refused as error:
            return _refusal(401, str(error))
        try:
            payload = orjson.loads(body)
        except orjson.JSONDecodeError:
            return _refusal(400, "the body is not JSON")
        if not isinstance(payload, dict):
            return _refusal(400, "the body is not a JSON object")
        hint = interpret(payload)
        new, outcome, key = True, "ignored", None
        if isinstance(proof, ScopedToken):
            try:
                within = await asyncio.to_thread(self._speaks_for, proof, hint)
            except Refused as error:
                return _refusal(401, str(error))
            if not within:  # GitLab must not see a failure: it would stop to call the hook
                self._counted(hint.event, "foreign")
                log.warning("a hook spoke of what is not its own", hook_event=hint.event, scope=hint.scope)
                return JSONResponse({"status": "accepted"})
        if hint.scope is not None or hint.denials:
            now = to_micros(self._clock.now())
            key = f"signed:{proof.id}" if isinstance(proof, Signature) else _delivery_key(request, body)
            new = await self._batches.add(Delivery(key, hint.event, hint.scope, hint.denials, now))
            self._wake()
            outcome = "new" if new else "repeated"
        self._counted(hint.event, outcome)
        log.info("hook received", hook_event=hint.event or "unknown", scope=hint.scope, new=new, delivery=key)
        return JSONResponse({"status": "accepted"})

    def _speaks_for(self, token: ScopedToken, hint: Hint) -> bool:
        """Whether the token speaks for what the delivery is about. Raises Refused for a token that is none; blocks."""
        return self._scopes.covers(self._verifier.scope_of(token, self._scopes.candidates(hint)), hint)


def _delivery_key(request: Request, body: bytes) -> str:
    """The same for a delivery that is sent again. One event UUID covers all that one change causes, so not alone."""
    given = request.headers.get("idempotency-key", "")[:200]
    if given:
        return f"key:{given}"
    uuid, digest = request.headers.get("x-gitlab-event-uuid", "")[:200], hashlib.sha256(body).hexdigest()
    return f"uuid:{uuid}:{digest}" if uuid else f"{BODY}{digest}"


async def _bounded_body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _refusal(status: int, detail: str, kind: str = "HookRefused") -> Response:
    title = "Hook refused" if kind == "HookRefused" else kind
    return JSONResponse(
        {"type": f"urn:sharinghub:problem:{kind}", "title": title, "status": status, "detail": detail},
        status,
        media_type="application/problem+json",
    )

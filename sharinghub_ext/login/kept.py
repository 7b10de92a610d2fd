"""What is kept of one sign-in: tokens, when they end, and where they may be sent, which no later answer changes."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sharinghub_ext.login.errors import Unanswered
from sharinghub_ext.login.places import Place, own

_LIFETIME: Final = 7200  # of an access token that GitLab gives no lifetime for
_TOKEN: Final = re.compile(r"[!-~]{1,8192}")
_DUE_SECONDS: Final = 120  # GitLab ends the old token when it gives a new one: not earlier than it must be


@dataclass(frozen=True, slots=True)
class Kept:
    """One sign-in. `expires_at` in seconds since 1970."""

    hub: str
    gitlab: str
    client_id: str
    token_endpoint: str
    revocation_endpoint: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: int

    def is_due(self, now: float) -> bool:
        """Whether it is time for a new access token."""
        return self.expires_at - now < _DUE_SECONDS

    def has_ended(self, now: float) -> bool:
        return self.expires_at <= now

    def to_text(self) -> str:
        return json.dumps(asdict(self))


def of_answer(place: Place, answer: Mapping[str, Any], now: float, before: str | None = None) -> Kept:
    """What a token answer of GitLab gives (RFC 6749, section 5.1). `before` is a refresh token that goes on to count
    where the answer holds none. Raises Unanswered.
    """
    access, refresh, lifetime = answer.get("access_token"), answer.get("refresh_token"), answer.get("expires_in")
    if not _is_token(access) or str(answer.get("token_type", "")).lower() != "bearer":
        raise Unanswered(f"{place.gitlab} answered with something that is no token.")
    seconds = lifetime if isinstance(lifetime, int) and 0 < lifetime < 10**8 else _LIFETIME
    return Kept(
        place.hub,
        place.gitlab,
        place.client_id,
        place.token_endpoint,
        place.revocation_endpoint,
        str(access),
        str(refresh) if _is_token(refresh) else before,
        int(now) + seconds,
    )


def of_text(text: str, hub: str) -> Kept | None:
    """What was kept for a hub; None for a text that is no such thing, or was kept for another one."""
    try:
        found = Kept(**json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (found.gitlab, found.client_id, found.access_token)
    whole = all(isinstance(one, str) for one in texts) and isinstance(found.expires_at, int)
    endpoints = (found.token_endpoint, found.revocation_endpoint)
    right = whole and found.hub == hub and all(own(one, found.gitlab) for one in endpoints)
    return found if right and _is_token(found.access_token) else None


def _is_token(value: object) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None

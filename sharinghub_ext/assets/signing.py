"""Addresses for browsers that cannot send a header: `?expires=…&signature=…`, for five minutes, for one file.

The signature is sealed under the secret key: it names the session that asked for it, and binds the method, the project,
the revision and the path, and the end. It is no right of its own: at its use the file is asked for with the token of
that session, as it is then, so it ends when the session does. In a browser with another session it is not taken.
Whatever is wrong with it, the answer is the same.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request

from sharinghub_ext.assets.names import Asset
from sharinghub_ext.auth.sealing import Sealer
from sharinghub_ext.problems import Problem
from stac_ext.clock import Clock

LIFETIME: Final = timedelta(seconds=300)
METHODS: Final = ("GET", "HEAD")
EXPIRES: Final = "expires"
SIGNATURE: Final = "signature"
_LONGEST: Final = 1024


class SignedAddresses:
    """Makes and reads them."""

    def __init__(self, sealer: Sealer, public_url: str, clock: Clock) -> None:
        self._sealer, self._public_url, self._clock = sealer, public_url, clock

    def sign(self, session: str, method: str, asset: Asset) -> tuple[str, datetime]:
        """The address for a session (its key), and when it ends."""
        ends = int((self._clock.now() + LIFETIME).timestamp())
        sealed = self._sealer.seal({"session": session, "bound": _bound(method, asset, ends)}).decode("ascii")
        href = f"{self._public_url}{asset.address}?{EXPIRES}={ends}&{SIGNATURE}={sealed.rstrip('=')}"
        return href, datetime.fromtimestamp(ends, UTC)

    def session_of(self, request: Request, method: str, asset: Asset) -> str:
        """The key of the session that a signed request speaks for. Raises Problem 403."""
        given, until = (request.query_params.getlist(name) for name in (SIGNATURE, EXPIRES))
        if len(given) != 1 or len(until) != 1 or not given[0].isascii() or len(given[0]) > _LONGEST:
            raise refused()
        ends = int(until[0]) if until[0].isascii() and until[0].isdigit() and len(until[0]) <= 12 else 0
        opened = self._sealer.open(given[0].encode("ascii") + b"=" * (-len(given[0]) % 4)) or {}
        is_bound = hmac.compare_digest(str(opened.get("bound", "")).encode(), _bound(method, asset, ends).encode())
        now = self._clock.now().timestamp()
        if not is_bound or not now < ends <= now + LIFETIME.total_seconds():
            raise refused()
        return str(opened["session"])


def is_signed(request: Request) -> bool:
    """Whether an address claims to be a signed one."""
    return SIGNATURE in request.query_params


def refused() -> Problem:
    """The one answer for an address that was changed, has ended, or is another method's or another session's."""
    return Problem(
        403, "This address is not signed for this, or no longer. Ask for a new one: POST /assets/sign, signed in."
    )


def _bound(method: str, asset: Asset, ends: int) -> str:
    return hashlib.sha256(f"{method}\0{asset.address}\0{ends}".encode()).hexdigest()

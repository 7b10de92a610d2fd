"""Whether a delivery comes from GitLab, and for what its secret speaks: by its signature where it has one, else by its
secret token; never by less.

The secret itself speaks for the whole instance. A hook that the hub installs has a token that is made of the secret and
a scope, `instance`, `group:<id>` or `project:<id>`, and speaks only for that.

A signature is that of Standard Webhooks: HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`, at most five minutes
old or ahead. Several secrets and several keys count at the same time, so that each can be changed without a gap.
Sources: https://www.standardwebhooks.com, https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

WINDOW_SECONDS: Final = 300

_PREFIX: Final = "whsec_"
_MAX_SIGNATURES: Final = 10
_LEAST_KEY: Final = 16
_SCOPED: Final = re.compile(r"[0-9a-f]{64}")
_FIELDS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Refused(Exception):
    """The delivery is not GitLab's; the message tells those who run GitLab what to do and holds no secret."""


def signing_key(text: str) -> bytes:
    """The key of a signing token, `whsec_` and base64. Raises ValueError."""
    if not text.startswith(_PREFIX):
        raise ValueError(f"must begin with {_PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"must be base64 after {_PREFIX}") from None
    if len(key) < _LEAST_KEY:
        raise ValueError(f"must hold at least {_LEAST_KEY} bytes")
    return key


INSTANCE: Final = "instance"
_NOT_OURS: Final = "the secret token of the hook is not the one of SHARINGHUB_HOOK_SECRET"


def scoped_token(secret: str, scope: str) -> str:
    """The secret token of a hook that speaks for `instance`, `group:<id>` or `project:<id>`: 64 hexadecimal digits."""
    return hmac.digest(secret.encode(), scope.encode(), hashlib.sha256).hex()


@dataclass(frozen=True, slots=True)
class ScopedToken:
    """A token that may speak for a part of the instance; nothing of it is true before `scope_of`."""

    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a delivery claims to be signed with; nothing of it is true before `verify`."""

    id: str
    timestamp: str
    values: tuple[bytes, ...]


class Verifier:
    """Knows the secrets and the signing keys of this hub; without either, nothing is taken."""

    def __init__(self, secrets: Sequence[str], keys: Sequence[bytes] = ()) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)
        of_instance = [scoped_token(one, INSTANCE) for one in self._secrets]
        self._whole = tuple(one.encode() for one in (*self._secrets, *of_instance))
        self._keys = tuple(keys)

    @property
    def is_off(self) -> bool:
        """Whether hooks are off."""
        return not self._secrets and not self._keys

    def check_headers(self, headers: Mapping[str, str], now: datetime) -> Signature | ScopedToken | None:
        """What can be said before the body is read: the signature or the scoped token to verify it by, None where the
        secret token was right. Raises Refused.
        """
        if not any(name in headers for name in _FIELDS):
            return self._check_token(headers.get("x-gitlab-token", ""))
        if not self._keys:
            raise Refused("the delivery is signed: set SHARINGHUB_HOOK_SIGNING_KEY to the hook's signing token")
        claimed = _claimed(headers)
        if abs(now.timestamp() - int(claimed.timestamp)) > WINDOW_SECONDS:
            raise Refused("the signature is more than five minutes old or ahead: compare the clocks")
        return claimed

    def verify(self, claimed: Signature, body: bytes) -> None:
        """Raise Refused unless one of the keys has signed this body."""
        signed = f"{claimed.id}.{claimed.timestamp}.".encode("latin-1") + body
        fits = False
        for key in self._keys:
            right = hmac.digest(key, signed, hashlib.sha256)
            for value in claimed.values:
                fits |= hmac.compare_digest(right, value)
        if not fits:
            raise Refused("the signature is not that of SHARINGHUB_HOOK_SIGNING_KEY")

    def scope_of(self, token: ScopedToken, scopes: Iterable[str]) -> str:
        """That of the scopes, `project:<id>` or `group:<id>`, which the token speaks for. Raises Refused for none."""
        found = None
        for scope in scopes:
            for secret in self._secrets:
                if hmac.compare_digest(token.value, scoped_token(secret, scope).encode()):
                    found = scope
        if found is None:
            raise Refused(_NOT_OURS)
        return found

    def _check_token(self, given: str) -> ScopedToken | None:
        value, fits = given.encode("latin-1", "replace"), False
        for secret in self._whole:
            fits |= hmac.compare_digest(value, secret)
        if fits:
            return None
        if self._secrets and _SCOPED.fullmatch(given):
            return ScopedToken(value)
        raise Refused(_NOT_OURS)


def _claimed(headers: Mapping[str, str]) -> Signature:
    identifier, timestamp, written = (headers.get(name, "") for name in _FIELDS)
    if not 0 < len(identifier) <= 200 or not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        raise Refused("the delivery is signed without webhook-id or webhook-timestamp")
    values = []
    for one in written.split()[:_MAX_SIGNATURES]:
        version, _, encoded = one.partition(",")
        if version == "v1":
            try:
                values.append(base64.b64decode(encoded, validate=True))
            except (binascii.Error, ValueError):
                continue
    if not values:
        raise Refused("the delivery has no signature of version v1")
    return Signature(identifier, timestamp, tuple(values))

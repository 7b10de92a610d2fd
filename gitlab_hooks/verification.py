"""Whether a delivery comes from GitLab: by its signature where it has one, else by its secret token; never by less.

A signature is that of Standard Webhooks: HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`, at most five minutes
old or ahead. Several secrets and several keys count at the same time, so that each can be changed without a gap.
Sources: https://www.standardwebhooks.com, https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

WINDOW_SECONDS: Final = 300

_PREFIX: Final = "whsec_"
_MAX_SIGNATURES: Final = 10
_LEAST_KEY: Final = 16
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


@dataclass(frozen=True, slots=True)
class Signature:
    """What a delivery claims to be signed with; nothing of it is true before `verify`."""

    id: str
    timestamp: str
    values: tuple[bytes, ...]


class Verifier:
    """Knows the secrets and the signing keys of this hub; without either, nothing is taken."""

    def __init__(self, secrets: Sequence[str], keys: Sequence[bytes] = ()) -> None:
        self._secrets = tuple(secret.encode() for secret in secrets if secret)
        self._keys = tuple(keys)

    @property
    def is_off(self) -> bool:
        """Whether hooks are off."""
        return not self._secrets and not self._keys

    def check_headers(self, headers: Mapping[str, str], now: datetime) -> Signature | None:
        """What can be said before the body is read: the signature to verify it by, None where the secret token was
        right. Raises Refused.
        """
        if not any(name in headers for name in _FIELDS):
            self._check_token(headers.get("x-gitlab-token", ""))
            return None
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

    def _check_token(self, given: str) -> None:
        fits = False
        for secret in self._secrets:
            fits |= hmac.compare_digest(given.encode("latin-1", "replace"), secret)
        if not fits:
            raise Refused("the secret token of the hook is not the one of SHARINGHUB_HOOK_SECRET")


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

"""Encryption of what the store or a browser keeps for the hub: under the present secret key, or the one before it.

Fernet (AES-128 in CBC mode with HMAC-SHA-256); the keys are derived from the secrets with HKDF, one for each purpose,
so that what was sealed for one is not opened for another. Source: https://github.com/fernet/spec/blob/master/Spec.md
"""

import base64
from collections.abc import Sequence
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Sealer:
    """Seals with the first secret and opens with each."""

    def __init__(self, secrets: Sequence[bytes], purpose: str) -> None:
        self._fernet = MultiFernet([Fernet(_key(secret, purpose)) for secret in secrets])

    def seal(self, value: dict[str, Any]) -> bytes:
        """A value, encrypted and signed, as ASCII."""
        return self._fernet.encrypt(orjson.dumps(value))

    def open(self, sealed: bytes) -> dict[str, Any] | None:
        """The value again; None for what was not sealed with one of the secrets, or for another purpose."""
        try:
            value = orjson.loads(self._fernet.decrypt(sealed))
        except (InvalidToken, ValueError):
            return None
        return value if isinstance(value, dict) else None


def _key(secret: bytes, purpose: str) -> bytes:
    derived = HKDF(SHA256(), 32, salt=b"sharinghub", info=purpose.encode()).derive(secret)
    return base64.urlsafe_b64encode(derived)

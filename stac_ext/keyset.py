"""Where the next or previous page starts: opaque page tokens, signed and bound to the search they belong to."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

import orjson

from stac_ext.query import InvalidParameter

_MAC_BYTES = 16
_EXAMPLE = "follow the links with rel=next and rel=prev as they are"


@dataclass(frozen=True, slots=True)
class PageKey:
    """A place in a search: the sort values of a row, in the order of the sort; the item's two ids come last.

    The page holds the rows behind that row, or those before it where it goes `back`. Without values a page that goes
    back ends with the last row of all.
    """

    values: tuple[int | str | None, ...]
    back: bool = False


class PageTokens:
    """Makes page tokens with a secret key, and reads those of each. A token grants nothing: it only says where to go
    on.
    """

    def __init__(self, key: bytes, *others: bytes) -> None:
        self._keys = [hashlib.sha256(b"page token 2\0" + one).digest() for one in (key, *others)]

    def seal(self, page: PageKey, digest: str) -> str:
        body = orjson.dumps([page.values, digest, *([True] if page.back else [])])
        return base64.urlsafe_b64encode(_mac(self._keys[0], body) + body).rstrip(b"=").decode()

    def open(self, token: str, digest: str) -> PageKey:
        """The page that `token` points to, in the search with this digest. Raises InvalidParameter."""
        try:
            if len(token) > 4096:
                raise ValueError("too long")
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (ValueError, binascii.Error):
            raise InvalidParameter("token", "is not a page token of this catalogue", _EXAMPLE) from None
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(key, body)) for key in self._keys):
            raise InvalidParameter("token", "is not a page token of this catalogue", _EXAMPLE)
        values, bound, *back = orjson.loads(body)
        if bound != digest:
            raise InvalidParameter("token", "belongs to another search", _EXAMPLE)
        return PageKey(tuple(values), back=bool(back))


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:_MAC_BYTES]

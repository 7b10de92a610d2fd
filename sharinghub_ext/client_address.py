"""Which address a request comes from: that of the connection, or behind a configured proxy the one that it names.

`X-Forwarded-For` counts only where the connection comes from a trusted proxy. Read from its right end, which the
nearest proxy wrote, the first address that is no trusted proxy is the client; what stands left of it may be forged. An
entry that is no address ends the reading: the last known hop is the client then. Hosts and schemes that a proxy
forwards never count, since links begin with the configured public URL.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_HEADER: Final = b"x-forwarded-for"
_MAX_HOPS: Final = 20


class ClientAddress:
    """Puts the client's address into the scope, where everything that asks for the client finds it."""

    def __init__(self, app: ASGIApp, trusted: Iterable[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client is not None and (self._trusted or ":" in client[0]):
            forwarded = [value for name, value in scope.get("headers", ()) if name == _HEADER]
            address = client_address(client[0], forwarded, self._trusted)
            if address != client[0]:
                scope["client"] = (address, client[1])
        await self._app(scope, receive, send)


def client_address(peer: str, forwarded: Sequence[bytes], trusted: Sequence[Network]) -> str:
    """The client of a connection from `peer` with these values of `X-Forwarded-For`."""
    hop = address_of(peer)
    if hop is None:
        return peer
    entries = b",".join(forwarded).split(b",") if forwarded else []
    for entry in reversed(entries[-_MAX_HOPS:]):
        if not _is_in(hop, trusted):
            break
        named = address_of(entry.decode("latin-1").strip())
        if named is None:
            break
        hop = named
    return str(hop)


def client_of(request: Request) -> str:
    """The address that a request comes from; empty where it is not known."""
    return request.client.host if request.client else ""


@lru_cache(4096)
def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 of an IPv6 address, of which one client may have all."""
    found = address_of(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found) if found is not None else address


def address_of(text: str) -> Address | None:
    """The address in a text, with or without a port; IPv4 inside IPv6 is IPv4. None for anything else."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)

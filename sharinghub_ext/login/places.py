"""Which GitLab a hub trusts and where one signs in there: addresses count only over https and at that GitLab.

Sources: RFC 9728 (the hub's document), https://openid.net/specs/openid-connect-discovery-1_0.html (GitLab's), RFC 8628
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from sharinghub_ext.login.errors import Unanswered, Unusable
from sharinghub_ext.login.web import Web
from sharinghub_ext.loopback import is_loopback

_HUB_DOCUMENT: Final = "/.well-known/oauth-protected-resource"
_GITLAB_DOCUMENT: Final = "/.well-known/openid-configuration"
_NO_ADDRESS: Final = "That is no address of a hub. Name it as in https://hub.example.org"  # it may hold a secret
_CLIENT_ID: Final = "sharinghub_device_client_id"
# Not every GitLab names it: https://docs.gitlab.com/api/oauth2/#device-authorization-grant-flow
_DEVICE_PATH: Final = "/oauth/authorize_device"


@dataclass(frozen=True, slots=True)
class Place:
    """One hub, its GitLab, and what is asked where."""

    hub: str
    gitlab: str
    client_id: str
    device_endpoint: str
    token_endpoint: str
    revocation_endpoint: str


def address(written: str) -> str:
    """The address of a hub or a GitLab as it is compared and kept. Raises Unusable.

    Without a scheme it is https, and http on this machine.
    """
    try:
        if "://" not in written:
            written = f"{'http' if is_loopback(f'http://{written}') else 'https'}://{written}"
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise Unusable(_NO_ADDRESS) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not _is_plain(written):
        raise Unusable(_NO_ADDRESS)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Unusable(f"The address of {parts.hostname} must hold no user, password, query or fragment.")
    if parts.scheme == "http" and not is_loopback(written):
        raise Unusable(f"{parts.hostname} must be reached over https: others could read the token on its way.")
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port not in (None, usual) else ''}{parts.path.rstrip('/')}"


def find(web: Web, hub: str) -> Place:
    """Where one signs in for a hub. `hub` is an `address`. Raises Unusable, Unanswered."""
    told = _of_hub(web, hub)
    named = address(str(told.get("resource", "")))
    if named != hub:  # RFC 9728, section 3.3
        raise Unusable(f"The hub at {hub} calls itself {named}. If you trust it, use that address.")
    servers, client_id = told.get("authorization_servers"), told.get(_CLIENT_ID)
    if not isinstance(servers, list) or len(servers) != 1 or not isinstance(servers[0], str):
        raise Unanswered(f"{hub} does not say which GitLab it belongs to.")
    if not isinstance(client_id, str) or not client_id.isascii() or not client_id.isprintable():
        raise Unusable(
            f"{hub} offers no sign-in on the command line: SHARINGHUB_OAUTH_DEVICE_CLIENT_ID is not set there. "
            "A personal access token with the scope read_api does the same."
        )
    gitlab = address(servers[0])
    if is_loopback(gitlab) and not is_loopback(hub):
        raise Unusable(f"{hub} leads to a GitLab on your own machine, which a hub elsewhere cannot have.")
    return _at_gitlab(web, hub, gitlab, client_id)


def own(url: object, gitlab: str) -> bool:
    """Whether an address lies at this GitLab and may be shown in a terminal."""
    return isinstance(url, str) and url.startswith(f"{gitlab}/") and _is_plain(url)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and "\\" not in text


def _of_hub(web: Web, hub: str) -> dict[str, Any]:
    path = urlsplit(hub).path
    root = hub.removesuffix(path) if path else hub
    for url in dict.fromkeys((f"{hub}{_HUB_DOCUMENT}", f"{root}{_HUB_DOCUMENT}{path}")):
        status, told = web.get(url)
        if status == 200 and "resource" in told:
            return told
        if status >= 500 or status == 429:
            raise Unanswered(f"{hub} does not answer at the moment ({status}). Try again soon.")
    raise Unusable(f"There is no SharingHub at {hub}. Name its address without /stac, as in https://hub.example.org")


def _at_gitlab(web: Web, hub: str, gitlab: str, client_id: str) -> Place:
    status, told = web.get(f"{gitlab}{_GITLAB_DOCUMENT}")
    if status != 200 or not told:
        raise Unanswered(f"{gitlab} does not say how one signs in ({status}).")
    if str(told.get("issuer", "")).rstrip("/") != gitlab:
        raise Unanswered(f"{gitlab} calls itself by another name. Tell those who run the hub.")
    told.setdefault("device_authorization_endpoint", gitlab + _DEVICE_PATH)
    names = ("device_authorization_endpoint", "token_endpoint", "revocation_endpoint")
    for name in names:
        if not own(told.get(name), gitlab):
            raise Unanswered(f"{gitlab} names a {name} that is not its own. Tell those who run it.")
    return Place(hub, gitlab, client_id, *(str(told[name]) for name in names))

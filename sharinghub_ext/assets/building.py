"""Downloads put together from the settings."""

import ssl
from urllib.parse import urlsplit

import httpx

from gitlab_hooks.gateway.cookies import no_cookies
from gitlab_hooks.gateway.viewer import ViewerClient
from sharinghub_ext.assets.redirects import ObjectStores
from sharinghub_ext.assets.routes import Assets
from sharinghub_ext.assets.signing import SignedAddresses
from sharinghub_ext.assets.slots import Slots
from sharinghub_ext.assets.upstream import Upstream
from sharinghub_ext.auth.building import Auth
from sharinghub_ext.auth.sealing import Sealer
from sharinghub_ext.config import Settings
from sharinghub_ext.loopback import is_loopback
from stac_ext.clock import Clock
from stac_ext.store.reader import CatalogueReader

_PURPOSE = "signed address"


def build_assets(
    settings: Settings,
    public_url: str,
    secret: bytes,
    client: ViewerClient,
    auth: Auth,
    reader: CatalogueReader,
    tls: ssl.SSLContext,
    clock: Clock,
) -> Assets:
    """The downloads of a hub. Addresses are signed where there are sessions."""
    plain = urlsplit(settings.api_url).scheme == "http" and is_loopback(settings.api_url)
    stores = ObjectStores(_client(settings, tls), frozenset(settings.asset_hosts), plain=plain)
    signed = None
    if auth.sessions is not None:
        signed = SignedAddresses(Sealer([secret, *settings.other_secret_keys], _PURPOSE), public_url, clock)
    return Assets(
        Upstream(client, stores, Slots(settings.asset_downloads)),
        auth.callers,
        reader,
        signed,
        public_url,
        settings.asset_limit,
    )


def _client(settings: Settings, tls: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=settings.gitlab_timeout,
        verify=tls,
        trust_env=False,
        cookies=no_cookies(),
        headers={"User-Agent": "sharinghub"},
        limits=httpx.Limits(max_connections=settings.asset_downloads, max_keepalive_connections=20),
    )

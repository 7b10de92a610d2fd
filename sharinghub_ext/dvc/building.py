"""Which object store the settings name, and the DVC remote put together on it; none where they name no place."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog
from anyio.to_thread import run_sync
from sqlalchemy.engine import make_url

from gitlab_hooks.gateway.viewer import ViewerClient
from sharinghub_ext.auth.building import Auth
from sharinghub_ext.config import Settings, SettingsError
from sharinghub_ext.dvc.health import DataHealth
from sharinghub_ext.dvc.local import LocalStore
from sharinghub_ext.dvc.quota import Quotas
from sharinghub_ext.dvc.receiving import Receiver
from sharinghub_ext.dvc.rights import Catalogue, LiveRights
from sharinghub_ext.dvc.routes import PATH, DvcRemote
from sharinghub_ext.dvc.s3.address import EXAMPLE, S3Address, parse_address
from sharinghub_ext.dvc.store import ObjectStore, StoreFailure, StoreRefused
from sharinghub_ext.edge.rate_limit import TokenBuckets
from stac_ext.clock import Clock
from stac_ext.model import Viewer
from stac_ext.store.reader import CatalogueReader

_BESIDE: Final = "objects"
log = structlog.get_logger()


def object_place(settings: Settings) -> Path | S3Address | None:
    """Where the objects are: a folder, a bucket, or None where no setting leads to one. Raises SettingsError."""
    if settings.store_url is None:
        database = make_url(settings.database_url)
        if database.get_backend_name() != "sqlite" or not database.database:
            return None
        return Path(database.database).parent / _BESIDE
    try:
        parts = urlsplit(settings.store_url)
        if parts.scheme == "s3":
            return parse_address(settings.store_url)
    except ValueError as error:
        raise SettingsError(f"SHARINGHUB_STORE_URL: {error}") from None  # its text may hold a secret
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or parts.path.strip("/") == "":
        raise SettingsError(f"SHARINGHUB_STORE_URL: use file:///path/to/a/folder, or {EXAMPLE}")
    return Path(unquote(parts.path))


def open_objects(settings: Settings, clock: Clock) -> ObjectStore | None:
    """The object store of the settings. Raises SettingsError where it cannot be used."""
    place = object_place(settings)
    if isinstance(place, S3Address):
        try:
            from sharinghub_ext.dvc.s3.store import S3Store
        except ImportError as error:
            needed = "SHARINGHUB_STORE_URL: s3:// needs aiobotocore: pip install 'aiobotocore>=3.5'"
            raise SettingsError(needed) from error
        return S3Store(place, clock)
    if place is None:
        return None
    try:
        return LocalStore(place)
    except StoreFailure as error:
        raise SettingsError(f"SHARINGHUB_STORE_URL: {place} cannot be used: {error}") from error


async def check_objects(remote: DvcRemote | None) -> None:
    """Raise SettingsError where the store refuses the hub, and warn where it does not answer now."""
    if remote is None:
        return
    try:
        await remote.check()
    except StoreRefused as error:
        raise SettingsError(f"SHARINGHUB_STORE_URL: {error}") from error
    except StoreFailure as error:
        log.warning("the store of DVC data does not answer; the catalogue is served meanwhile", error=str(error))


def build_dvc(
    settings: Settings,
    public_url: str,
    topics: tuple[str, ...],
    clock: Clock,
    client: ViewerClient,
    auth: Auth,
    reader: CatalogueReader,
) -> DvcRemote | None:
    """The DVC remote of every project, None where there is no store. Raises SettingsError."""
    store = open_objects(settings, clock)
    if store is None:
        return None

    async def is_public(project_id: int) -> bool:
        return await run_sync(reader.shows_project, await auth.viewers.resolve(None), project_id)

    async def is_listed(project_id: int) -> bool:
        return await run_sync(reader.shows_project, Viewer(None, proven=frozenset({project_id})), project_id)

    catalogue = Catalogue(frozenset(topics), is_public, is_listed)
    questions = TokenBuckets(settings.requests_per_minute, clock)
    rights = LiveRights(client, catalogue, auth.refusals, auth.job_reads, questions, clock)
    receiver = Receiver(store, Quotas(store, settings.dvc_project_quota, clock), settings.dvc_object_limit)
    health = build_health(store, reader, public_url, clock)
    return DvcRemote(store, rights, receiver, health, auth.callers, public_url)


def build_health(store: ObjectStore, reader: CatalogueReader, public_url: str, clock: Clock) -> DataHealth:
    """What looks for the objects that items name; whoever asks it must be one who may know."""

    async def docs_of(project_id: int) -> tuple[bytes, ...]:
        return await run_sync(reader.of_project, Viewer(None, proven=frozenset({project_id})), project_id)

    return DataHealth(store, docs_of, f"{public_url}{PATH}", clock)

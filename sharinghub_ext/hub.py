"""The composition root: the only place where the parts of the hub are chosen and put together."""

import asyncio
import hashlib
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpx
import orjson
import structlog

from gitlab_hooks.gateway.budget import Budget
from gitlab_hooks.gateway.cookies import no_cookies
from gitlab_hooks.gateway.errors import AccessDenied, CredentialRefused, GitLabError, NotFound
from gitlab_hooks.gateway.service import ServiceClient
from gitlab_hooks.gateway.tls import trust
from gitlab_hooks.gateway.viewer import ViewerClient
from gitlab_hooks.indexer import Indexer
from gitlab_hooks.reading import ProjectReader
from gitlab_hooks.sweep import Progress, Report, Sweep
from gitlab_hooks.worker import Worker
from sharinghub_ext import __version__
from sharinghub_ext.api.links import Urls
from sharinghub_ext.assets.building import build_assets
from sharinghub_ext.assets.routes import Assets
from sharinghub_ext.auth.building import Auth, build_auth
from sharinghub_ext.auth.explaining import Bounds
from sharinghub_ext.auth.identities import Freshness
from sharinghub_ext.auth.viewers import ANONYMOUS_NOTE
from sharinghub_ext.categories import resolve_categories
from sharinghub_ext.config import Settings, SettingsError
from sharinghub_ext.dvc.building import build_dvc, object_place
from sharinghub_ext.dvc.routes import DvcRemote
from sharinghub_ext.extensions import load_extensions
from sharinghub_ext.hook_care import Hearing, HookRounds, build_admin, build_care, connection_of
from sharinghub_ext.metrics.meters import Meters
from sharinghub_ext.metrics.state import State
from sharinghub_ext.standing import IndexStatus, Standing
from sharinghub_ext.storing import store_options
from stac_ext.categories import Category
from stac_ext.clock import Clock, SystemClock
from stac_ext.extensions.schema_file import SchemaExtension
from stac_ext.items.authentication import schemes
from stac_ext.keyset import PageTokens
from stac_ext.store.database import Database, StoreError
from stac_ext.store.inbox import Inbox
from stac_ext.store.migrations import CURRENT as SCHEMA_VERSION
from stac_ext.store.migrations import Step
from stac_ext.store.opening import open_store
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter
from stac_ext.times import format_rfc3339, to_micros
from stac_ext.urls import BuildContext

_ADDRESS_NOTE = "address"
_QUESTIONS = 100
log = structlog.get_logger()


@dataclass(slots=True)
class Hub:
    """The parts of one hub. Built by `build_hub`, closed by `close`."""

    settings: Settings
    clock: Clock
    urls: Urls
    context: BuildContext
    categories: tuple[Category, ...]
    database: Database
    reader: CatalogueReader
    tokens: PageTokens
    inbox: Inbox
    worker: Worker
    viewer_client: ViewerClient
    auth: Auth
    assets: Assets
    service: ServiceClient
    anonymous: ServiceClient
    http: tuple[httpx.AsyncClient, ...]
    indexer: Indexer
    sweeper: Sweep
    hearing: Hearing
    status: IndexStatus
    standing: Standing
    rounds: HookRounds | None = None
    dvc: DvcRemote | None = None
    meters: Meters = field(default_factory=Meters)
    indexed: asyncio.Event = field(default_factory=asyncio.Event)

    async def sweep(self, progress: Progress = lambda done, total, path: None) -> Report:
        """One comparison of the whole index with GitLab. Raises GitLabError where GitLab cannot be listed."""
        if self.status.state == "empty":
            self.status.state = "indexing"
            await asyncio.to_thread(self.standing.tell)
        began, began_at = time.monotonic(), to_micros(self.clock.now())
        try:
            await self._learn_whether_public_is_open()
            report = await self.sweeper.run(progress)
        except BaseException:
            self.status.state = "stale" if self.status.last_sweep else "empty"
            self.meters.sweeps.labels("failed").inc()
            with suppress(StoreError):
                await asyncio.to_thread(self.standing.tell)
            raise
        await asyncio.to_thread(self.hearing.swept, began_at, [*report.indexed, *report.removed])
        self.meters.swept({change.value: count for change, count in report.counts.items()}, len(report.failed))
        self.status.state = "ready"
        self.status.sweep_took = round(time.monotonic() - began, 1)
        self.status.last_sweep = format_rfc3339(self.clock.now())
        await asyncio.to_thread(self.standing.tell)
        self.indexed.set()
        return report

    async def _learn_whether_public_is_open(self) -> None:
        """GitLab may be configured to show nothing to anybody who is not signed in; then the hub does the same.

        An answer that is none leaves what was known, and before anything is known shows nothing.
        """
        known = await asyncio.to_thread(self.database.get_note, ANONYMOUS_NOTE)
        try:
            await asyncio.to_thread(self.anonymous.identity)
        except (CredentialRefused, AccessDenied, NotFound):
            answer = "no"
        except GitLabError as error:
            log.warning("GitLab did not say whether it shows public projects to everybody", error=str(error))
            answer = known or "no"
        else:
            answer = "yes"
        if answer != known:
            await asyncio.to_thread(self.database.set_note, ANONYMOUS_NOTE, answer)

    def bounds(self) -> Bounds:
        """Within which time a change is noticed, as it is now."""
        settings = self.settings
        return Bounds(
            Freshness.of(settings.grants_ttl, settings.grants_hard_ttl),
            settings.sweep_seconds,
            hooks=bool(settings.hook_secrets or settings.hook_signing_keys),
            last_sweep=self.status.last_sweep,
            failing=self.status.state == "stale",
        )

    def has_items(self) -> bool:
        """Whether anything was ever indexed; blocks."""
        return bool(CatalogueWriter(self.database).project_ids())

    async def close(self) -> None:
        """Stop background work and release connections."""
        await self.auth.close()
        await self.assets.close()
        if self.dvc is not None:
            await self.dvc.close()
        for client in self.http:
            await client.aclose()
        self.database.close()


def build_hub(settings: Settings, public_url: str | None = None, clock: Clock | None = None) -> Hub:
    """Put a hub together. `public_url` is used where the settings name none.

    Raises StoreError for a store that cannot be used. Must be called where an event loop runs.
    """
    clock = clock or SystemClock()
    categories = resolve_categories(settings.categories)
    extensions, extended = _extensions(settings)
    topics = tuple(category.topic for category in categories)
    database = open_store(
        settings.database_url, store_options(settings), migrating=settings.database_migrate, told=_Steps().tell
    )
    urls = Urls(settings.public_url or _address(database, public_url))
    context = build_context(settings, urls.public)
    token = settings.gitlab_token.get_secret_value() if settings.gitlab_token else None
    meters, budget = Meters(), Budget(settings.gitlab_rate_share, clock)

    def answered(status: int, headers: Mapping[str, str]) -> None:
        meters.gitlab_answered("service", status, headers)
        budget.answered(status, headers)

    connection = replace(connection_of(settings), answered=answered)
    try:
        tls = trust(connection.ca_file)
    except OSError as error:
        raise SettingsError(f"SHARINGHUB_GITLAB_CA_FILE: {connection.ca_file} holds no certificates") from error
    service = ServiceClient(connection, token)
    http, downloads = (_async_client(settings, tls, meters, most) for most in (_QUESTIONS, settings.asset_downloads))
    viewer_client = ViewerClient(http, downloads)
    shaping = [repr(one) for one in (context, schemes(context), *categories)]
    salt = hashlib.sha256(orjson.dumps([__version__, SCHEMA_VERSION, token is None, extended, *shaping])).hexdigest()
    indexer = Indexer(
        ProjectReader(service, topics, salt, clock),
        database,
        categories,
        context,
        clock,
        salt=salt,
        versions_kept=settings.versions_kept,
        extensions=extensions,
    )
    writer = CatalogueWriter(database)
    inbox = Inbox(database)
    secret = settings.secret_key.get_secret_value().encode() if settings.secret_key else database.secret()
    auth = build_auth(settings, urls.public, topics, secret, viewer_client, database, tls, clock)
    reader = CatalogueReader(database, context.item_url)
    status = IndexStatus()
    hub = Hub(
        status=status,
        standing=Standing(database, status, clock),
        settings=settings,
        clock=clock,
        urls=urls,
        context=context,
        categories=categories,
        database=database,
        reader=reader,
        tokens=PageTokens(secret, *settings.other_secret_keys),
        inbox=inbox,
        worker=Worker(
            inbox,
            indexer,
            writer,
            database.alone,
            clock,
            settings.gitlab_concurrency,
            budget.refused,
            service.identity,
        ),
        viewer_client=viewer_client,
        auth=auth,
        assets=build_assets(settings, urls.public, secret, viewer_client, auth, reader, tls, clock),
        service=service,
        anonymous=ServiceClient(connection),
        http=(http, downloads),
        indexer=indexer,
        meters=meters,
        hearing=Hearing(inbox, on=bool(settings.hook_secrets or settings.hook_signing_keys)),
        rounds=_rounds(settings, urls.public, database),
        sweeper=Sweep(service, indexer, writer, topics, settings.gitlab_concurrency, budget.pause),
    )
    hub.meters.registry.register(State(database, inbox, hub.status, hub.hearing, hub.standing, clock))
    hub.dvc = build_dvc(settings, urls.public, topics, clock, viewer_client, auth, hub.reader)
    return hub


def _rounds(settings: Settings, public_url: str, database: Database) -> HookRounds | None:
    """Only with a token for it, and with a secret that the hooks can have."""
    if settings.gitlab_admin_token is None or settings.hook_secret is None:
        return None
    return HookRounds(build_care(settings, build_admin(settings), public_url), database)


class _Steps:
    """Tells of each step of a migration before it runs; a new store is made without a word."""

    def __init__(self) -> None:
        self._is_new = False

    def tell(self, step: Step) -> None:
        self._is_new = self._is_new or step.number == 1
        if not self._is_new:
            log.info("the store is being migrated", step=step.number, purpose=step.purpose)


def _extensions(settings: Settings) -> tuple[tuple[SchemaExtension, ...], str]:
    """The configured extensions, and a hash of all that they are made of."""
    try:
        loaded = load_extensions(settings.extensions)
    except ValueError as error:
        raise SettingsError("\n".join(f"SHARINGHUB_EXTENSIONS: {line}" for line in str(error).splitlines())) from error
    files = [file for one in settings.extensions.values() for file in (one.file, *one.references.values())]
    made_of = b"\0".join([repr(settings.extensions).encode(), *(file.read_bytes() for file in files)])
    return loaded, hashlib.sha256(made_of).hexdigest()


def _async_client(settings: Settings, tls: ssl.SSLContext, meters: Meters, most: int) -> httpx.AsyncClient:
    """For questions with callers' tokens, `most` at once."""

    async def count(response: httpx.Response) -> None:
        meters.gitlab_answered("viewer", response.status_code, response.headers)

    return httpx.AsyncClient(
        base_url=settings.api_url,
        timeout=settings.gitlab_timeout,
        verify=tls,
        trust_env=False,
        cookies=no_cookies(),
        headers={"User-Agent": "sharinghub"},
        event_hooks={"response": [count]},
        limits=httpx.Limits(max_connections=most, max_keepalive_connections=20),
    )


def build_context(settings: Settings, public_url: str) -> BuildContext:
    """Where things are, of a hub that is reached at this address."""
    urls = Urls(public_url)
    return BuildContext(
        stac_url=urls.stac,
        assets_url=urls.assets,
        gitlab_host_name=urlsplit(settings.gitlab_url).netloc,
        gitlab_url=settings.gitlab_url,
        dvc_url=f"{public_url}/dvc" if object_place(settings) else None,
    )


def known_address(settings: Settings, database: Database) -> str:
    """Where the hub is reached, for a command beside it."""
    return settings.public_url or _address(database, None)


def _address(database: Database, listening: str | None) -> str:
    """Where the hub is reached if no setting says so: where it listens, or listened last.

    Kept in the store, so that `sync` beside a running hub writes the same links.
    """
    last = database.get_note(_ADDRESS_NOTE)
    if listening is not None and listening != last:
        database.set_note(_ADDRESS_NOTE, listening)
    return listening or last or "http://localhost:8080"

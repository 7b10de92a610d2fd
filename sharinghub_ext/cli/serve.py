"""`sharinghub serve`: everything for one machine in one process."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Annotated, Any

import structlog
import typer
import uvicorn
from starlette.types import ASGIApp

from gitlab_hooks.gateway.service import ServiceClient
from sharinghub_ext.app import create_app
from sharinghub_ext.auth.visitors import check_or_hold_back
from sharinghub_ext.checks import GitLabCheckFailed, check_gitlab, check_visitor
from sharinghub_ext.cli.connections import PatientProtocol
from sharinghub_ext.cli.ending import AnnouncingServer, Ending
from sharinghub_ext.config import Settings, SettingsError, load_settings
from sharinghub_ext.dvc.building import check_objects
from sharinghub_ext.hook_care import connection_of
from sharinghub_ext.hub import build_hub
from sharinghub_ext.logs import configure_logs
from sharinghub_ext.roles import Role
from sharinghub_ext.worker_app import create_worker_app

# Threads that index share the interpreter with the loop that answers; by default each would keep it for 5 ms.
_SWITCH_SECONDS = 0.0005
# Longer than proxies keep a connection that nothing goes over (60 s), so that none sends a hook into a closing one.
_KEEP_ALIVE_SECONDS = 75
log = structlog.get_logger()


def command(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8080,
    role: Annotated[
        Role,
        typer.Option(help="`api` answers callers and takes hooks in, `worker` reads GitLab, `all` does both."),
    ] = Role.ALL,
) -> None:
    """Serve the STAC API, receive hooks, and keep the index equal to GitLab.

    Needs SHARINGHUB_GITLAB_URL; SHARINGHUB_GITLAB_TOKEN shows more than what is public, SHARINGHUB_HOOK_SECRET makes
    changes appear within about a second.

    Several processes may share one store: on PostgreSQL any number of `--role api` and `--role worker`, with the same
    settings, SHARINGHUB_PUBLIC_URL among them. A worker serves /healthz, /readyz and /metrics alone.
    """
    settings = load_settings()
    configure_logs(settings)
    run(serve(settings, listen(host, port), role))


def run(serving: Coroutine[Any, Any, None]) -> None:
    """Run a server until SIGINT or SIGTERM, which let requests in flight end; both are a clean exit."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.setswitchinterval(_SWITCH_SECONDS)
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(serving)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster event loop, where there is one for this system."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens, so that the port is known before anything is told. Raises SettingsError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(f"--host {host} --port {port}: cannot listen there: {error.strerror}") from error
    # Inherited by connections. Without it an answer's second packet waits for a delayed acknowledgement, about 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address_of(listening: socket.socket) -> str:
    """The URL under which a listening socket is reached from this machine."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(settings: Settings, listening: socket.socket, role: Role = Role.ALL) -> None:
    """Serve on a listening socket until stopped.

    Raises SettingsError, StoreError and GitLabCheckFailed before anything is served.
    """
    if role is not Role.ALL and settings.public_url is None:
        raise SettingsError("SHARINGHUB_PUBLIC_URL: must be set where several processes are one hub (--role)")
    hub, checking = build_hub(settings, address_of(listening)), None
    try:
        await asyncio.to_thread(check_gitlab, settings, hub.service)
    except GitLabCheckFailed as error:
        if error.fatal or not await asyncio.to_thread(hub.has_items):
            await hub.close()
            raise
        log.warning("GitLab does not answer; what is public is served from the index meanwhile", error=str(error))
    try:
        await check_objects(hub.dvc)
    except SettingsError:
        await hub.close()
        raise
    if settings.visitor_token is not None and role.answers:
        client = ServiceClient(connection_of(settings), settings.visitor_token.get_secret_value())
        try:
            checking = await check_or_hold_back(hub.auth.callers, partial(check_visitor, settings, client))
        except GitLabCheckFailed:
            await hub.close()
            raise
    if settings.hook_secret is None and settings.hook_signing_key is None:
        log.warning("no hooks: changes appear at the next sweep (SHARINGHUB_HOOK_SECRET)")
    if settings.hook_secret_is_short:
        log.warning("the hook secret is short and could be guessed (SHARINGHUB_HOOK_SECRET; openssl rand -hex 32)")
    log.info("serving", role=role.value, stac=hub.urls.stac, hooks=f"{hub.urls.public}/hooks/gitlab")
    app = create_app(hub, role=role) if role.answers else create_worker_app(hub)
    serving = server(app, ending=Ending(app.state.health, settings.drain_seconds))
    gc.collect()
    gc.freeze()  # what is there now stays: no later collection has to look at it, which would hold up every answer
    await serving.serve(sockets=[listening])
    if checking is not None:
        checking.cancel()


def server(
    app: ASGIApp, protocol: type[asyncio.Protocol] = PatientProtocol, ending: Ending | None = None
) -> uvicorn.Server:
    """The HTTP server of an application. Request lines are not logged: they may hold what does not belong there.

    There is no limit of connections at once: it would refuse GitLab's hooks together with those who use them up.
    """
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # `sharinghub_ext/client_address.py` reads them, from trusted proxies only
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=10,
    )
    return uvicorn.Server(config) if ending is None else AnnouncingServer(config, ending)

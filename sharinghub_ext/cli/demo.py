"""`sharinghub demo`: the main job on one machine, without a GitLab: stand-in, hub, and lines to copy."""

import asyncio
import os
import secrets
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from sharinghub_ext.app import create_app
from sharinghub_ext.cli.serve import address_of, listen, run, server
from sharinghub_ext.cli.standin import listening
from sharinghub_ext.config import Settings
from sharinghub_ext.hub import Hub, build_hub
from sharinghub_ext.logs import configure_logs
from stac_ext.clock import SystemClock

_SECRET = "demo-hook-secret-not-for-production"  # noqa: S105
_GITLAB_PORT, _HUB_PORT = 8929, 8080


def command(
    port: Annotated[int | None, typer.Option(help="The hub's port. Default: 8080, or a free one.")] = None,
    gitlab_port: Annotated[int | None, typer.Option(help="The stand-in's port. Default: 8929, or a free one.")] = None,
) -> None:
    """Start a stand-in GitLab with sample projects and the hub on it, and print what to try.

    Everything is kept in a temporary folder and gone when the demo ends (Ctrl-C).
    """
    # Imported here, so that the commands of production never load the stand-in.
    from gitlab_hooks.standin.samples import populate
    from gitlab_hooks.standin.server import StandIn
    from gitlab_hooks.standin.world import World

    hub_socket = listen("127.0.0.1", _port(port, _HUB_PORT))
    url = address_of(hub_socket)
    with tempfile.TemporaryDirectory(prefix="sharinghub-demo-") as folder:
        world = World(repositories=Path(folder) / "git", clock=SystemClock())
        samples = populate(world, hub_url=url)
        gitlab = StandIn(world, host="127.0.0.1", port=_port(gitlab_port, _GITLAB_PORT))
        with listening(gitlab, f"--gitlab-port {gitlab_port}") as standin:
            world.add_system_hook(
                f"{url}/hooks/gitlab",
                token=_SECRET,
                push_events=True,
                tag_push_events=True,
                repository_update_events=True,
            )
            device = world.add_application("SharingHub on the command line", [], ("read_api",), confidential=False)
            hub_itself = world.add_application("SharingHub", [f"{url}/auth/callback"])
            settings = Settings(
                gitlab_url=standin.url,
                gitlab_token=samples.service_token,
                database_url=f"sqlite:///{folder}/sharinghub.db",
                hook_secret=_SECRET,
                oauth_client_id=hub_itself.client_id,
                oauth_client_secret=hub_itself.secret,
                secret_key=secrets.token_hex(32),
                oauth_device_client_id=device.client_id,
                browser_folder=os.environ.get("SHARINGHUB_BROWSER_FOLDER") or None,
                log_level="warning",
            )
            configure_logs(settings)
            untagged = samples.projects["earth/lab-handbook"]
            run(_demo(settings, hub_socket, standin.url, samples.tokens, untagged))


async def _demo(
    settings: Settings, listening: socket.socket, gitlab: str, tokens: Mapping[str, str], untagged: int
) -> None:
    hub = build_hub(settings, address_of(listening))
    serving = asyncio.create_task(server(create_app(hub)).serve(sockets=[listening]))
    await _indexed(hub, serving)
    await _print(hub.urls.public, gitlab, tokens, untagged)
    await serving


async def _indexed(hub: Hub, serving: asyncio.Task[None]) -> None:
    """Wait for the first index, or for the server to end."""
    first = asyncio.create_task(hub.indexed.wait())
    await asyncio.wait((first, serving), return_when=asyncio.FIRST_COMPLETED)
    first.cancel()


async def _print(url: str, gitlab: str, tokens: Mapping[str, str], untagged: int) -> None:
    console = Console(soft_wrap=True, highlight=False)
    people = Table("who", "token (a sample)", "sees", box=None, padding=(0, 3, 0, 2))
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        for name, token in {"nobody": "", **tokens}.items():
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = await http.get(f"{url}/stac/search", params={"limit": 1}, headers=headers)
            seen = f"{answer.json()['numberMatched']} items" if answer.is_success else f"refused ({answer.status_code})"
            people.add_row(name, token or "-", seen)
    console.print("\nSharingHub demo\n", style="bold")
    console.print(f"  STAC API             {url}/stac")
    console.print(f"  API documentation    {url}/api.html")
    console.print(f"  STAC Browser         {url}/browser/")
    console.print(f"  Stand-in GitLab      {gitlab}\n")
    console.print(people)
    console.print(_LINES.format(url=url, gitlab=gitlab, untagged=untagged), markup=False)
    console.file.flush()


_LINES = """
Lines to copy

  # 1. What everybody sees
  curl -s {url}/stac/collections/ai-model/items

  # 2. What Rita sees: the same address with her token
  curl -s -H 'PRIVATE-TOKEN: glpat-demo-rita' {url}/stac/search?limit=100

  # 3. With pystac-client (pip install pystac-client)
  python3 -c '
  from pystac_client import Client
  catalogue = Client.open("{url}/stac", headers={{"Authorization": "Bearer glpat-demo-rita"}})
  for item in catalogue.search().items():
      print(item.collection_id, item.id, item.properties["title"])
  '

  # 4. Tag a project and watch it appear (remove the topic, and it goes)
  curl -s -X PUT -H 'PRIVATE-TOKEN: glpat-demo-maya-api' -H 'Content-Type: application/json' \\
    -d '{{"topics": ["sharinghub:dataset"]}}' {gitlab}/api/v4/projects/{untagged}
  curl -s '{url}/stac/collections/dataset/items?limit=100'

  # 5. Sign in with a code, which the stand-in's page asks for (the command is in .venv/bin); then ask with the token
  sharinghub login {url}
  curl -s -H "Authorization: Bearer $(sharinghub token {url})" '{url}/stac/search?limit=100'

Ctrl-C ends the demo.
"""


def _port(given: int | None, usual: int) -> int:
    """The given port, the usual one where it is free, else any."""
    if given is not None:
        return given
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", usual))
        except OSError:
            return 0
    return usual

"""How the hub looks after its own hooks: what it is built of, the rounds of a running hub, and whether hooks arrive."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from gitlab_hooks.care import Finding, HookCare
from gitlab_hooks.gateway.hook_admin import HookAdmin
from gitlab_hooks.gateway.transport import Connection
from gitlab_hooks.places import Place, read_places
from sharinghub_ext.config import Settings, SettingsError
from stac_ext.store.database import Database
from stac_ext.store.inbox import Inbox
from stac_ext.store.writer import CatalogueWriter

HOOKS_PATH = "/hooks/gitlab"
_ROUND_SECONDS = 3600.0
_SILENT_SWEEPS = 2
log = structlog.get_logger()


def connection_of(settings: Settings) -> Connection:
    """How GitLab's API is reached with these settings."""
    return Connection(
        url=settings.api_url,
        ca_file=str(settings.gitlab_ca_file) if settings.gitlab_ca_file else None,
        timeout=settings.gitlab_timeout,
        retries=settings.gitlab_retries,
    )


def build_admin(settings: Settings) -> HookAdmin:
    """Raises SettingsError where the token is missing."""
    if settings.gitlab_admin_token is None:
        raise SettingsError(
            "SHARINGHUB_GITLAB_ADMIN_TOKEN: must be set, to a token with the scope api of an administrator (one hook "
            "for all of GitLab), or of an owner or maintainer of the groups or projects"
        )
    return HookAdmin(connection_of(settings), settings.gitlab_admin_token.get_secret_value())


def build_care(settings: Settings, admin: HookAdmin, public_url: str) -> HookCare:
    """Raises SettingsError where there is no secret that the hooks could have."""
    if settings.hook_secret is None:
        raise SettingsError("SHARINGHUB_HOOK_SECRET: must be set; the hooks' tokens are made of it")
    return HookCare(admin, f"{public_url}{HOOKS_PATH}", settings.hook_secret.get_secret_value())


@dataclass(slots=True)
class HookRounds:
    """Mends hooks while the hub runs: each place once an hour, a new project after the sweep that finds it."""

    care: HookCare
    database: Database
    _seen: dict[Place, float] = field(default_factory=dict)

    async def go(self) -> list[Finding]:
        """One round; what was found, the right ones left out. Nothing is done before `hooks install` said where."""
        return [one for one in await asyncio.to_thread(self._go) if one.problems]

    def _go(self) -> list[Finding]:
        noted = read_places(self.database)
        now, found = time.monotonic(), []
        for place in self.care.places(noted, CatalogueWriter(self.database).project_ids() if noted.projects else ()):
            if (seen := self._seen.get(place)) is not None and now - seen < _ROUND_SECONDS:
                continue
            finding = self.care.mend(place)
            self._seen[place] = now
            found.append(finding)
            if finding.problems:
                tell = log.info if finding.mended else log.warning
                tell("hook", place=str(place), mended=finding.mended, problems=list(finding.problems))
        return found


@dataclass(slots=True)
class Hearing:
    """Whether hooks arrive: a hub that is told nothing of what its sweeps find has hooks that do not call it."""

    inbox: Inbox
    on: bool
    state: str = "unheard"  # `off`, `unheard` (none came yet), `working`, `silent`
    _swept: int | None = None
    _missed: int = 0

    def __post_init__(self) -> None:
        if not self.on:
            self.state = "off"

    def swept(self, began: int, differences: Iterable[object]) -> None:
        """After a sweep that began at `began`, in microseconds, and found these differences. Blocks."""
        if not self.on:
            return
        last = self.inbox.newest()
        heard = last is not None and (self._swept is None or last >= self._swept)
        if heard:
            self._missed = 0
            self.state = "working"
        elif self._swept is not None and any(True for _ in differences):
            self._missed += 1
            if self._missed == _SILENT_SWEEPS:
                log.warning("sweeps find changes that no hook has told: are the hooks there, and not disabled?")
            if self._missed >= _SILENT_SWEEPS:
                self.state = "silent"
        self._swept = began

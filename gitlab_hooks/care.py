"""Keeps the hub's own hooks at GitLab as they should be: there, once, with the right address, events and secret, and
called.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from gitlab_hooks.gateway.errors import AccessDenied, GitLabError, NotFound
from gitlab_hooks.gateway.hook_admin import EVENTS, NAME, HookAdmin, WebHook
from gitlab_hooks.places import Place, Places
from gitlab_hooks.verification import scoped_token


@dataclass(frozen=True, slots=True)
class Finding:
    """How the hook of one place is. `problems` is empty where it is right; `mended` is what was done about them."""

    place: Place
    problems: tuple[str, ...] = ()
    mended: bool = False


class HookCare:
    """Looks at hooks, and mends them. Methods block."""

    def __init__(self, admin: HookAdmin, url: str, secret: str) -> None:
        """`url` is where GitLab calls the hub, `secret` what the tokens of the hooks are made of."""
        self._admin = admin
        self._url = url
        self._secret = secret

    def places(self, noted: Places, projects: Iterable[int]) -> Iterator[Place]:
        """Every place that has, or is to have, a hook; `projects` are those of the index."""
        if noted.instance:
            yield Place("instance")
        for group_id, path in noted.groups.items():
            yield Place("group", group_id, path)
        if noted.projects:
            for project_id in sorted(projects):
                yield Place("project", project_id)

    def look(self, place: Place) -> Finding:
        """How the hook of a place is; nothing is changed."""
        try:
            ours = self._ours(place)
        except GitLabError as error:
            return Finding(place, (_refused(error),))
        if not ours:
            return Finding(place, ("there is no hook",))
        return Finding(place, tuple(self._problems(place, ours)))

    def mend(self, place: Place) -> Finding:
        """Make the hook of a place right: what was wrong, and whether that is mended. The token is set in any case."""
        token = scoped_token(self._secret, place.scope)
        try:
            ours = self._ours(place)
            problems = self._problems(place, ours) if ours else ["there is no hook"]
            hook = self._admin.save(place, self._url, token, ours[0].id if ours else None)
            for extra in ours[1:]:
                self._admin.remove(place, extra.id)
        except GitLabError as error:
            return Finding(place, (_refused(error),))
        if hook.status != "executable" and (failed := self._admin.test(place, hook.id)) is not None:
            return Finding(place, (*problems, f"GitLab could not wake it: {failed}"))
        return Finding(place, tuple(problems), mended=bool(problems))

    def _ours(self, place: Place) -> list[WebHook]:
        found = [one for one in self._admin.hooks(place) if one.url == self._url or one.name == NAME]
        return sorted(found, key=lambda one: (one.url != self._url, one.id))

    def _problems(self, place: Place, ours: list[WebHook]) -> list[str]:
        hook, problems = ours[0], []
        if hook.url != self._url:
            problems.append(f"it calls {_shown(hook.url)}, not {self._url}")
        if off := sorted(set(EVENTS[place.kind]) - hook.events):
            problems.append(f"it is not told of {', '.join(off)}")
        if not hook.verifies_tls:
            problems.append("it does not verify TLS")
        if hook.status != "executable":
            until = f" until {hook.disabled_until}" if hook.disabled_until else ""
            problems.append(f"GitLab has put it to rest{until}, as calls of it failed")
        if len(ours) > 1:
            problems.append(f"there are {len(ours)} hooks of the hub")
        return problems


def _shown(url: str) -> str:
    """Without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"


def _refused(error: GitLabError) -> str:
    if isinstance(error, AccessDenied | NotFound):
        return "SHARINGHUB_GITLAB_ADMIN_TOKEN may not change hooks here: it must own the group or maintain the project"
    return str(error)

"""The web hooks of GitLab as its API tells and changes them, with a token that is used for nothing else.

Sources: https://docs.gitlab.com/api/system_hooks/, https://docs.gitlab.com/api/group_webhooks/,
https://docs.gitlab.com/api/project_webhooks/
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from gitlab_hooks.gateway.errors import GitLabError
from gitlab_hooks.gateway.transport import Connection, connect, translated
from gitlab_hooks.places import Place

NAME: Final = "SharingHub"
_SHARED: Final = ("push_events", "tag_push_events")
EVENTS: Final = {
    "instance": (*_SHARED, "repository_update_events"),
    "project": (*_SHARED, "releases_events"),
    "group": (*_SHARED, "releases_events", "member_events", "subgroup_events", "project_events"),
}


@dataclass(frozen=True, slots=True)
class WebHook:
    """A hook as GitLab tells it; its token is never told. `status` is GitLab's `alert_status`."""

    id: int
    url: str
    name: str
    events: frozenset[str]
    verifies_tls: bool
    status: str = "executable"
    disabled_until: str | None = None


class HookAdmin:
    """GitLab's hooks under the administration token. Methods block and raise GitLabError."""

    def __init__(self, connection: Connection, token: str) -> None:
        # Nothing is tried twice: a hook that was made although the answer was lost would be made again.
        self._gitlab = connect(replace(connection, retries=0), token)

    def is_administrator(self) -> bool:
        """Whether the token may change hooks of the whole instance."""
        with translated():
            user = self._gitlab.http_get("/user")
        return isinstance(user, dict) and bool(user.get("is_admin"))

    def group(self, path: str) -> Place:
        """A group by its full path. Raises NotFound."""
        with translated():
            group = self._gitlab.groups.get(path, with_projects=False)
            return Place("group", int(group.id), str(group.full_path))

    def hooks(self, place: Place) -> list[WebHook]:
        """All hooks of a place."""
        with translated():
            found = self._gitlab.http_list(place.api_path, iterator=True, per_page=100)
            return [_web_hook(place, one) for one in found]

    def save(self, place: Place, url: str, token: str, hook_id: int | None = None) -> WebHook:
        """Make a hook, or set everything of one that is there."""
        wanted = {
            "url": url,
            "name": NAME,
            "token": token,
            "enable_ssl_verification": True,
            **dict.fromkeys(EVENTS[place.kind], True),
        }
        with translated():
            if hook_id is None:
                made = self._gitlab.http_post(place.api_path, post_data=wanted)
            else:
                made = self._gitlab.http_put(f"{place.api_path}/{hook_id}", post_data=wanted)
            return _web_hook(place, made)

    def remove(self, place: Place, hook_id: int) -> None:
        with translated():
            self._gitlab.http_delete(f"{place.api_path}/{hook_id}")

    def test(self, place: Place, hook_id: int) -> str | None:
        """Let GitLab call the hook, which wakes one that it has put to rest; the answer is why that failed."""
        path = f"{place.api_path}/{hook_id}" + ("" if place.kind == "instance" else "/test/push_events")
        try:
            with translated():
                self._gitlab.http_post(path)
        except GitLabError as error:
            return str(error)
        return None


def _web_hook(place: Place, answer: Any) -> WebHook:
    return WebHook(
        id=int(answer["id"]),
        url=str(answer["url"]),
        name=str(answer.get("name") or ""),
        events=frozenset(one for one in EVENTS[place.kind] if answer.get(one)),
        verifies_tls=answer.get("enable_ssl_verification") is not False,
        status=str(answer.get("alert_status") or "executable"),
        disabled_until=answer.get("disabled_until"),
    )

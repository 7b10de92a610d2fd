"""The ways of losing access: what a person has, how GitLab takes it away, and within which bound the hub follows.

The bounds are those of docs/security.md. Of each row the first counts where GitLab tells it by system hooks, the second
where it does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from gitlab_hooks.standin.model import Group, Project, Token, User
from gitlab_hooks.standin.world import AccessLevel, World
from stac_ext.clock import ManualClock

MODEL = "sharinghub:aimodel"
CARD = b"---\nextent: {spatial: [10, 10, 20, 20]}\n---\n# A model\n"


class Bound(Enum):
    """Until when a read may succeed after the loss."""

    AT_ONCE = "before the hook is answered"
    READ_AGAIN = "when the worker has read the project again"
    GRANTS = "300 s, without any sweep"
    SWEEP = "the next sweep"


class Place:
    """A project in a group in a group, somebody who has no rights there yet, and a group that they are in."""

    def __init__(self, world: World, clock: ManualClock, number: int) -> None:
        self.world, self.clock = world, clock
        self.top: Group = world.add_group(f"top{number}", visibility="public")
        self.group: Group = world.add_group(f"top{number}/group", visibility="public")
        self.friends: Group = world.add_group(f"friends{number}", visibility="public")
        self.project: Project = world.add_project(
            f"top{number}/group/p", visibility="private", topics=[MODEL], files={"README.md": CARD}
        )
        world.add_package(self.project, "w", "1.0", {"w.bin": b"weights"})
        self.person: User = world.add_user(f"person{number}")
        self.token: Token | None = world.add_token(self.person, f"glpat-{number}", scopes=("read_api",))
        world.add_member(self.friends, self.person, AccessLevel.DEVELOPER)

    def clear(self) -> None:
        """Leave nothing that the next row could see."""
        for group in (self.top, self.friends):
            if group.id in self.world.groups:
                self.world.delete_group(group)
        if self.project.id in self.world.projects:
            self.world.delete_project(self.project, immediately=True)

    def before_midnight(self) -> str:
        """Move to the last second of a day; the day on which what ends then does so."""
        now = self.clock.now()
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        self.clock.advance((midnight - now).total_seconds() - 1)
        return midnight.date().isoformat()


Act = Callable[[Place], object]
WAYS = ("search", "item", "count", "extent", "file", "archive", "dvc")


@dataclass(frozen=True, slots=True)
class Row:
    """One way: `has` gives the access, `loses` takes it. The bounds are those of the index; files are refused at once,
    DVC data after ten seconds at most.
    """

    has: Act
    loses: Act
    told: Bound
    untold: Bound
    code_stays: bool = False  # GitLab goes on giving the code: the catalogue alone ends it
    ways: tuple[str, ...] = WAYS
    anonymous: bool = False  # seen without a token


def _in(where: str, level: AccessLevel = AccessLevel.REPORTER, *, custom: bool = False, ends: bool = False) -> Act:
    def act(p: Place) -> None:
        until = p.before_midnight() if ends else None
        p.world.add_member(getattr(p, where), p.person, level, can_read_code=custom, expires_at=until)

    return act


def _out(where: str) -> Act:
    return lambda p: p.world.remove_member(getattr(p, where), p.person)


def _invited(where: str, *, ends: bool = False) -> Act:
    def act(p: Place) -> None:
        until = p.before_midnight() if ends else None
        p.world.share(getattr(p, where), p.friends, AccessLevel.REPORTER, expires_at=until)

    return act


def _lowered_invitation(p: Place) -> None:
    p.world.unshare(p.group, p.friends)
    p.world.share(p.group, p.friends, AccessLevel.GUEST)


def _open(visibility: str) -> Act:
    return lambda p: p.world.set_visibility(p.project, visibility)


def _state(state: str) -> Act:
    return lambda p: p.world.set_user_state(p.person, state)


def _flag(name: str, value: bool) -> Act:
    return lambda p: p.world.update_user(p.person, **{name: value})


def _another_token(p: Place) -> None:
    _in("project")(p)
    p.token = p.world.add_token(p.person, f"{p.token and p.token.value}-ends", expires_at=p.before_midnight())


def _project_token(p: Place) -> None:
    p.token = p.world.add_resource_token(p.project)


def _signed_in(p: Place) -> None:
    _in("project")(p)
    app = next(iter(p.world.applications.values()))
    p.token = p.world.sign_in(app, p.person, ("openid", "read_api")).access


def _renewed(p: Place) -> None:
    pair = next(one for one in p.world.pairs.values() if one.access is p.token)
    assert p.world.refresh(pair.refresh, pair.application)


def _narrowed(p: Place) -> None:
    assert p.token is not None
    p.token.scopes = ("read_user",)


def _a_second(p: Place) -> None:
    p.clock.advance(1)


def _revoked(p: Place) -> None:
    assert p.token is not None
    p.world.revoke_token(p.token)


def _level(level: str) -> Act:
    return lambda p: p.world.set_repository_access_level(p.project, level)


ONCE, AGAIN, GRANTS, SWEEP = Bound.AT_ONCE, Bound.READ_AGAIN, Bound.GRANTS, Bound.SWEEP
GUEST = AccessLevel.GUEST
ROWS: dict[str, Row] = {
    "member of the project removed": Row(_in("project"), _out("project"), ONCE, GRANTS),
    "member of the group removed": Row(_in("group"), _out("group"), ONCE, GRANTS),
    "member of the group above removed": Row(_in("top"), _out("top"), ONCE, GRANTS),
    "guest of the project now": Row(
        _in("project"), lambda p: p.world.update_member(p.project, p.person, GUEST), ONCE, GRANTS
    ),
    "guest of the group now": Row(_in("top"), lambda p: p.world.update_member(p.top, p.person, GUEST), ONCE, GRANTS),
    "custom role reads no code any more": Row(
        _in("project", GUEST, custom=True),
        lambda p: p.world.update_member(p.project, p.person, can_read_code=False),
        ONCE,
        GRANTS,
    ),
    "custom role in the group reads no code any more": Row(
        _in("group", GUEST, custom=True),
        lambda p: p.world.update_member(p.group, p.person, can_read_code=False),
        ONCE,
        GRANTS,
    ),
    "membership of the project expires": Row(_in("project", ends=True), _a_second, GRANTS, GRANTS),
    "membership of the group expires": Row(_in("group", ends=True), _a_second, GRANTS, GRANTS),
    "invitation to the project withdrawn": Row(
        _invited("project"), lambda p: p.world.unshare(p.project, p.friends), GRANTS, GRANTS
    ),
    "invitation to the group withdrawn": Row(
        _invited("group"), lambda p: p.world.unshare(p.group, p.friends), GRANTS, GRANTS
    ),
    "invitation to the group above withdrawn": Row(
        _invited("top"), lambda p: p.world.unshare(p.top, p.friends), GRANTS, GRANTS
    ),
    "invitation to the project expires": Row(_invited("project", ends=True), _a_second, GRANTS, GRANTS),
    "invitation to the group expires": Row(_invited("group", ends=True), _a_second, GRANTS, GRANTS),
    "invitation lowered to Guest": Row(_invited("group"), _lowered_invitation, GRANTS, GRANTS),
    "member of the invited group removed": Row(_invited("project"), _out("friends"), ONCE, GRANTS),
    "invited group deleted": Row(_invited("project"), lambda p: p.world.delete_group(p.friends), GRANTS, GRANTS),
    "blocked": Row(_in("project"), _state("blocked"), GRANTS, GRANTS),
    "banned": Row(_in("project"), _state("banned"), GRANTS, GRANTS),
    "deactivated": Row(_in("project"), _state("deactivated"), GRANTS, GRANTS),
    "account deleted": Row(_in("project"), lambda p: p.world.delete_user(p.person), ONCE, GRANTS),
    "external now, and the project internal": Row(_open("internal"), _flag("external", True), GRANTS, GRANTS),
    "administrator no more": Row(_flag("admin", True), _flag("admin", False), GRANTS, GRANTS),
    "auditor no more": Row(_flag("auditor", True), _flag("auditor", False), GRANTS, GRANTS),
    "token revoked": Row(_in("project"), _revoked, GRANTS, GRANTS),
    "token expires": Row(_another_token, _a_second, GRANTS, GRANTS),
    "token narrowed to another scope": Row(_in("project"), _narrowed, GRANTS, GRANTS),
    "project's token revoked": Row(_project_token, _revoked, GRANTS, GRANTS),
    "OAuth token dies as it is renewed": Row(_signed_in, _renewed, GRANTS, GRANTS),
    "OAuth application withdrawn": Row(
        _signed_in,
        lambda p: p.world.revoke_application(next(iter(p.world.applications.values())), p.person),
        GRANTS,
        GRANTS,
    ),
    "public to private": Row(_open("public"), _open("private"), ONCE, SWEEP),
    "public to private, seen without a token": Row(_open("public"), _open("private"), ONCE, SWEEP, anonymous=True),
    "public to internal, seen without a token": Row(_open("public"), _open("internal"), ONCE, SWEEP, anonymous=True),
    "internal to private": Row(_open("internal"), _open("private"), ONCE, SWEEP),
    "repository for members": Row(_open("public"), _level("private"), AGAIN, SWEEP),
    "repository for members, seen without a token": Row(
        _open("public"), _level("private"), AGAIN, SWEEP, anonymous=True
    ),
    "repository off": Row(_in("project"), _level("disabled"), AGAIN, SWEEP),
    "packages for members": Row(
        _open("public"),
        lambda p: p.world.set_facet_level(p.project, "package_registry", "private"),
        ONCE,
        SWEEP,
        ways=("package",),
    ),
    "transferred out of the group": Row(_in("group"), lambda p: p.world.transfer(p.project, "root"), ONCE, GRANTS),
    "project deleted": Row(_in("project"), lambda p: p.world.delete_project(p.project, immediately=True), ONCE, SWEEP),
    "public project deleted": Row(
        _open("public"), lambda p: p.world.delete_project(p.project, immediately=True), ONCE, SWEEP, anonymous=True
    ),
    "project scheduled for deletion": Row(
        _in("project"), lambda p: p.world.delete_project(p.project), AGAIN, SWEEP, code_stays=True, ways=WAYS[:-1]
    ),
    "group deleted": Row(_in("project"), lambda p: p.world.delete_group(p.top), ONCE, SWEEP),
    "topic removed": Row(_in("project"), lambda p: p.world.set_topics(p.project, []), AGAIN, SWEEP, code_stays=True),
}
# What takes nothing away, however much the hub has to read again for it.
KEPT: dict[str, Act] = {
    "project renamed": lambda p: p.world.rename_project(p.project, "other"),
    "group renamed": lambda p: p.world.rename_group(p.group, "other"),
    "group above renamed": lambda p: p.world.rename_group(p.top, f"{p.top.path}-other"),
    "user renamed": lambda p: p.world.rename_user(p.person, f"{p.person.username}-other"),
    "another member removed": lambda p: p.world.remove_member(p.friends, p.person),
}

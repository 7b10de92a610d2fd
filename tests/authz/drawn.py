"""A GitLab that changes by chance in every way that rights depend on, and the same as plain data for the oracle."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from gitlab_hooks.gateway.oauth import OAuthTokens
from gitlab_hooks.standin.model import Group, Membership, Project, Share, User
from gitlab_hooks.standin.state import Conflict
from gitlab_hooks.standin.world import AccessLevel
from sharinghub_ext.auth.cookies import Cookies
from sharinghub_ext.hub import Hub
from stac_ext.clock import ManualClock
from tests.authz import oracle
from tests.authz.history import CHANGES, History
from tests.support.in_process import HUB

ROOT = "glpat-root"  # an administrator who may push anywhere: puts DVC data there for the test
_REFERS = re.compile(rb"related: \[([0-9, ]*)\]")


class Drawn(History):
    """A history with more people, more kinds of tokens, and cards that lie somewhere and refer to other projects."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        super().__init__(folder, clock)
        world, self.clock = self.world, clock
        self.pushed: set[int] = set()  # projects that have DVC data
        self.application = world.add_application("SharingHub", [f"{HUB}/auth/callback"])
        self.cookies: dict[str, str] = {}  # of callers who have signed in with a browser, by name
        for name, admin in (("gus", False), ("dora", True)):
            self.people[name] = world.add_user(name, admin=admin)
            world.add_token(self.people[name], f"glpat-{name}", scopes=("read_api",))
        world.add_token(world.add_user("root", admin=True), ROOT, scopes=("api",))
        ada, bo = self.people["ada"], self.people["bo"]
        world.add_token(ada, "glpat-ends", scopes=("read_api",), expires_at=(clock.now() + timedelta(days=2)).date())
        world.add_token(bo, "glpat-weak", scopes=("read_user", "read_repository"))
        self.tokens: dict[str, str | None] = {"nobody": None, **{name: f"glpat-{name}" for name in self.people}}
        self.tokens |= {"a token that ends": "glpat-ends", "a token without scope": "glpat-weak"}
        self.tokens["an unknown token"] = "glpat-no-such"
        private = self.projects[1]
        self.tokens["a project's token"] = world.add_resource_token(private).value
        world.add_member(self.groups[0], self.people["gus"], AccessLevel.GUEST)
        world.add_member(private, ada, AccessLevel.DEVELOPER)
        for number, one in enumerate(self.projects):
            world.commit(one, {"README.md": card(random.Random(number), [other.id for other in self.projects])})
            world.add_package(one, "w", "1.0", {"w.bin": b"weights"})
            world.add_release(one, "v1")
        for one in (self.projects[0], self.projects[2]):
            world.set_facet_level(one, "package_registry", "private")  # narrower than its code

    def change(self, kind: str, chance: random.Random) -> None:
        """As that of a history, of more kinds."""
        try:
            ALL[kind](self, chance)
        except (Conflict, KeyError, IndexError, ValueError):
            return
        self.done.add(kind)

    async def sign_in(self, hub: Hub) -> None:
        """Who has signed in with a browser does so again, as at the end of that way."""
        assert hub.auth.sessions is not None
        for name in ("ada", "gus", "dora"):
            user, caller = self.people[name], f"{name} with a browser"
            pair = self.world.sign_in(self.application, user, ("openid", "read_api"))
            tokens = OAuthTokens(pair.access.value, pair.refresh, int(self.clock.now().timestamp()) + 7200)
            cookie = await hub.auth.sessions.begin(f"user:{user.id}", tokens)
            self.tokens[caller], self.cookies[caller] = pair.access.value, f"{Cookies(HUB).name}={cookie}"

    def refers_to(self, project: Project) -> list[int]:
        """The projects that a project's card refers to now, by number."""
        head = self.world.head(project)
        text = self.file(project, head) if head else None
        found = _REFERS.search(text or b"")
        return [int(one) for one in found[1].split(b",") if one.strip()] if found else []

    @staticmethod
    def file(project: Project, sha: str, path: str = "README.md") -> bytes | None:
        """What a file of the repository holds."""
        entry = project.repository.entry(sha, path)
        return project.repository.blob(entry.sha) if entry else None

    def plain(self) -> oracle.GitLab:
        """What there is now, as the oracle is told it."""
        world = self.world
        return oracle.GitLab(
            today=world.today(),
            accounts={one.id: _account(one) for one in world.users.values()},
            tokens={
                value: oracle.Token(one.user.id, frozenset(one.scopes), one.expires_at, one.revoked)
                for value, one in world.tokens.items()
            },
            groups={
                one.id: oracle.Group(one.id, one.parent.id if one.parent else None, _seats(one), _invited(one))
                for one in world.groups.values()
            },
            projects={one.id: _project(one) for one in world.projects.values()},
        )


def _account(one: User) -> oracle.Account:
    return oracle.Account(one.id, one.state, one.external, one.admin or one.auditor, one.admin)


def _project(one: Project) -> oracle.Project:
    return oracle.Project(
        one.id,
        one.visibility,
        group=one.namespace.id if isinstance(one.namespace, Group) else None,
        owner=one.namespace.id if isinstance(one.namespace, User) else None,
        repository=one.repository_access_level,
        packages=one.facet_level("package_registry"),
        archived=one.archived,
        leaving=one.marked_for_deletion_on is not None,
        seats=_seats(one),
        invited=_invited(one),
    )


def _seat(one: Membership) -> oracle.Seat:
    return oracle.Seat(int(one.level), one.expires_at, one.can_read_code)


def _seats(place: Group | Project) -> dict[int, oracle.Seat]:
    return {user: _seat(one) for user, one in place.members.items()}


def _invited(place: Group | Project) -> dict[int, oracle.Seat]:
    def limit(one: Share) -> oracle.Seat:
        return oracle.Seat(int(one.level), one.expires_at)

    return {group: limit(one) for group, one in place.shares.items()}


def card(chance: random.Random, others: list[int]) -> bytes:
    """A card that lies somewhere in space and time and refers to other projects."""
    west, south, year = chance.randrange(-170, 160), chance.randrange(-80, 70), chance.randrange(1990, 2025)
    related = ", ".join(map(str, chance.sample(others, min(len(others), 3))))
    extent = f"{{spatial: [{west}, {south}, {west + 5}, {south + 5}], temporal: [{year}-01-01, {year}-12-31]}}"
    return f"---\nextent: {extent}\nrelated: [{related}]\n---\n# Card\n".encode()


def _card(history: Drawn, chance: random.Random) -> None:
    text = card(chance, [one.id for one in history.projects])
    history.world.commit(chance.choice(history.projects), {"README.md": text})


def _ends(history: Drawn, chance: random.Random) -> date:
    return (history.clock.now() + timedelta(days=chance.randrange(1, 3))).date()


def _seated(history: Drawn, chance: random.Random) -> tuple[Group | Project, User]:
    place = chance.choice([one for one in [*history.groups, *history.projects] if one.members])
    return place, history.world.users[chance.choice(sorted(place.members))]


def _membership_ends(history: Drawn, chance: random.Random) -> None:
    place, user = _seated(history, chance)
    history.world.update_member(place, user, expires_at=_ends(history, chance))


def _custom_role(history: Drawn, chance: random.Random) -> None:
    place, user = _seated(history, chance)
    history.world.update_member(place, user, AccessLevel.GUEST, can_read_code=chance.random() < 0.6)


def _minimal(history: Drawn, chance: random.Random) -> None:
    who = chance.choice(list(history.people.values()))
    history.world.add_member(chance.choice(history.groups), who, AccessLevel.MINIMAL)


def _share(history: Drawn, chance: random.Random) -> None:
    level = chance.choice([AccessLevel.GUEST, AccessLevel.REPORTER, AccessLevel.MAINTAINER])
    ends = _ends(history, chance) if chance.random() < 0.3 else None
    history.world.share(history.target(chance), chance.choice(history.groups), level, expires_at=ends)


def _state(history: Drawn, chance: random.Random) -> None:
    state = chance.choice(["active", "active", "active", "deactivated", "banned"])
    history.world.set_user_state(chance.choice(list(history.people.values())), state)


def _flag(name: str) -> Callable[[Drawn, random.Random], None]:
    def change(history: Drawn, chance: random.Random) -> None:
        who = chance.choice(list(history.people.values()))
        history.world.update_user(who, **{name: not getattr(who, name)})

    return change


def _token(history: Drawn, chance: random.Random) -> None:
    """A token is revoked, and made anew with other scopes at the next of these changes."""
    name = chance.choice(list(history.people))
    token = history.world.tokens[str(history.tokens[name])]
    if not token.revoked:
        history.world.revoke_token(token)
        return
    scopes = chance.choice([("read_api",), ("api",), ("read_user", "read_api"), ("read_user",)])
    history.tokens[name] = history.world.add_token(token.user, f"glpat-{history.name()}", scopes=scopes).value


def _packages(history: Drawn, chance: random.Random) -> None:
    level = chance.choice(["disabled", "private", "enabled", "public"])
    history.world.set_facet_level(chance.choice(history.projects), "package_registry", level)


def _a_day(history: Drawn, chance: random.Random) -> None:
    history.clock.advance(86_400)


MORE: dict[str, Callable[[Drawn, random.Random], None]] = {
    "card": _card,
    "membership ends some day": _membership_ends,
    "custom role": _custom_role,
    "Minimal Access": _minimal,
    "shared at a level, perhaps for a time": _share,
    "deactivated, banned or active": _state,
    "external": _flag("external"),
    "administrator": _flag("admin"),
    "auditor": _flag("auditor"),
    "token revoked or made": _token,
    "level of packages": _packages,
    "a day passes": _a_day,
}
ALL: dict[str, Callable[[Drawn, random.Random], None]] = {**CHANGES, **MORE}

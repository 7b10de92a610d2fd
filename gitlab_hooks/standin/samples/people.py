"""Decides who is in the sample world: accounts, tokens, groups, memberships and invitations.

All tokens here are samples of the demo, fixed and readable so that they can be typed. They open nothing but a stand-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from gitlab_hooks.standin.world import AccessLevel, Group, Project, World

JOINED = datetime(2021, 3, 1, 8, 0, tzinfo=UTC)
SERVICE_ACCOUNT = "sharinghub-bot"
API_TOKEN_OF_MAYA = "glpat-demo-maya-api"
API_TOKEN_OF_ROOT = "glpat-demo-root-api"


@dataclass(frozen=True)
class Person:
    """An account with one token of scope `read_api`."""

    username: str
    name: str
    admin: bool = False
    external: bool = False
    bot: bool = False
    state: str = "active"

    @property
    def token(self) -> str:
        return f"glpat-demo-{self.username}"


@dataclass(frozen=True)
class GroupRow:
    """A group at a full path. A row stands below the row of its parent."""

    path: str
    name: str
    visibility: str


@dataclass(frozen=True)
class Member:
    """A role of one person in one group or project, by full path."""

    where: str
    username: str
    level: AccessLevel
    expires_at: date | None = None
    can_read_code: bool | None = None


@dataclass(frozen=True)
class Invitation:
    """A whole group invited to a group or project, at most at `level`."""

    where: str
    group: str
    level: AccessLevel


PEOPLE = (
    Person("root", "Astrid Admin", admin=True),
    Person("maya", "Maya Maintainer"),
    Person("rita", "Rita Reporter"),
    Person("gus", "Gus Guest"),
    Person("cora", "Cora Curator"),
    Person("dan", "Dan Duty Officer"),
    Person("noor", "Noor Oceanographer"),
    Person("pia", "Pia Partner"),
    Person("otto", "Otto Once Here"),
    Person("exa", "Exa External", external=True),
    Person("olga", "Olga Outsider"),
    Person("boris", "Boris Blocked", state="blocked"),
    Person(SERVICE_ACCOUNT, "SharingHub service account", bot=True),
)

GROUPS = (
    GroupRow("earth", "Earth Observation Lab", "public"),
    GroupRow("earth/models", "Models", "public"),
    GroupRow("earth/datasets", "Datasets", "public"),
    GroupRow("ocean", "Ocean and Ice", "internal"),
    GroupRow("crisis", "Crisis Mapping", "private"),
    GroupRow("partners", "Partner Agencies", "private"),
)

MEMBERS = (
    Member("earth", "root", AccessLevel.OWNER),
    Member("earth", "maya", AccessLevel.MAINTAINER),
    Member("earth", "gus", AccessLevel.GUEST),
    Member("earth", "boris", AccessLevel.DEVELOPER),
    Member("earth", SERVICE_ACCOUNT, AccessLevel.REPORTER),
    Member("earth/models", "rita", AccessLevel.REPORTER),
    # A custom role (GitLab Ultimate): Guest that may read code.
    Member("earth/datasets", "cora", AccessLevel.GUEST, can_read_code=True),
    Member("ocean", "noor", AccessLevel.DEVELOPER),
    Member("ocean", SERVICE_ACCOUNT, AccessLevel.REPORTER),
    Member("crisis", "dan", AccessLevel.DEVELOPER),
    Member("crisis", "otto", AccessLevel.REPORTER, expires_at=date(2022, 12, 31)),
    Member("crisis", SERVICE_ACCOUNT, AccessLevel.REPORTER),
    Member("partners", "pia", AccessLevel.DEVELOPER),
    Member("earth/models/vessel-detection-sar", "exa", AccessLevel.REPORTER),
    Member("crisis/damage-polygons", "rita", AccessLevel.REPORTER),
    # Personal projects have no group, so the service account is invited to the project itself.
    Member("rita/paddy-rice-phenology", SERVICE_ACCOUNT, AccessLevel.REPORTER),
)

INVITATIONS = (
    Invitation("crisis/burned-area-mapping", "partners", AccessLevel.REPORTER),
    # At Guest: pia is a Developer of the partners, yet reads no private code in here.
    Invitation("ocean", "partners", AccessLevel.GUEST),
)


def add_people(world: World) -> dict[str, str]:
    """Add accounts, tokens and groups; the answer maps user names to their tokens of scope `read_api`."""
    for person in PEOPLE:
        user = world.add_user(
            person.username,
            name=person.name,
            admin=person.admin,
            external=person.external,
            bot=person.bot,
            state=person.state,
            created_at=JOINED,
        )
        world.add_token(user, value=person.token, name="demo, reads", scopes=("read_api",))
        if person.username == "maya":
            world.add_token(user, value=API_TOKEN_OF_MAYA, name="demo, tags projects", scopes=("api",))
        if person.username == "root":
            world.add_token(user, value=API_TOKEN_OF_ROOT, name="demo, changes projects", scopes=("api",))
    for row in GROUPS:
        world.add_group(row.path, name=row.name, visibility=row.visibility)
    return {person.username: person.token for person in PEOPLE}


def add_roles(world: World) -> None:
    """Add memberships and invitations; groups and projects exist by now."""
    for row in MEMBERS:
        user = world.user_named(row.username)
        assert user is not None
        world.add_member(
            _place(world, row.where), user, row.level, expires_at=row.expires_at, can_read_code=row.can_read_code
        )
    for invitation in INVITATIONS:
        guests = world.group_at(invitation.group)
        assert guests is not None
        world.share(_place(world, invitation.where), guests, invitation.level)


def _place(world: World, path: str) -> Group | Project:
    found = world.group_at(path) or world.project_at(path)
    if found is None:
        raise LookupError(f"{path} is in no sample table")
    return found

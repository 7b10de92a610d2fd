"""Who may do what in GitLab by its documentation alone, as plain rules on plain data. G1, T8, … are facts' numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

GUEST, REPORTER, DEVELOPER, OWNER = 10, 20, 30, 50
API_SCOPES = frozenset({"api", "read_api"})
REFUSED, FORBIDDEN = 401, 403


@dataclass(frozen=True, slots=True)
class Seat:
    """A role until a day; `reads_code` is a custom role that adds the code to it (G6)."""

    role: int
    ends: date | None = None
    reads_code: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A user, or the bot of a project token (T5)."""

    id: int
    state: str = "active"
    external: bool = False
    reads_all: bool = False  # an administrator or auditor (G10)
    admin: bool = False


NOBODY = Account(0, external=True)  # who calls without a token


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an account, valid until a day (T8)."""

    account: int
    scopes: frozenset[str]
    ends: date | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A group: `seats` by account, `invited` by group."""

    id: int
    parent: int | None = None
    seats: dict[int, Seat] = field(default_factory=dict)
    invited: dict[int, Seat] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Project:
    """A project in a group, or in the personal namespace of `owner`."""

    id: int
    visibility: str
    group: int | None = None
    owner: int | None = None
    repository: str = "enabled"
    packages: str = "enabled"
    archived: bool = False
    leaving: bool = False  # marked for deletion (G14)
    seats: dict[int, Seat] = field(default_factory=dict)
    invited: dict[int, Seat] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GitLab:
    """Everything that rights depend on, on one day."""

    today: date
    accounts: dict[int, Account]
    tokens: dict[str, Token]
    groups: dict[int, Group]
    projects: dict[int, Project]

    def caller(self, token: str) -> Account | int:
        """Whom a token acts as at the API, or the status with which GitLab refuses it (T3, T8, G11)."""
        known = self.tokens.get(token)
        if known is None or known.revoked or not self._runs(known.ends):
            return REFUSED
        account = self.accounts[known.account]
        return account if account.state == "active" and known.scopes & API_SCOPES else FORBIDDEN

    def role(self, account: Account, project: Project) -> tuple[int, bool]:
        """The highest role from any source, and whether a custom role among them reads code (G8, G9)."""
        seats = [*self._seats(account, project), *self._brought(account, project.invited, inherited=True)]
        seats += self._in_group(account, project.group)
        if project.owner == account.id:
            seats.append(Seat(OWNER))
        roles = [one for one in seats if one.role >= GUEST]  # Minimal Access is nothing in projects (G9)
        return max((one.role for one in roles), default=0), any(one.reads_code for one in roles)

    def is_open(self, account: Account, project: Project) -> bool:
        """Whether the project is open to the caller without a role (G1)."""
        return project.visibility == "public" or (project.visibility == "internal" and not account.external)

    def sees(self, account: Account, project: Project) -> bool:
        """Whether GitLab shows the project at all (G10, G12)."""
        return account.reads_all or self.is_open(account, project) or self.role(account, project)[0] >= GUEST

    def downloads(self, account: Account, project: Project) -> bool:
        """Whether the caller may download the code (G4, G6, G7)."""
        role, custom = self.role(account, project)
        reads = account.reads_all or self.is_open(account, project) or role >= REPORTER or custom
        member = account.reads_all or role >= GUEST or project.repository == "enabled"
        return reads and member and project.repository != "disabled"

    def pushes(self, account: Account, project: Project) -> bool:
        """Whether the caller may push code."""
        writes = account.admin or self.role(account, project)[0] >= DEVELOPER
        return writes and project.repository != "disabled" and not project.archived

    def pulls_packages(self, account: Account, project: Project) -> bool:
        """Whether the caller may download packages: their own level, and Reporter where that asks for a member (G7)."""
        member = account.reads_all or self.role(account, project)[0] >= REPORTER
        opened = project.packages == "public" or (project.packages == "enabled" and self.is_open(account, project))
        return self.sees(account, project) and project.packages != "disabled" and (member or opened)

    def catalogued(self, account: Account, project: Project) -> bool:
        """Whether a catalogue of code may show it: to those who read all of GitLab, as members in whatever role."""
        member = self.role(account, project)[0] >= GUEST
        as_any = account if member else replace(account, reads_all=False, admin=False)
        return not project.leaving and self.downloads(as_any, project)

    def _runs(self, ends: date | None) -> bool:
        return ends is None or self.today < ends

    def _seats(self, account: Account, place: Group | Project) -> Iterator[Seat]:
        seat = place.seats.get(account.id)
        if seat is not None and self._runs(seat.ends):
            yield seat

    def _brought(self, account: Account, invited: dict[int, Seat], *, inherited: bool) -> Iterator[Seat]:
        """Through invited groups, capped by the invitation; an invitation to a group brings direct members alone."""
        for group, limit in invited.items():
            if self._runs(limit.ends):
                inner = self._in_group(account, group) if inherited else self._seats(account, self.groups[group])
                yield from (Seat(min(one.role, limit.role)) for one in inner)

    def _in_group(self, account: Account, group: int | None) -> Iterator[Seat]:
        while group is not None:
            place = self.groups[group]
            yield from self._seats(account, place)
            yield from self._brought(account, place.invited, inherited=False)
            group = place.parent

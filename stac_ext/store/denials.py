"""What takes rights away: small idempotent facts that are applied at once, before anybody reads anything else.

Each raises the change counter on its project or principal, so that a snapshot or re-read that began before it can
not bring back what it took away.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from stac_ext.model import Visibility
from stac_ext.store.database import next_seq
from stac_ext.store.records import is_id
from stac_ext.store.schema import grant, principal, project
from stac_ext.store.writer import drop_project, lies_below, lower_project, note_denial


@dataclass(frozen=True, slots=True)
class ProjectGone:
    """The project was deleted."""

    project_id: int


@dataclass(frozen=True, slots=True)
class VisibilityLowered:
    """The project is at most this visible from now on."""

    project_id: int
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class ProjectMoved:
    """The project was transferred: whoever had access through its old place may have lost it.

    What everybody or every user sees stays so: a visibility that a transfer lowers is told as such.
    """

    project_id: int


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """The user's direct rights in the project ended or changed."""

    project_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class UserDistrusted:
    """The user's rights ended or changed in a group, or altogether: every grant goes until GitLab is asked again."""

    user_id: int


@dataclass(frozen=True, slots=True)
class UserGained:
    """The user's rights grew: nothing goes, and the next read asks GitLab."""

    user_id: int


@dataclass(frozen=True, slots=True)
class SubtreeDistrusted:
    """A group or user path changed or ended: every grant below it goes until GitLab is asked again.

    `gone` says that it ended: then everything below it is hidden, too, until GitLab is asked about each project.
    """

    path: str
    gone: bool = False


Denial = (
    ProjectGone | VisibilityLowered | ProjectMoved | MemberRemoved | UserDistrusted | UserGained | SubtreeDistrusted
)


def apply_denial(conn: Connection, fact: Denial) -> None:
    """Apply one denial inside a write transaction; one about a number that no project or user has changes nothing."""
    if not all(is_id(getattr(fact, name, 0)) for name in ("project_id", "user_id")):
        return
    seq = next_seq(conn)
    match fact:
        case ProjectGone(project_id):
            note_denial(conn, project_id, seq)
            drop_project(conn, project_id)
        case VisibilityLowered(project_id, visibility):
            note_denial(conn, project_id, seq)
            lower_project(conn, project_id, visibility, seq)
        case ProjectMoved(project_id):
            note_denial(conn, project_id, seq)
            conn.execute(update(project).where(project.c.id == project_id).values(known_seq=seq))
            conn.execute(delete(grant).where(grant.c.project_id == project_id))
        case MemberRemoved(project_id, user_id):
            keys = select(principal.c.key).where(principal.c.user_id == user_id)
            conn.execute(delete(grant).where(grant.c.project_id == project_id, grant.c.principal.in_(keys)))
            _distrust(conn, user_id, seq)
        case UserDistrusted(user_id):
            keys = select(principal.c.key).where(principal.c.user_id == user_id)
            conn.execute(delete(grant).where(grant.c.principal.in_(keys)))
            _distrust(conn, user_id, seq)
        case UserGained(user_id):
            _distrust(conn, user_id, seq)
        case SubtreeDistrusted(path, gone):
            below = conn.execute(select(project.c.id).where(lies_below(path)))
            for project_id in below.scalars().all():
                apply_denial(conn, ProjectMoved(project_id))
                if gone:
                    apply_denial(conn, VisibilityLowered(project_id, Visibility.PRIVATE))


def _distrust(conn: Connection, user_id: int, seq: int) -> None:
    conn.execute(update(principal).where(principal.c.user_id == user_id).values(denied_seq=seq, snapshot_at=0))

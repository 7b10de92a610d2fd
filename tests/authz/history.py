"""A small GitLab that changes by chance, what of it each person may see, and its hooks, which may be lost."""

import random
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from gitlab_hooks.standin.access import Reader
from gitlab_hooks.standin.hooks import Delivery, HookSender
from gitlab_hooks.standin.model import Group, Hook, Project, User
from gitlab_hooks.standin.state import Conflict
from gitlab_hooks.standin.world import AccessLevel, World
from stac_ext.clock import ManualClock

MODEL, DATASET = "sharinghub:aimodel", "sharinghub:dataset"
COLLECTIONS = {MODEL: "ai-model", DATASET: "dataset"}
SERVICE = "glpat-service"


class Post(HookSender):
    """Keeps what is sent until a test delivers it."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.open: list[Delivery] = []
        self._numbers = count(1)

    def send(self, hook: Hook, event: str, payload: dict[str, Any]) -> Delivery:
        headers = {"X-Gitlab-Token": str(hook.token), "Idempotency-Key": f"delivery-{next(self._numbers)}"}
        delivery = Delivery(hook, event, payload, headers)
        self.open.append(delivery)
        return delivery


class History:
    """People, groups and projects, and the changes that may happen to them."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.world = World(repositories=folder / "git", clock=clock)
        self.post = self.world.hooks = Post(clock)
        self.done: set[str] = set()  # the kinds of change that GitLab has not refused
        self._names = 0
        bot = self.world.add_user("bot", admin=True)
        self.world.add_token(bot, SERVICE, scopes=("read_api",))
        self.people: dict[str, User] = {}
        for name, external in (("ada", False), ("bo", False), ("eve", True)):
            self.people[name] = self.world.add_user(name, external=external)
            self.world.add_token(self.people[name], f"glpat-{name}", scopes=("read_api",))
        for path in ("g", "g/sub", "h"):
            self.world.add_group(path, visibility="public")
        for path, visibility in (("g/a", "public"), ("g/sub/b", "private"), ("h/c", "internal"), ("ada/d", "private")):
            self.world.add_project(path, visibility=visibility, topics=[MODEL], files={"README.md": b"text"})

    @property
    def projects(self) -> list[Project]:
        return sorted(self.world.projects.values(), key=lambda one: one.id)

    @property
    def groups(self) -> list[Group]:
        return sorted(self.world.groups.values(), key=lambda one: one.id)

    def name(self) -> str:
        self._names += 1
        return f"n{self._names}"

    def change(self, kind: str, chance: random.Random) -> None:
        """One change of this kind to things that chance picks; nothing where GitLab refuses it."""
        try:
            CHANGES[kind](self, chance)
        except (Conflict, KeyError, IndexError, ValueError):
            return
        self.done.add(kind)

    def indexed(self) -> dict[tuple[str, str], tuple[str, str, str, bool, str | None]]:
        """What the index is to hold: by collection and id the path, title, effective visibility, whether it is
        archived, and the newest commit.
        """
        found = {}
        for one in self.projects:
            if one.marked_for_deletion_on is None and one.repository_access_level != "disabled":
                private = one.repository_access_level == "private"
                visibility = "private" if private else one.visibility
                told = (one.full_path, one.name, visibility, one.archived, self.world.head(one))
                found |= {(COLLECTIONS[topic], str(one.id)): told for topic in one.topics if topic in COLLECTIONS}
        return found

    def is_active(self, person: str | None) -> bool:
        return person is None or self.people[person].state == "active"

    def may_see(self, person: str | None, today: date) -> tuple[set[str], set[str]]:
        """The ids of the projects whose code GitLab lets this person, when active, download: by their visibility, and
        as a member.
        """
        user = self.people[person] if person else None
        if user is None or user.state == "active":
            return self._may_see(user, today)
        state, user.state = user.state, "active"  # for this question only
        try:
            return self._may_see(user, today)
        finally:
            user.state = state

    def _may_see(self, user: User | None, today: date) -> tuple[set[str], set[str]]:
        reader, by_visibility, as_member = Reader(user, today), set(), set()
        for one in self.projects:
            if one.marked_for_deletion_on is not None or not set(one.topics) & COLLECTIONS.keys():
                continue
            if reader.on(one).download_code:
                is_open = one.repository_access_level == "enabled" and (
                    one.visibility == "public"
                    or (one.visibility == "internal" and user is not None and not user.external)
                )
                (by_visibility if is_open else as_member).add(str(one.id))
        return by_visibility, as_member

    def target(self, chance: random.Random) -> Group | Project:
        return chance.choice([*self.groups, *self.projects])


def _person(history: History, chance: random.Random) -> User:
    return chance.choice(list(history.people.values()))


def _retopic(history: History, chance: random.Random) -> None:
    topics = chance.choice([[MODEL], [DATASET], [MODEL, DATASET], [], ["other"], [MODEL, "other"]])
    history.world.set_topics(chance.choice(history.projects), topics)


def _new(history: History, chance: random.Random, path: str | None = None) -> None:
    above = chance.choice([*history.groups, *history.people.values()]).full_path
    history.world.add_project(
        path or f"{above}/{history.name()}",
        visibility=chance.choice(["public", "internal", "private"]),
        topics=[chance.choice([MODEL, DATASET])],
        files={"README.md": b"new"} if chance.random() < 0.8 else None,
    )


def _again_under_an_old_path(history: History, chance: random.Random) -> None:
    old = chance.choice(history.projects)
    path = old.full_path
    history.world.delete_project(old, immediately=True)
    _new(history, chance, path)


def _moved_away_and_taken(history: History, chance: random.Random) -> None:
    old = chance.choice(history.projects)
    path = old.full_path
    history.world.rename_project(old, history.name())
    _new(history, chance, path)


def _force_push(history: History, chance: random.Random) -> None:
    one = chance.choice(history.projects)
    repository = one.repository
    sha = repository.write_commit(None, {"README.md": chance.randbytes(4).hex().encode()}, "anew", *_signed(history))
    ref = f"refs/heads/{repository.default_branch}"
    before = repository.refs()[ref]
    repository.set_ref(ref, sha)
    history.world.pushed(one, None, [(ref, before, sha)])


def _signed(history: History) -> tuple[Any, frozenset[str]]:
    from gitlab_hooks.standin.repository import Signature

    return Signature("Bot", "bot@example.org", history.world.now()), frozenset()


def _branch(history: History, chance: random.Random) -> None:
    one = chance.choice(history.projects)
    name = history.name()
    history.world.add_branch(one, name)
    history.world.commit(one, {"other.txt": b"o"}, branch=name)
    if chance.random() < 0.5:
        history.world.update_project(one, default_branch=name)


def _member(history: History, chance: random.Random) -> None:
    level = chance.choice([AccessLevel.GUEST, AccessLevel.REPORTER, AccessLevel.DEVELOPER])
    history.world.add_member(
        history.target(chance), _person(history, chance), level, can_read_code=chance.random() < 0.2
    )


def _role(history: History, chance: random.Random) -> None:
    target = chance.choice([one for one in [*history.groups, *history.projects] if one.members])
    member = history.world.users[chance.choice(sorted(target.members))]
    history.world.update_member(target, member, chance.choice([AccessLevel.GUEST, AccessLevel.REPORTER]))


def _leave(history: History, chance: random.Random) -> None:
    target = chance.choice([one for one in [*history.groups, *history.projects] if one.members])
    history.world.remove_member(target, history.world.users[chance.choice(sorted(target.members))])


def _share(history: History, chance: random.Random) -> None:
    history.world.share(history.target(chance), chance.choice(history.groups), AccessLevel.REPORTER)


def _unshare(history: History, chance: random.Random) -> None:
    target = chance.choice([one for one in [*history.groups, *history.projects] if one.shares])
    history.world.unshare(target, history.world.groups[chance.choice(sorted(target.shares))])


def _release(history: History, chance: random.Random) -> None:
    history.world.add_release(chance.choice(history.projects), history.name())


def _unrelease(history: History, chance: random.Random) -> None:
    one = chance.choice([one for one in history.projects if one.releases])
    history.world.remove_release(one, chance.choice(sorted(one.releases)))


def _moved_tag(history: History, chance: random.Random) -> None:
    one = chance.choice([one for one in history.projects if one.releases])
    tag = chance.choice(sorted(one.releases))
    history.world.remove_tag(one, tag)
    if chance.random() < 0.7:
        history.world.add_tag(one, tag)


def _of_project(act: Callable[[World, Project, random.Random], object]) -> Callable[[History, random.Random], None]:
    def change(history: History, chance: random.Random) -> None:
        act(history.world, chance.choice(history.projects), chance)

    return change


def _delete_group(history: History, chance: random.Random) -> None:
    if len(history.groups) > 2:
        history.world.delete_group(chance.choice(history.groups))


CHANGES: dict[str, Callable[[History, random.Random], None]] = {
    "push": _of_project(lambda w, p, c: w.commit(p, {"README.md": c.randbytes(4).hex().encode()})),
    "force push": _force_push,
    "branch, or another default branch": _branch,
    "emptied": _of_project(lambda w, p, c: w.remove_branch(p, p.repository.default_branch)),
    "name": _of_project(lambda w, p, c: w.set_name(p, f"Name {c.randrange(9)}")),
    "description": _of_project(lambda w, p, c: w.set_description(p, f"About {c.randrange(9)}")),
    "path": lambda h, c: h.world.rename_project(c.choice(h.projects), h.name()),
    "transfer": lambda h, c: h.world.transfer(c.choice(h.projects), c.choice([*h.groups, *h.people.values()])),
    "topics": _retopic,
    "public": _of_project(lambda w, p, c: w.set_visibility(p, "public")),
    "internal": _of_project(lambda w, p, c: w.set_visibility(p, "internal")),
    "private": _of_project(lambda w, p, c: w.set_visibility(p, "private")),
    "repository for members": _of_project(lambda w, p, c: w.set_repository_access_level(p, "private")),
    "repository for all": _of_project(lambda w, p, c: w.set_repository_access_level(p, "enabled")),
    "repository off": _of_project(lambda w, p, c: w.set_repository_access_level(p, "disabled")),
    "archived": _of_project(lambda w, p, c: w.archive(p)),
    "unarchived": _of_project(lambda w, p, c: w.unarchive(p)),
    "scheduled for deletion": _of_project(lambda w, p, c: w.delete_project(p)),
    "restored": lambda h, c: h.world.restore_project(c.choice([p for p in h.projects if p.marked_for_deletion_on])),
    "deleted": _of_project(lambda w, p, c: w.delete_project(p, immediately=True)),
    "new": _new,
    "new under the path of a deleted one": _again_under_an_old_path,
    "new under the path of a renamed one": _moved_away_and_taken,
    "group renamed": lambda h, c: h.world.rename_group(c.choice(h.groups), h.name()),
    "group deleted": _delete_group,
    "user renamed": lambda h, c: h.world.rename_user(_person(h, c), h.name()),
    "blocked": lambda h, c: h.world.block_user(_person(h, c)),
    "unblocked": lambda h, c: h.world.unblock_user(_person(h, c)),
    "member": _member,
    "role": _role,
    "member removed": _leave,
    "shared with a group": _share,
    "share removed": _unshare,
    "release": _release,
    "release removed": _unrelease,
    "tag moved or removed": _moved_tag,
    "package": lambda h, c: h.world.add_package(c.choice(h.projects), "w", h.name(), {"w.bin": b"w"}),
    "starred": lambda h, c: h.world.star(c.choice(h.projects), _person(h, c)),
}

"""Proves who may see a project and read its code: one row per case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitlab_hooks.standin.world import AccessLevel, World
from stac_ext.clock import ManualClock

MINIMAL, GUEST, PLANNER, REPORTER = AccessLevel.MINIMAL, AccessLevel.GUEST, AccessLevel.PLANNER, AccessLevel.REPORTER
DEVELOPER, MAINTAINER = AccessLevel.DEVELOPER, AccessLevel.MAINTAINER
NOBODY: dict[str, Any] = {"anonymous": True}
SEES, READS, HIDDEN = "sees", "reads code", "hidden"

# visibility, repository level, who asks, role and where it comes from, what that gives
CASES = [
    ("public", "enabled", NOBODY, {}, READS),
    ("public", "enabled", {}, {}, READS),
    ("public", "enabled", {}, {"project": GUEST}, READS),
    ("public", "enabled", {"external": True}, {}, READS),
    ("internal", "enabled", NOBODY, {}, HIDDEN),
    ("internal", "enabled", {}, {}, READS),
    ("internal", "enabled", {"external": True}, {}, HIDDEN),
    ("internal", "enabled", {"external": True}, {"project": GUEST}, SEES),
    ("internal", "enabled", {"external": True}, {"project": REPORTER}, READS),
    ("private", "enabled", NOBODY, {}, HIDDEN),
    ("private", "enabled", {}, {}, HIDDEN),
    ("private", "enabled", {}, {"project": MINIMAL}, HIDDEN),
    ("private", "enabled", {}, {"project": GUEST}, SEES),
    ("private", "enabled", {}, {"project": GUEST, "custom": True}, READS),
    ("private", "enabled", {}, {"project": PLANNER}, SEES),
    ("private", "enabled", {}, {"project": REPORTER}, READS),
    ("private", "enabled", {"admin": True}, {}, READS),
    ("private", "enabled", {"auditor": True}, {}, READS),
    # inheritance
    ("private", "enabled", {}, {"group": REPORTER}, READS),
    ("private", "enabled", {}, {"ancestor": REPORTER}, READS),
    ("private", "enabled", {}, {"ancestor": MINIMAL}, HIDDEN),
    ("private", "enabled", {}, {"ancestor": REPORTER, "project": GUEST}, READS),
    # invitations
    ("private", "enabled", {}, {"invited": DEVELOPER, "cap": REPORTER}, READS),
    ("private", "enabled", {}, {"invited": DEVELOPER, "cap": GUEST}, SEES),
    ("private", "enabled", {}, {"invited": GUEST, "cap": DEVELOPER}, SEES),
    ("private", "enabled", {}, {"invited parent": DEVELOPER, "cap": REPORTER}, READS),
    ("private", "enabled", {}, {"invited to group": DEVELOPER, "cap": REPORTER}, READS),
    ("private", "enabled", {}, {"invited to ancestor": DEVELOPER, "cap": REPORTER}, READS),
    ("private", "enabled", {}, {"invited parent to group": DEVELOPER, "cap": REPORTER}, HIDDEN),
    # dates: the day itself is over
    ("private", "enabled", {}, {"project": REPORTER, "until": "2026-01-02"}, READS),
    ("private", "enabled", {}, {"project": REPORTER, "until": "2026-01-01"}, HIDDEN),
    ("private", "enabled", {}, {"invited": REPORTER, "cap": REPORTER, "share until": "2026-01-01"}, HIDDEN),
    # the repository for members only
    ("public", "private", NOBODY, {}, SEES),
    ("public", "private", {}, {}, SEES),
    ("public", "private", {}, {"project": GUEST}, READS),
    ("public", "private", {"external": True}, {"project": GUEST}, READS),
    ("internal", "private", {}, {}, SEES),
    ("internal", "private", {}, {"project": GUEST}, READS),
    ("internal", "private", {"external": True}, {"project": GUEST}, SEES),
    ("private", "private", {}, {"project": GUEST}, SEES),
    ("private", "private", {}, {"project": REPORTER}, READS),
    ("public", "private", {"auditor": True}, {}, READS),
    # no repository at all
    ("public", "disabled", {}, {"project": DEVELOPER}, SEES),
    ("private", "disabled", {"admin": True}, {}, SEES),
]


@pytest.mark.parametrize(
    ("visibility", "level", "who", "role", "expected"),
    CASES,
    ids=[f"{c[0]}-{c[1]}-{'+'.join(c[2]) or 'user'}-{' '.join(f'{k}={v}' for k, v in c[3].items())}" for c in CASES],
)
def test_access(
    tmp_path: Path, visibility: str, level: str, who: dict[str, Any], role: dict[str, Any], expected: str
) -> None:
    world = World(tmp_path, ManualClock())
    places = {
        name: world.add_group(path)
        for name, path in {
            "ancestor": "a",
            "group": "a/b",
            "invited parent": "guests",
            "invited": "guests/here",
        }.items()
    }
    project = world.add_project("a/b/p", visibility=visibility, repository_access_level=level, files={"x": b"x"})
    user = None if who.get("anonymous") else world.add_user("u", **who)
    if user:
        for source in ("project", "group", "ancestor", "invited", "invited parent"):
            if source in role:
                world.add_member(
                    places.get(source, project),
                    user,
                    role[source],
                    expires_at=role.get("until"),
                    can_read_code=role.get("custom"),
                )
        for source, place in {
            "invited to group": "group",
            "invited to ancestor": "ancestor",
            "invited parent to group": "group",
        }.items():
            if source in role:
                inside = "invited parent" if "parent" in source else "invited"
                world.add_member(places[inside], user, role[source])
                world.share(places[place], places["invited"], role["cap"])
        if {"invited", "invited parent"} & set(role):
            world.share(project, places["invited"], role["cap"], expires_at=role.get("share until"))
    rights = world.reader(user).on(project)
    found = READS if rights.download_code else SEES if rights.read_project else HIDDEN
    assert found == expected


@pytest.mark.parametrize(
    ("level", "archived", "pushes", "administers"),
    [
        (REPORTER, False, False, False),
        (DEVELOPER, False, True, False),
        (DEVELOPER, True, False, False),
        (MAINTAINER, False, True, True),
    ],
)
def test_writing(world: World, level: AccessLevel, archived: bool, pushes: bool, administers: bool) -> None:
    project = world.add_project("earth/models/w", files={"x": b"x"}, archived=archived)
    user = world.add_user("writer")
    world.add_member(project, user, level)
    rights = world.reader(user).on(project)
    assert (rights.push_code, rights.maintain) == (pushes, administers)


def test_the_owner_of_a_personal_project_owns_it(world: World) -> None:
    project = world.add_project("ada/own")
    assert world.reader(world.user_named("ada")).on(project).own


def test_a_role_ends_when_its_day_comes(world: World, clock: ManualClock) -> None:
    project = world.add_project("earth/secret", files={"x": b"x"})
    user = world.add_user("temp")
    world.add_member(project, user, REPORTER, expires_at="2026-01-02")
    assert world.reader(user).on(project).download_code
    clock.advance(24 * 3600)
    assert not world.reader(user).on(project).read_project

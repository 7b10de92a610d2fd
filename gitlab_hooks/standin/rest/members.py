"""Members of projects and groups by REST: direct ones, and all with the highest role of every source."""

from __future__ import annotations

from datetime import date

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.access import Role
from gitlab_hooks.standin.calls import Call, Handler, Router, forbidden, invalid, not_found, refuse
from gitlab_hooks.standin.entities import Json, member_entity
from gitlab_hooks.standin.model import AccessLevel, Group, Membership, Project, User
from gitlab_hooks.standin.people import as_date

Target = Group | Project
KINDS = ("projects", "groups")


def _target(call: Call, kind: str, *, manage: bool = False) -> Target:
    if not manage:
        return call.project() if kind == "projects" else call.group()
    call.signed_in()
    if kind == "projects":
        return call.maintained()
    group = call.group()
    if not call.reader.owns_group(group):
        raise forbidden()
    return group


def _user(call: Call, given: str) -> User:
    found = call.world.users.get(int(given)) if given.isdecimal() else None
    if found is None:
        raise not_found("User")
    return found


def _direct(call: Call, target: Target) -> list[Membership]:
    today = call.world.today()
    rows = [found for found in target.members.values() if found.active(today)]
    text = (call.text("query") or "").lower()
    return [row for row in rows if text in f"{row.user.username}\n{row.user.name}".lower()]


def _everybody(call: Call, target: Target) -> list[tuple[Membership, Role]]:
    """Each user once with the highest role, as `members/all` gives it (invited groups included)."""
    found = []
    for user in list(call.world.users.values()):
        reader = call.world.reader(user)
        role = reader.project_role(target) if isinstance(target, Project) else reader.group_role(target)
        if role.level:
            found.append((_source(target, user, call.world.today()), role))
    return found


def _source(target: Target, user: User, today: date) -> Membership:
    group = target.group if isinstance(target, Project) else target
    for place in [target, *(group.lineage() if group else [])]:
        found = place.members.get(user.id)
        if found and found.active(today):
            return found
    return Membership(user, AccessLevel.GUEST, user.created_at)


def _level(call: Call) -> AccessLevel:
    try:
        return AccessLevel(call.number("access_level") or 0)
    except ValueError:
        raise invalid("access_level", "does not have a valid value") from None


def _expiry(call: Call) -> date | None:
    try:
        return as_date(call.text("expires_at"))
    except ValueError:
        raise invalid("expires_at") from None


def _handlers(kind: str) -> dict[str, Handler]:
    def listing(call: Call) -> Response:
        rows = _direct(call, _target(call, kind))
        return paging.paged(call, rows, lambda row: member_entity(call.world, row))

    def everybody(call: Call) -> Response:
        rows = _everybody(call, _target(call, kind))
        return paging.paged(call, rows, lambda row: member_entity(call.world, *row))

    def one(call: Call) -> Response:
        target, user = _target(call, kind), _user(call, call.path["user"])
        found = target.members.get(user.id)
        if found is None or not found.active(call.world.today()):
            raise not_found()
        return JSONResponse(member_entity(call.world, found))

    def one_of_all(call: Call) -> Response:
        target, user = _target(call, kind), _user(call, call.path["user"])
        reader = call.world.reader(user)
        role = reader.project_role(target) if isinstance(target, Project) else reader.group_role(target)
        if not role.level:
            raise not_found()
        return JSONResponse(member_entity(call.world, _source(target, user, call.world.today()), role))

    def add(call: Call) -> Response:
        target, level = _target(call, kind, manage=True), _level(call)
        name, rows = call.text("username"), [_user(call, key) for key in call.list("user_id") or []]
        if name and (known := call.world.user_named(name)):
            rows.append(known)
        if not rows:
            raise invalid("user_id, username", "are missing, exactly one parameter must be provided")
        answer: Json = {}
        for user in rows:
            if user.id in target.members:
                raise refuse(409, "Member already exists")
            made = call.world.add_member(target, user, level, expires_at=_expiry(call))
            answer = member_entity(call.world, made)
        return JSONResponse(answer if len(rows) == 1 else {"status": "success"}, 201)

    def update(call: Call) -> Response:
        target, user = _target(call, kind, manage=True), _user(call, call.path["user"])
        if user.id not in target.members:
            raise not_found()
        changed = call.world.update_member(target, user, _level(call), expires_at=_expiry(call))
        return JSONResponse(member_entity(call.world, changed))

    def remove(call: Call) -> Response:
        user = _user(call, call.path["user"])
        target = _target(call, kind, manage=user is not call.user)
        if user.id not in target.members:
            raise not_found()
        call.world.remove_member(target, user)
        return Response(status_code=204)

    return {
        "GET /members": listing,
        "GET /members/all": everybody,
        "GET /members/:user": one,
        "GET /members/all/:user": one_of_all,
        "POST /members": add,
        "PUT /members/:user": update,
        "DELETE /members/:user": remove,
    }


def register(router: Router) -> None:
    for kind in KINDS:
        for route, handler in _handlers(kind).items():
            method, _, path = route.partition(" ")
            router.on(method, f"/{kind}/:id{path}")(handler)

"""Web hooks by REST: of a project (Maintainer), a group (Owner) and the instance (administrator), and tests of each."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging, payloads
from gitlab_hooks.standin.calls import Call, Router, forbidden, invalid, not_found, refuse
from gitlab_hooks.standin.entities import hook_entity
from gitlab_hooks.standin.model import AccessLevel, Group, Hook, Project
from gitlab_hooks.standin.objects import ZERO
from gitlab_hooks.standin.repository import BRANCHES, TAGS
from gitlab_hooks.standin.world import HOOK_FLAGS

_TEXTS = ("push_events_branch_filter", "name", "description", "token", "url")
LARGEST_NUMBER = 100


def _settings(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = {key: call.flag(key) for key in HOOK_FLAGS if call.flag(key) is not None}
    found |= {key: call.text(key) for key in _TEXTS if key in call.params}
    url = found.get("url")
    if url is not None and not url.startswith(("http://", "https://")):
        raise refuse(422, "Invalid url given")
    return found


def _owned(call: Call) -> Group:
    call.signed_in()
    group = call.group()
    if call.reader.group_role(group).level < AccessLevel.OWNER and not call.reader.reads_all:
        raise forbidden()
    return group


def _is_of_group(call: Call) -> bool:
    return "/api/v4/groups/" in call.url


def _add(call: Call, to: Project | Group | None) -> Response:
    call.required("url")
    settings = _settings(call)
    if to and len(to.hooks) >= LARGEST_NUMBER:
        raise refuse(422, {"base": [f"Maximum number of project hooks ({LARGEST_NUMBER}) exceeded"]})
    world = call.world
    if isinstance(to, Group):
        hook = world.add_group_hook(to, **settings)
    else:
        hook = world.add_project_hook(to, **settings) if to else world.add_system_hook(**settings)
    return JSONResponse(hook_entity(world, hook), 201)


def _hooks(call: Call) -> dict[int, Hook]:
    if "id" in call.path:
        return _owned(call).hooks if _is_of_group(call) else call.maintained().hooks
    call.admin()
    return call.world.system_hooks


def _hook(call: Call) -> Hook:
    hooks, key = _hooks(call), call.path["hook"]
    if not key.isdecimal() or int(key) not in hooks:
        raise not_found()
    return hooks[int(key)]


def listing(call: Call) -> Response:
    return paging.paged(call, list(_hooks(call).values()), lambda hook: hook_entity(call.world, hook))


def one(call: Call) -> Response:
    return JSONResponse(hook_entity(call.world, _hook(call)))


def add_project_hook(call: Call) -> Response:
    return _add(call, call.maintained())


def add_group_hook(call: Call) -> Response:
    return _add(call, _owned(call))


def add_system_hook(call: Call) -> Response:
    call.admin()
    return _add(call, None)


def update(call: Call) -> Response:
    hook = _hook(call)
    call.world.update_hook(hook, **_settings(call))
    return JSONResponse(hook_entity(call.world, hook))


def remove(call: Call) -> Response:
    call.world.remove_hook(_hook(call))
    return Response(status_code=204)


def test_hook(call: Call) -> Response:
    """Call a hook with the newest push, tag or release; a good answer wakes a hook that was put to rest."""
    hook, trigger = _hook(call), call.path["trigger"]
    below = [one for one in call.world.below(hook.group) if isinstance(one, Project)] if hook.group else []
    project = hook.project or next(iter(below), None)
    if project is None:
        raise refuse(422, "Ensure that the group has a project with commits.")
    repository, url = project.repository, call.world.external_url
    head = repository.resolve()
    if trigger == "push_events":
        if head is None:
            raise refuse(422, "Ensure the project has at least one commit.")
        commit = repository.commit(head)
        old = commit.parents[0] if commit and commit.parents else ZERO
        ref = BRANCHES + repository.default_branch
        event, body = "push", payloads.push(project, call.user, ref, old, head, url)
    elif trigger == "tag_push_events":
        tags = repository.tags()
        if not tags:
            raise refuse(422, "Ensure the project has tags.")
        name, sha = list(tags.items())[-1]
        event, body = "tag_push", payloads.push(project, call.user, TAGS + name, ZERO, sha, url)
    elif trigger == "releases_events":
        if not project.releases:
            raise refuse(422, "Ensure the project has releases.")
        event, body = "release", payloads.release("create", project, list(project.releases.values())[-1], url)
    else:
        raise invalid("trigger", "does not have a valid value")
    return _sent(call, hook, event, body)


def test_system_hook(call: Call) -> Response:
    """Call a system hook with GitLab's made-up `project_create`."""
    hook = _hook(call)
    delivery = call.world.hooks.send(
        hook,
        "project_create",
        {
            "event_name": "project_create",
            "name": "Ruby",
            "path": "ruby",
            "project_id": 1,
            "owner_name": "Someone",
            "owner_email": "example@gitlabhq.com",
        },
    )
    call.world.hooks.wait_for(delivery)
    return JSONResponse(hook_entity(call.world, hook), 201)


def _sent(call: Call, hook: Hook, event: str, body: dict[str, Any]) -> Response:
    delivery = call.world.hooks.send(hook, event, body)
    call.world.hooks.wait_for(delivery)
    if delivery.status is None or delivery.status >= 400:
        raise refuse(422, delivery.error or f"Hook executed successfully but returned HTTP {delivery.status}")
    return JSONResponse({"message": "201 Created"}, 201)


def register(router: Router) -> None:
    mine, ours = "/projects/:id/hooks", "/groups/:id/hooks"
    for base, add in ((mine, add_project_hook), (ours, add_group_hook), ("/hooks", add_system_hook)):
        router.on("GET", base)(listing)
        router.on("POST", base)(add)
        router.on("GET", f"{base}/:hook")(one)
        router.on("PUT", f"{base}/:hook")(update)
        router.on("DELETE", f"{base}/:hook")(remove)
    for base in (mine, ours):
        router.on("POST", f"{base}/:hook/test/:trigger")(test_hook)
    router.on("POST", "/hooks/:hook")(test_system_hook)

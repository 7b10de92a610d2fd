"""`/auth/me`: whom the hub takes a caller for, by which kind of credential, how old the rights are, and which of the
caller's tagged projects the catalogue does not hold.
"""

import asyncio
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sharinghub_ext.auth.dependency import caller_of
from sharinghub_ext.auth.viewers import FILLING
from stac_ext.store.grants import GrantTable
from stac_ext.times import format_rfc3339, from_micros

_SHOWN = 100
_WHAT_TO_DO = (
    "You may download the code of these tagged projects, and the catalogue does not hold them. Where a project got its "
    "topic only now, wait for the next comparison with GitLab. Else the hub cannot read it: ask for its account to be "
    "a Reporter of the project or of its group, or look with `sharinghub lint` for why it is left out."
)


async def me(request: Request) -> Response:
    """Whom the hub takes you for, how old your rights are, and which of your tagged projects it does not hold."""
    caller = caller_of(request)
    viewer = caller.viewer
    complete = FILLING not in viewer.notes
    by = {"signed_in": caller.credential is not None and not caller.visitor, "by": caller.by}
    if viewer.principal is None:
        return _json(by if complete else {**by, "complete": False})
    grants, gitlab_url = cast("GrantTable", request.app.state.grants), cast("str", request.app.state.gitlab_url)
    return _json(by | await asyncio.to_thread(_told, grants, gitlab_url, viewer.principal, complete))


def _told(grants: GrantTable, gitlab_url: str, key: str, complete: bool) -> dict[str, Any]:
    found = grants.find(key)
    if found is None:  # forgotten while this was asked
        return {"complete": False}
    missing, number = grants.uncatalogued(key, _SHOWN)
    uncatalogued: dict[str, Any] = {"count": number}
    if missing:
        projects = [{"id": one, "web_url": f"{gitlab_url}/projects/{one}"} for one in missing]
        uncatalogued |= {"projects": projects, "what_to_do": _WHAT_TO_DO}
    return {
        "username": found.username,
        "user_id": found.user_id,
        "external": found.external,
        "confirmed": format_rfc3339(from_micros(found.confirmed_at)),
        "rights_listed": format_rfc3339(from_micros(found.snapshot_at)) if found.snapshot_at else None,
        "complete": complete,
        "uncatalogued": uncatalogued,
    }


def _json(told: dict[str, Any]) -> Response:
    return JSONResponse(told, headers={"Cache-Control": "private, no-store"})

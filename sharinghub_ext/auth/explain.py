"""`GET /auth/explain`: why a user sees an item or not, for those who maintain its project.

GitLab is asked with the caller's own token whether the caller may administer the project. Anybody else gets the 404 of
an item that does not exist, after the same questions to the store and to GitLab. Of the user the answer tells the right
to this project and nothing of others.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Final, cast

from fastapi import Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gitlab_hooks.gateway.errors import GitLabError, GitLabUnavailable
from gitlab_hooks.gateway.rights import maintained
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from sharinghub_ext.auth.dependency import caller_of
from sharinghub_ext.auth.explaining import Bounds, Explanation
from sharinghub_ext.auth.explaining import explain as explained
from sharinghub_ext.auth.identities import refusal, unavailable
from sharinghub_ext.problems import not_found
from stac_ext.clock import Clock
from stac_ext.store.evidence import AskedItem, EvidenceTable, asked_item

_NOWHERE: Final = ""  # a path that no project has


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains to maintainers. `bounds` tells the limits as they are now."""

    client: ViewerClient
    table: EvidenceTable
    collections: Collection[str]
    bounds: Callable[[], Bounds]
    clock: Clock

    async def explain(self, credential: Credential, user: str, item: str) -> Explanation | None:
        """The explanation, None where the caller does not maintain the project. Raises Problem 401, 403 or 503."""
        asked = asked_item(item, self.collections)
        project_id = await self._maintained(credential, asked)
        if project_id is None:
            return None
        evidence = await asyncio.to_thread(self.table.gather, asked, user, project_id)
        return explained(evidence, self.bounds(), self.clock.now(), full=False)

    async def _maintained(self, credential: Credential, asked: AskedItem) -> int | None:
        path = asked.path or _NOWHERE
        known = await asyncio.to_thread(self.table.project_at, path)
        project_id = known if asked.path is not None else asked.project_id
        try:
            return await maintained(self.client, credential, project_id, path if path.isprintable() else _NOWHERE)
        except GitLabUnavailable as error:
            raise unavailable(str(error), error.retry_after) from error
        except GitLabError as error:
            raise refusal(error) from error


async def explain(
    request: Request,
    user: Annotated[str, Query(min_length=1, max_length=255, description="A user of GitLab, by name or number.")],
    item: Annotated[
        str,
        Query(
            min_length=1,
            max_length=1024,
            description="An item: its id, its collection and id (`ai-model/42`), or the path of its project.",
        ),
    ],
) -> Response:
    """Why a user sees an item or not, by what the hub knows now and when it learnt it.

    For those whom GitLab lets administer the project, with a token or session of their own.
    """
    caller = caller_of(request)
    if caller.credential is None or caller.visitor or caller.credential.is_job:
        raise not_found()
    found = await cast("Explainer", request.app.state.explainer).explain(caller.credential, user, item)
    if found is None:
        raise not_found()
    return JSONResponse(found.as_json(), headers={"Cache-Control": "private, no-store"})

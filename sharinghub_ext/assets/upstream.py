"""What GitLab, or an object store that it leads to, answers to one caller about one file; refused is as missing.

Each call is a question to GitLab with the caller's own credential: no verdict is remembered. A credential that GitLab
does not take at all (401) is another matter than a file that it does not show: whoever asked has to find out.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import httpx

from gitlab_hooks.gateway.errors import CredentialRefused, GitLabError, GitLabUnavailable
from gitlab_hooks.gateway.viewer import Credential, ViewerClient
from sharinghub_ext.assets.names import Asset, Kind
from sharinghub_ext.assets.redirects import ObjectStores, target_of
from sharinghub_ext.assets.slots import Slots
from sharinghub_ext.problems import Problem, not_found

_ANSWERS = (200, 206, 416)


class Upstream:
    """Opens files at GitLab, as many at once as there are `slots`."""

    def __init__(self, client: ViewerClient, stores: ObjectStores, slots: Slots) -> None:
        self._client, self._stores, self.slots = client, stores, slots

    @asynccontextmanager
    async def opened(
        self, credential: Credential | None, client: str, asset: Asset, wanted: str | None
    ) -> AsyncIterator[httpx.Response | httpx.URL]:
        """The file, with 200, 206 or 416; or where GitLab leads to, if the hub does not follow.

        `client` is the caller's address, `wanted` a value of `Range` to ask with. Raises Problem: 404, 429, 502, 503;
        CredentialRefused.
        """
        async with AsyncExitStack() as stack:
            stack.enter_context(self.slots.held(client, stranger=credential is None))
            try:
                response = await stack.enter_async_context(self._asked(credential, asset, wanted))
            except GitLabUnavailable as error:
                detail = f"The file cannot be read now ({error}). Try again soon."
                raise Problem(503, detail, {"Retry-After": "5"}) from error
            except CredentialRefused as error:
                if credential is None:
                    raise not_found() from error
                raise
            except GitLabError as error:  # refused for this file: as if there were none
                raise not_found() from error
            if response.is_redirect:
                target = target_of(response)
                if not self._stores.has(target):
                    yield target
                    return
                yield await stack.enter_async_context(self._stores.opened(target, wanted))
                return
            _check(response)
            yield response

    async def close(self) -> None:
        """Release connections."""
        await self._stores.close()

    def _asked(
        self, credential: Credential | None, asset: Asset, wanted: str | None
    ) -> AbstractAsyncContextManager[httpx.Response]:
        if asset.kind is Kind.PACKAGE:
            return self._client.package_file(credential, asset.project_id, asset.below_packages, wanted)
        if asset.kind is Kind.ARCHIVE:
            return self._client.archive(credential, asset.project_id, asset.revision, wanted)
        return self._client.raw_file(credential, asset.project_id, asset.revision, asset.path, wanted)


def _check(response: httpx.Response) -> None:
    """Refuse what is not the file. Raises Problem 502."""
    is_html = response.headers.get("content-type", "").startswith("text/html")
    if is_html and "x-gitlab-blob-id" not in response.headers:
        raise Problem(502, "What stands before GitLab answered with a page instead of the file. Try again later.")
    if response.status_code not in _ANSWERS:
        raise Problem(502, f"GitLab answered {response.status_code} in place of the file. Try again later.")

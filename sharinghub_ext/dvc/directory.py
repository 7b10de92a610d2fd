"""Which files a stored directory has, a page at a time: the manifest of DVC with an address for each of its files."""

from functools import partial
from typing import Final

from anyio.to_thread import run_sync
from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sharinghub_ext.api.links import link, with_query
from sharinghub_ext.dvc.keys import ObjectKey, ObjectName
from sharinghub_ext.dvc.serving import entity_tag, whole_object
from sharinghub_ext.dvc.store import StoredObject
from sharinghub_ext.problems import Problem
from stac_ext.dvc.manifest import (
    MAX_MANIFEST_BYTES,
    MAX_PAGE,
    Manifest,
    ManifestError,
    ManifestFile,
    manifest_asset,
    page_of,
    read_manifest,
)

_DEFAULT_PAGE: Final = 100
_MOST_FILES: Final = 200_000  # of all manifests that are kept
_PARAMETERS: Final = ("limit", "after")


def is_page(request: Request, name: ObjectName) -> bool:
    """Whether a page is asked for and not the manifest itself."""
    return name.key.directory and any(one in request.query_params for one in _PARAMETERS)


class Directories:
    """Pages of directories. Manifests that were read are kept: they never change."""

    def __init__(self, dvc_url: str) -> None:
        self._dvc_url = dvc_url
        self._read: LRUCache[str, Manifest] = LRUCache(_MOST_FILES, getsizeof=lambda one: len(one.files) + 1)

    async def page(self, request: Request, name: ObjectName, found: StoredObject) -> Response:
        """Files in the order of their paths, after `after`, `limit` of them (1 to 1000). Closes the object.

        Raises Problem: 400 for a wrong limit, 422 where the object is no manifest; StoreFailure.
        """
        try:
            limit = _limit(request.query_params.get("limit"))
            manifest = await self._manifest(name, found)
        finally:
            await found.close()
        after = request.query_params.get("after")
        page = await run_sync(page_of, manifest, after, limit)
        base = f"{self._dvc_url}/{name.project_id}"
        address = f"{base}/{name.key.text}"
        links = [link("self", with_query(address, {"limit": limit, "after": after}))]
        if page.after is not None:
            links.append(link("next", with_query(address, {"limit": limit, "after": page.after})))
        body = {
            "directory": address,
            "numberMatched": page.total,
            "numberReturned": len(page.files),
            "files": [_file(file, base, name.key) for file in page.files],
            "links": links,
        }
        return JSONResponse(body)

    async def _manifest(self, name: ObjectName, found: StoredObject) -> Manifest:
        kept = f"{name.text} {entity_tag(name, found.stored)}"
        manifest = self._read.get(kept)
        if manifest is None:
            size = found.stored.size
            if size > MAX_MANIFEST_BYTES:
                raise _unreadable(f"it has {size} bytes, and {MAX_MANIFEST_BYTES} are read")
            data = b"".join([chunk async for chunk in whole_object(name, found)])
            try:
                manifest = await run_sync(partial(read_manifest, data))
            except ManifestError as error:
                raise _unreadable(str(error)) from error
            if len(manifest.files) < _MOST_FILES:
                self._read[kept] = manifest
        return manifest


def _file(file: ManifestFile, base: str, directory: ObjectKey) -> dict[str, str]:
    asset = manifest_asset(file, base, "", legacy=directory.legacy)
    media_type = {"type": asset["type"]} if "type" in asset else {}
    return {"name": file.path, "md5": file.md5, "href": asset["href"], **media_type}


def _limit(value: str | None) -> int:
    if value is None:
        return _DEFAULT_PAGE
    if not (value.isascii() and value.isdigit() and 1 <= len(value) <= 9 and 1 <= int(value) <= MAX_PAGE):
        raise Problem(400, f"limit must be a number from 1 to {MAX_PAGE}. A right example: limit=100")
    return int(value)


def _unreadable(why: str) -> Problem:
    return Problem(
        422, f"The object is there, but its files cannot be listed: {why}. Ask for it without limit and after."
    )

"""Which uploads in S3 are given up: parts that a killed hub left, once nothing was added to them for a day.

S3 shows such parts to nobody and bills them. Uploads of keys that are not DVC's are others', and stay.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from sharinghub_ext.dvc.keys import parse_name
from sharinghub_ext.dvc.s3.connection import Absent, S3Connection, Unconditional, UploadEnded

AFTER: Final = timedelta(days=1)
log = structlog.get_logger()


async def remove_abandoned(connection: S3Connection, now: datetime) -> int:
    """Give up the uploads that nobody goes on with; how many there were. Raises StoreFailure."""
    removed = 0
    async for upload in _uploads(connection):
        key, number = upload["Key"], upload["UploadId"]
        project, _, rest = key.removeprefix(connection.address.prefix).partition("/")
        if parse_name(project, rest) is None or now - upload["Initiated"] < AFTER:
            continue
        try:
            if now - await _last_added(connection, key, number, upload["Initiated"]) < AFTER:
                continue
            await connection.call("abort_multipart_upload", Key=key, UploadId=number)
        except (UploadEnded, Absent):
            continue
        removed += 1
    if removed:
        log.info("abandoned uploads were removed from S3", count=removed)
    return removed


async def _uploads(connection: S3Connection) -> AsyncIterator[dict[str, Any]]:
    markers: dict[str, str] = {}
    while True:
        try:
            page = await connection.call("list_multipart_uploads", Prefix=connection.address.prefix, **markers)
        except Unconditional:  # the service cannot list them, and removes them itself or not at all
            return
        for one in page.get("Uploads", ()):
            yield one
        if not page.get("IsTruncated"):
            return
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}


async def _last_added(connection: S3Connection, key: str, upload: str, begun: datetime) -> datetime:
    """When the last part came."""
    last: datetime = begun
    marker = 0
    while True:
        page = await connection.call("list_parts", Key=key, UploadId=upload, PartNumberMarker=marker)
        last = max([last, *(part["LastModified"] for part in page.get("Parts", ()))])
        if not page.get("IsTruncated"):
            return last
        marker = page["NextPartNumberMarker"]

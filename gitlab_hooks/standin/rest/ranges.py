"""Bytes of a stored file, whole or the part that `Range` names, as Workhorse serves files and objects.

Sources: https://www.rfc-editor.org/rfc/rfc9110#section-14,
https://docs.gitlab.com/development/workhorse/handlers/ (`SendFile`)
"""

from __future__ import annotations

import hashlib
import re

from starlette.responses import Response

from gitlab_hooks.standin.calls import Call

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def stored(call: Call, data: bytes, headers: dict[str, str]) -> Response:
    """A redirect where the instance keeps files in object storage.

    Else 200 with everything, 206 with one range, 416 where it lies behind the end; other ranges are ignored.
    """
    if call.world.object_storage is not None:
        name = hashlib.sha256(data).hexdigest()
        call.world.objects[name] = data
        return Response(b"", 302, {"Location": f"{call.world.object_storage}/{name}?X-Amz-Signature={name[:16]}"})
    headers = {"Accept-Ranges": "bytes", **headers}
    media = "application/octet-stream"
    found = _RANGE.fullmatch(call.headers.get("range", ""))
    if call.method != "GET" or found is None or found.groups() == ("", ""):
        return Response(data, media_type=media, headers=headers)
    first, last = found.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if start > end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    return Response(data[start : end + 1], 206, headers, media)

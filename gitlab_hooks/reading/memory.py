"""What was read of git blobs lately: a blob never changes, so what a push left alone need not be read again."""

from collections import OrderedDict
from threading import Lock
from typing import Any, Final

_LARGEST_SHARE: Final = 8  # no value may take more than an eighth of the room


class BlobMemory:
    """Values by project and blob, the least used forgotten first. Safe for several threads.

    The project is part of the key: no value ever goes from one project to another.
    """

    def __init__(self, room: int = 64 * 1024 * 1024) -> None:
        self._room = room
        self._used = 0
        self._kept: OrderedDict[tuple[int, str, str], tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, project_id: int, blob_id: str, kind: str) -> Any | None:
        """What was put under this key, None if nothing was or it is forgotten."""
        with self._lock:
            key = (project_id, blob_id, kind)
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, project_id: int, blob_id: str, kind: str, value: Any, weight: int) -> None:
        """Keep a value of about `weight` bytes."""
        weight += 200
        if weight > self._room // _LARGEST_SHARE:
            return
        with self._lock:
            key = (project_id, blob_id, kind)
            if key in self._kept:
                self._used -= self._kept.pop(key)[1]
            self._kept[key] = (value, weight)
            self._used += weight
            while self._used > self._room:
                self._used -= self._kept.popitem(last=False)[1][1]

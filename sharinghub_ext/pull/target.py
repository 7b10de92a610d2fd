"""The folder that is written into: nothing that an item names leads out of it, or over what somebody else put there."""

import os
import re
from pathlib import Path, PurePosixPath
from typing import Final

from sharinghub_ext.pull.errors import PullError

MANIFEST: Final = ".sharinghub-pull.json"
PART: Final = ".sharinghub-part"
_ODD: Final = re.compile(r"[\x00-\x1f\x7f\\:]")
_TAKEN: Final = frozenset({".git", MANIFEST})


class Target:
    """A folder, made where there is none."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PullError(2, f"{folder} cannot be made: {error.strerror}") from error
        self.folder = folder.resolve()

    def place(self, path: str) -> Path:
        """Where a file of this path lies; its folders are made. Raises PullError for a path that leads elsewhere."""
        parts = PurePosixPath(path).parts
        written = path.split("/")
        if path.startswith("/") or list(parts) != written or ".." in parts or _ODD.search(path):
            raise PullError(1, f"{path!r} is no path of a file below a folder: it is left out")
        if any(one.casefold() in _TAKEN or one.endswith(PART) for one in parts):
            raise PullError(1, f"{path!r} has a name that is not written: it is left out")
        place = self.folder.joinpath(*parts)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PullError(2, f"{path}: its folder cannot be made: {error.strerror}") from error
        if place.parent.resolve() != place.parent or place.is_symlink():
            raise PullError(2, f"{path} lies behind a link: remove that first")
        if place.is_dir():
            raise PullError(2, f"{path} is a folder here: remove that first")
        return place

    def write(self, name: str, data: bytes) -> None:
        """Replace a file of the folder as a whole."""
        part = self.folder / f"{name}{PART}"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / name)

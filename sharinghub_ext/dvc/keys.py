"""Which objects a DVC remote has: the three shapes of key that DVC writes, and no other address.

- `files/md5/ab/…` holds the bytes whose MD5 the key is (DVC 3);
- the same with the ending `.dir` holds the manifest of a directory, a JSON list, under the MD5 of its bytes;
- `ab/…`, with or without `.dir`, is DVC 2's: the MD5 of the bytes, or of a text with its line ends as in Unix.

An object belongs to the project under whose id it was uploaded, and is never looked up for another one.
Source: https://dvc.org/doc/user-guide/project-structure/internal-files#structure-of-the-cache-directory
"""

import re
from dataclasses import dataclass
from typing import Final

_KEY: Final = re.compile(r"(files/md5/)?([0-9a-f]{2})/([0-9a-f]{30})(\.dir)?", re.ASCII)
_PROJECT: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_MD5: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """The key of one object: an MD5 in hex, whether it is a directory's manifest, and whether it is DVC 2's."""

    md5: str
    directory: bool = False
    legacy: bool = False

    def __post_init__(self) -> None:
        if not _MD5.fullmatch(self.md5):
            raise ValueError("an MD5 has 32 hexadecimal digits in lower case")

    @property
    def text(self) -> str:
        """The key as it stands in addresses and stores."""
        folder = "" if self.legacy else "files/md5/"
        return f"{folder}{self.md5[:2]}/{self.md5[2:]}{'.dir' if self.directory else ''}"


@dataclass(frozen=True, slots=True)
class ObjectName:
    """One object of one project: what every store is asked for."""

    project_id: int
    key: ObjectKey

    def __post_init__(self) -> None:
        if self.project_id < 1:
            raise ValueError("project ids begin at 1")

    @property
    def text(self) -> str:
        """`{project id}/{key}`, below the prefix of the store: SharingHub's layout."""
        return f"{self.project_id}/{self.key.text}"


def parse_key(text: str) -> ObjectKey | None:
    """The key that an address names, None where DVC writes no such key."""
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    folder, first, rest, ending = match.groups()
    return ObjectKey(first + rest, directory=ending is not None, legacy=folder is None)


def parse_project(text: str) -> int | None:
    """The id of a project that an address names, None where it is none."""
    return int(text) if _PROJECT.fullmatch(text) else None


def parse_name(project_id: str, key: str) -> ObjectName | None:
    """The object that an address names, None where there can be none."""
    parsed, project = parse_key(key), parse_project(project_id)
    return None if parsed is None or project is None else ObjectName(project, parsed)

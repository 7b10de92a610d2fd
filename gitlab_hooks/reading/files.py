"""What a repository holds at one commit: its files with sizes and Git LFS objects, its card, and the texts that say
something about the project; with few calls, and none for blobs that were read before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from gitlab_hooks.gateway.blobs import PATHS_A_CALL, BlobFacts
from gitlab_hooks.gateway.errors import NotFound
from gitlab_hooks.gateway.service import ServiceClient
from gitlab_hooks.reading.lfs import MAX_POINTER_BYTES, parse_pointer, tracked_by
from gitlab_hooks.reading.memory import BlobMemory
from stac_ext.model import FileText, RepositoryFile
from stac_ext.sources import MAX_TEXT_BYTES, wanted_texts

MAX_FILES: Final = 20_000
MAX_README_BYTES: Final = 1024 * 1024
MAX_SIZED: Final = 10 * PATHS_A_CALL
MAX_POINTERS: Final = 50
SMALL_TEXT: Final = 32 * 1024
_README = re.compile(r"readme(\.(md|markdown|rst|txt))?", re.IGNORECASE)
_README_ORDER = (".md", ".markdown", "", ".rst", ".txt")
_ATTRIBUTES = ".gitattributes"


@dataclass(frozen=True, slots=True)
class Readme:
    """The card: its path and its bytes, or only the first of them."""

    path: str
    data: bytes | None = None
    truncated: bool = False


class FileReader:
    """Reads one repository at one commit."""

    def __init__(self, client: ServiceClient, memory: BlobMemory, project_id: int, sha: str) -> None:
        self._client = client
        self._memory = memory
        self._project_id = project_id
        self._sha = sha

    def files(self) -> tuple[RepositoryFile, ...]:
        """At most MAX_FILES files by path; sizes of those in Git LFS and of the nearest others."""
        found: list[RepositoryFile] = []
        try:
            for entry in self._client.tree(self._project_id, self._sha):
                if entry.get("type") == "blob" and entry.get("mode") != "120000" and _addressable(str(entry["path"])):
                    found.append(RepositoryFile(str(entry["path"]), str(entry["id"])))
                if len(found) >= MAX_FILES:
                    break
        except NotFound:
            return ()  # GitLab's answer for a tree without entries
        return self._sized(sorted(found, key=lambda file: file.path))

    def readme(self, files: Sequence[RepositoryFile]) -> Readme | None:
        """The card, as far as its limit goes."""
        found = [file for file in files if "/" not in file.path and _README.fullmatch(file.path)]
        file = min(found, key=lambda one: (_README_ORDER.index(one.path[6:].lower()), one.path), default=None)
        if file is None:
            return None
        text = self._text(file, MAX_README_BYTES)
        return Readme(file.path, text.data, text.truncated) if text else Readme(file.path)

    def texts(self, files: Sequence[RepositoryFile]) -> dict[str, FileText]:
        """The other files that say something, by path; small ones many at a time."""
        by_path = {file.path: file for file in files}
        wanted = wanted_texts(files)
        small = [path for path, most in wanted if self._is_small(by_path[path], most)]
        for start in range(0, len(small), PATHS_A_CALL):
            some = small[start : start + PATHS_A_CALL]
            for path, data in self._client.small_texts(self._project_id, self._sha, some).items():
                if path in by_path:
                    self._keep(by_path[path], MAX_TEXT_BYTES, FileText(data))
        found = {path: self._text(by_path[path], most) for path, most in wanted}
        return {path: text for path, text in found.items() if text is not None}

    def _is_small(self, file: RepositoryFile, most: int) -> bool:
        fits = file.size is not None and file.size <= SMALL_TEXT and most >= MAX_TEXT_BYTES
        return fits and self._memory.get(self._project_id, file.blob_id, _kind(MAX_TEXT_BYTES)) is None

    def _text(self, file: RepositoryFile, most: int) -> FileText | None:
        known = self._memory.get(self._project_id, file.blob_id, _kind(most))
        if known is None and file.size is not None and file.size <= min(most, MAX_TEXT_BYTES):
            known = self._memory.get(self._project_id, file.blob_id, _kind(MAX_TEXT_BYTES))
        if isinstance(known, FileText):
            return known
        try:
            text = FileText(*self._client.raw_file(self._project_id, file.path, self._sha, most))
        except NotFound:  # the listing names what the file route does not find: costs the text, not the project
            return None
        self._keep(file, most, text)
        return text

    def _keep(self, file: RepositoryFile, most: int, text: FileText) -> None:
        self._memory.put(self._project_id, file.blob_id, _kind(most), text, len(text.data))

    def _sized(self, files: list[RepositoryFile]) -> tuple[RepositoryFile, ...]:
        attributes = next((file for file in files if file.path == _ATTRIBUTES), None)
        text = self._text(attributes, MAX_TEXT_BYTES) if attributes else None
        tracked = tracked_by(text.data) if text else lambda path: False
        nearest = sorted(files, key=lambda file: (not tracked(file.path), file.path.count("/"), file.path))[:MAX_SIZED]
        known = {file.path: self._memory.get(self._project_id, file.blob_id, "facts") for file in nearest}
        unknown = [file for file in nearest if known[file.path] is None]
        for start in range(0, len(unknown), PATHS_A_CALL):
            some = unknown[start : start + PATHS_A_CALL]
            facts = self._client.blob_facts(self._project_id, self._sha, [file.path for file in some])
            if facts is None:
                pointers = [file for file in unknown if tracked(file.path)][:MAX_POINTERS]
                known |= {file.path: self._pointer(file) for file in pointers}
                break
            for file in some:
                one = facts.get(file.path)
                if one is not None and one.blob_id == file.blob_id:
                    known[file.path] = one
                    self._memory.put(self._project_id, file.blob_id, "facts", one, 100)
        return tuple(_with(file, known.get(file.path)) for file in files)

    def _pointer(self, file: RepositoryFile) -> BlobFacts | None:
        """What GraphQL would have said of a file that is said to be in Git LFS."""
        try:
            data, _ = self._client.raw_file(self._project_id, file.path, self._sha, MAX_POINTER_BYTES)
        except NotFound:
            return None
        found = parse_pointer(data)
        return BlobFacts(file.blob_id, found[1], found[0]) if found else None


def _with(file: RepositoryFile, facts: BlobFacts | None) -> RepositoryFile:
    return replace(file, size=facts.size, lfs_sha256=facts.lfs_sha256) if facts else file


def _kind(most: int) -> str:
    return f"text of at most {most} bytes"


def _addressable(path: str) -> bool:
    """Whether a path may stand in a URL: control characters in it are cut out, or worse, on the way."""
    return all(ord(char) >= 0x20 and ord(char) != 0x7F for char in path)

"""A checkout as the index would read it at GitLab: the same questions, answered from the files of a folder.

A file in Git LFS is one whose content is a pointer, or for which git keeps one; its content is that of the working
tree, else the object that Git LFS keeps, else not known.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, cast

from gitlab_hooks.gateway.blobs import BlobFacts
from gitlab_hooks.gateway.ends import Wanted
from gitlab_hooks.gateway.errors import NotFound
from gitlab_hooks.gateway.service import ServiceClient
from gitlab_hooks.reading.lfs import MAX_POINTER_BYTES, parse_pointer, tracked_by
from sharinghub_ext.lint.folder import Folder, Found, tracked_files, walked_files
from sharinghub_ext.lint.git import Git
from stac_ext.model import FileEnds

_CHUNK = 1024 * 1024


class Checkout:
    """Answers for one folder what GitLab would answer for a project; ids and revisions that are asked for are ignored.

    As in GitLab, a file in Git LFS has its pointer as its raw content, and its own content by its ends.
    """

    def __init__(self, folder: Folder, git: Git | None) -> None:
        self._folder = folder
        self._objects = git.lfs_objects() if git else None
        found = tracked_files(folder, git) if git else walked_files(folder)
        self._files: dict[str, Found] = {}
        for file in found:
            self._files.setdefault(file.path, file)
        self._pointers = git.pointers(self._differing()) if git else {}
        self._tracked = tracked_by(self._read(".gitattributes", 256 * 1024)) if git is None else lambda path: False
        self._lfs: dict[str, tuple[str, int] | None] = {}

    @property
    def as_gitlab(self) -> ServiceClient:
        """This in the place of the client that the index reads with: what asks for files finds the same methods."""
        return cast("ServiceClient", self)

    def __len__(self) -> int:
        return len(self._files)

    def tree(self, project_id: int, ref: str) -> Iterator[dict[str, Any]]:
        """Every file. The ids are of the paths: in one run a file has one content."""
        for path in self._files:
            yield {"type": "blob", "mode": "100644", "path": path, "id": _id(path)}

    def raw_file(self, project_id: int, path: str, ref: str, max_bytes: int) -> tuple[bytes, bool]:
        """The first bytes of what git would commit, and whether there are more. Raises NotFound."""
        if path not in self._files:
            raise NotFound("the checkout has no such file")
        if lfs := self._lfs_of(path):
            pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{lfs[0]}\nsize {lfs[1]}\n".encode()
            return pointer[:max_bytes], len(pointer) > max_bytes
        try:
            with self._folder.opened(self._files[path].name) as file:
                data = file.read(max_bytes + 1)
        except OSError:
            raise NotFound("the file cannot be read") from None
        return data[:max_bytes], len(data) > max_bytes

    def small_texts(self, project_id: int, ref: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """None: each file is read by itself."""
        return {}

    def blob_facts(self, project_id: int, ref: str, paths: Sequence[str]) -> dict[str, BlobFacts]:
        """Sizes and Git LFS objects, by path."""
        found = {}
        for path in paths:
            if path in self._files:
                lfs = self._lfs_of(path)
                size = lfs[1] if lfs else self._files[path].size
                found[path] = BlobFacts(_id(path), size, lfs[0] if lfs else None)
        return found

    def ends(self, project_id: int, path: str, ref: str, wanted: Wanted) -> FileEnds | None:
        """The ends as GitLab would send them: it honours ranges for files in Git LFS only. Raises NotFound."""
        if path not in self._files:
            raise NotFound("the checkout has no such file")
        lfs = self._lfs_of(path)
        try:
            if lfs is None:
                with self._folder.opened(self._files[path].name) as file:
                    return _ends(file, wanted, ranges=False)
            if self._files[path].size == lfs[1]:
                with self._folder.opened(self._files[path].name) as file:
                    return _ends(file, wanted, ranges=True)
            if self._objects is None:
                return None
            with Folder(self._objects).opened(os.path.join(lfs[0][:2], lfs[0][2:4], lfs[0])) as file:
                return _ends(file, wanted, ranges=True)
        except OSError:
            return None

    def _differing(self) -> list[str]:
        """The blobs of files that cannot be as they are in git's index, if what it holds is a pointer."""
        return [file.blob_id for file in self._files.values() if file.blob_id and file.size != 0]

    def _lfs_of(self, path: str) -> tuple[str, int] | None:
        """SHA-256 and size of the object, None for a file that is not in Git LFS."""
        if path not in self._lfs:
            self._lfs[path] = self._find_lfs(self._files[path])
        return self._lfs[path]

    def _find_lfs(self, file: Found) -> tuple[str, int] | None:
        if file.size is not None and file.size <= MAX_POINTER_BYTES:
            found = parse_pointer(self._read(file.path, MAX_POINTER_BYTES))
            if found:
                return found
        kept = parse_pointer(self._pointers.get(file.blob_id or "", b""))
        if kept and file.size in (None, kept[1]):
            return kept
        if (kept or self._tracked(file.path)) and file.size:
            return self._hash(file)
        return None

    def _hash(self, file: Found) -> tuple[str, int] | None:
        digest, size = hashlib.sha256(), 0
        try:
            with self._folder.opened(file.name) as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except OSError:
            return None
        return digest.hexdigest(), size

    def _read(self, path: str, most: int) -> bytes:
        try:
            with self._folder.opened(self._files[path].name) as file:
                return file.read(most)
        except (OSError, KeyError):
            return b""


def _id(path: str) -> str:
    return hashlib.sha1(path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _ends(file: BinaryIO, wanted: Wanted, *, ranges: bool) -> FileEnds:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    whole = max(wanted.whole, wanted.head + wanted.tail)
    if size <= whole:
        data = file.read(whole)
        return FileEnds(data, size=len(data), whole=True)
    head, tail = file.read(wanted.head), b""
    if wanted.tail and (ranges or size <= wanted.through):
        file.seek(size - wanted.tail)
        tail = file.read(wanted.tail)
    return FileEnds(head, tail, size)

"""Which large files are looked into, and how far: the first and last bytes of some, all of a small model graph; never
more than a project's share of memory and traffic.
"""

from collections.abc import Sequence
from typing import Final

from gitlab_hooks.gateway.ends import Wanted
from gitlab_hooks.gateway.errors import AccessDenied, GitLabUnavailable, NotFound
from gitlab_hooks.gateway.service import ServiceClient
from gitlab_hooks.reading.memory import BlobMemory
from stac_ext.model import FileEnds, RepositoryFile
from stac_ext.sources import HEAD_BYTES, MAX_WHOLE_BYTES, TAIL_BYTES, wanted_ends

MAX_HELD: Final = 128 * 1024 * 1024
READ_THROUGH: Final = 16 * 1024 * 1024
MAX_READ_THROUGH: Final = 8
_WHOLE = (".onnx",)
_TAILED = (".parquet", ".geoparquet", ".tif", ".tiff")


def read_ends(
    client: ServiceClient, memory: BlobMemory, project_id: int, sha: str, files: Sequence[RepositoryFile]
) -> tuple[dict[str, FileEnds], bool]:
    """The ends by path, and whether all of them could be read: one file in trouble costs no other."""
    by_path = {file.path: file for file in files}
    found: dict[str, FileEnds] = {}
    complete, held, through = True, 0, MAX_READ_THROUGH
    for path in wanted_ends(files):
        file = by_path[path]
        ends = memory.get(project_id, file.blob_id, "ends")
        if not isinstance(ends, FileEnds):
            wanted = _wanted(path, MAX_HELD - held, may_read_through=through > 0)
            if held + wanted.head + wanted.tail > MAX_HELD:
                break
            through -= wanted.through > 0
            try:
                ends = client.ends(project_id, path, sha, wanted)
            except (NotFound, AccessDenied):
                continue
            except GitLabUnavailable:
                complete = False
                continue
            if ends is None:
                continue
            memory.put(project_id, file.blob_id, "ends", ends, len(ends.head) + len(ends.tail))
        found[path] = ends
        held += len(ends.head) + len(ends.tail)
    return found, complete


def _wanted(path: str, room: int, *, may_read_through: bool) -> Wanted:
    name = path.lower()
    if name.endswith(_WHOLE):
        return Wanted(HEAD_BYTES, whole=MAX_WHOLE_BYTES if room >= MAX_WHOLE_BYTES else 0)
    if name.endswith(_TAILED):
        return Wanted(HEAD_BYTES, TAIL_BYTES, through=READ_THROUGH if may_read_through else 0)
    return Wanted(HEAD_BYTES)

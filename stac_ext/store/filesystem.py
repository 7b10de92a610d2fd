"""Is a folder on another machine's disk? SQLite's write-ahead log needs shared memory, which no such disk has."""

import re
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gpfs", "beegfs"}
    | {"fuse.sshfs", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.davfs", "fuse.rclone"}
    | {"fuse.gcsfuse", "fuse.goofys", "fuse.blobfuse", "fuse.blobfuse2", "fuse.juicefs", "davfs", "gfs2", "ocfs2"}
)


def network_filesystem(folder: Path) -> str | None:
    """The type of the network file system that holds `folder`, None for a local one or where Linux does not tell.

    Source: https://www.kernel.org/doc/html/latest/filesystems/proc.html (mountinfo)
    """
    try:
        mounts = _MOUNTS.read_text(errors="replace")
    except OSError:
        return None
    kind = filesystem_type(mounts, folder.resolve())
    return kind if kind in _NETWORK else None


def filesystem_type(mounts: str, folder: Path) -> str | None:
    """The type of the mount that `folder` lies on: the longest mount point above it, the last of equal ones."""
    best: tuple[int, str] | None = None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        if (folder == point or point in folder.parents) and (best is None or len(point.parts) >= best[0]):
            best = (len(point.parts), after.split(" ")[0])
    return best[1] if best else None

"""What a Git LFS pointer file says. Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"""

from __future__ import annotations

_POINTER = b"version https://git-lfs.github.com/spec/v1"


def lfs_pointer(oid: str, size: int) -> bytes:
    """The pointer to an object of `size` bytes with this SHA-256."""
    return _POINTER + f"\noid sha256:{oid}\nsize {size}\n".encode()


def lfs_oid(data: bytes) -> str | None:
    """The object name in a pointer file."""
    if not data.startswith(_POINTER):
        return None
    return next((row[11:].decode() for row in data.split(b"\n") if row.startswith(b"oid sha256:")), None)


def lfs_size(data: bytes) -> int | None:
    """The size of the object that a pointer file names, in bytes."""
    rows = data.split(b"\n") if data.startswith(_POINTER) else []
    return next((int(row[5:]) for row in rows if row.startswith(b"size ") and row[5:].isdigit()), None)

"""The kinds of place where objects are kept, as those who run the hub look into them: without the hub."""

import secrets
from pathlib import Path
from typing import Protocol

from sharinghub_ext.dvc.local import PARTS
from tests.support.s3 import BUCKET, S3Server

_BESIDE = ".sha256"


class Place(Protocol):
    """Objects by their keys, `<project id>/…`."""

    url: str

    def keys(self) -> list[str]:
        """Every object, and what is beside some of them."""
        ...

    def parts(self) -> list[str]:
        """Every upload that is under way or abandoned."""
        ...

    def read(self, key: str) -> bytes: ...

    def write(self, key: str, data: bytes, sha256: str | None = None) -> None:
        """Put an object there, or change one, with this SHA-256 on record."""
        ...

    def remove(self, key: str) -> None: ...

    def sha256(self, key: str) -> str | None:
        """What is on record for an object."""
        ...

    def version(self, key: str) -> object:
        """Differs once the object was written again."""
        ...


class Folder:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = f"file://{root}"

    def keys(self) -> list[str]:
        files = (str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())
        return sorted(one for one in files if not one.startswith(PARTS))

    def parts(self) -> list[str]:
        return [one.name for one in (self.root / PARTS).iterdir()]

    def read(self, key: str) -> bytes:
        return (self.root / key).read_bytes()

    def write(self, key: str, data: bytes, sha256: str | None = None) -> None:
        path, beside = self.root / key, self.root / f"{key}{_BESIDE}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        beside.write_text(sha256) if sha256 else beside.unlink(missing_ok=True)

    def remove(self, key: str) -> None:
        (self.root / key).unlink()
        (self.root / f"{key}{_BESIDE}").unlink(missing_ok=True)

    def sha256(self, key: str) -> str | None:
        beside = self.root / f"{key}{_BESIDE}"
        return beside.read_text().strip() if beside.exists() else None

    def version(self, key: str) -> object:
        status = (self.root / key).stat()
        return status.st_ino, status.st_mtime_ns


class Bucket:
    """A prefix of its own in the bucket of an S3 server."""

    def __init__(self, server: S3Server) -> None:
        self.server = server
        self.prefix = f"{secrets.token_hex(4)}/"
        self.url = server.url(self.prefix)
        self._client = server.client()

    def keys(self) -> list[str]:
        return sorted(key.removeprefix(self.prefix) for key in self.server.keys(self.prefix))

    def parts(self) -> list[str]:
        return self.server.uploads(self.prefix)

    def read(self, key: str) -> bytes:
        return self.server.read(self.prefix + key)

    def write(self, key: str, data: bytes, sha256: str | None = None) -> None:
        told = {"sha256": sha256} if sha256 else {}
        self._client.put_object(Bucket=BUCKET, Key=self.prefix + key, Body=data, Metadata=told)

    def remove(self, key: str) -> None:
        self._client.delete_object(Bucket=BUCKET, Key=self.prefix + key)

    def sha256(self, key: str) -> str | None:
        found = self._client.head_object(Bucket=BUCKET, Key=self.prefix + key)
        beside = f"{key}{_BESIDE}"
        kept: str | None = found["Metadata"].get("sha256")
        return kept or (self.read(beside).decode().strip() if beside in self.keys() else None)

    def version(self, key: str) -> object:
        return self._client.head_object(Bucket=BUCKET, Key=self.prefix + key)["Metadata"]

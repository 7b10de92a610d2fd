"""Which files of a repository are read for what they say, and how much of each: the rest is known by name only."""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from stac_ext.model import RepositoryFile

MAX_TEXTS: Final = 500
MAX_TEXT_BYTES: Final = 256 * 1024
MAX_LOCK_BYTES: Final = 4 * 1024 * 1024
MAX_ENDS: Final = 50
HEAD_BYTES: Final = 256 * 1024
TAIL_BYTES: Final = 64 * 1024
MAX_WHOLE_BYTES: Final = 64 * 1024 * 1024

_LICENCE = re.compile(r"(licen[cs]e|copying)(\.(md|txt|rst))?", re.IGNORECASE)
_NAMES = frozenset({"MLmodel", "dvc.lock", "dvc.yaml"})
_PATHS = frozenset({"CITATION.cff", ".dvc/config", ".gitattributes"})
_ENDS = (".safetensors", ".onnx", ".tif", ".tiff", ".parquet", ".geoparquet")


def wanted_texts(files: Sequence[RepositoryFile]) -> list[tuple[str, int]]:
    """The paths of the files to read beside the README, and how many bytes of each at most; the nearest come first."""
    found = [file.path for file in files if _is_text(file)]
    nearest = sorted(found, key=lambda path: (path not in _PATHS, path.count("/"), path))
    return [
        (path, MAX_LOCK_BYTES if posixpath.basename(path) == "dvc.lock" else MAX_TEXT_BYTES)
        for path in nearest[:MAX_TEXTS]
    ]


def wanted_ends(files: Sequence[RepositoryFile]) -> list[str]:
    """The paths of the files whose first (and last) bytes tell what they hold; the nearest come first."""
    found = [file.path for file in files if file.path.lower().endswith(_ENDS)]
    return sorted(found, key=lambda path: (path.count("/"), path))[:MAX_ENDS]


def _is_text(file: RepositoryFile) -> bool:
    if file.lfs_sha256 is not None:
        return False
    name = posixpath.basename(file.path)
    if file.path in _PATHS or name in _NAMES or name.endswith(".dvc") or file.path.endswith("/.dvc/config"):
        return True
    return "/" not in file.path and _LICENCE.fullmatch(name) is not None

"""A folder that is there as a whole or not at all."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MARK: Final = ".sharinghub-export"


class FolderTaken(Exception):
    """The folder holds what no export has made."""


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, which takes its place when all has gone well, and else is removed.

    An earlier export there is replaced. Raises FolderTaken for a folder that holds anything else, OSError.
    """
    target = target.absolute()
    if target.exists() and not (target / MARK).exists() and (not target.is_dir() or any(target.iterdir())):
        raise FolderTaken(f"{target} holds something else than an export: name a folder of its own.")
    target.parent.mkdir(parents=True, exist_ok=True)
    suffix = secrets.token_hex(4)
    making, old = (target.with_name(f".{target.name}.{what}-{suffix}") for what in ("part", "old"))
    making.mkdir()
    try:
        (making / MARK).touch()
        yield making
        if target.exists():
            target.rename(old)
        making.rename(target)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)

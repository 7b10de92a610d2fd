"""What a pull brought, as JSON beside the files: from which item, which bytes, and what was not fetched.

The next pull into the folder knows by it which files are its own.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from sharinghub_ext.pull.fetching import Done
from sharinghub_ext.pull.planning import Plan
from sharinghub_ext.pull.target import MANIFEST, Target

_MOST: Final = 256 * 1024 * 1024


Known = dict[str, dict[str, Any]]


def known(target: Target) -> Known:
    """What is written of each file that earlier pulls brought, by path, or were about to bring (without a `sha256`);
    nothing where no manifest can be read.
    """
    place = target.folder / MANIFEST
    try:
        if place.is_symlink() or place.stat().st_size > _MOST:
            return {}
        told = json.loads(place.read_bytes())
        coming: Known = {str(path): {} for path in told.get("coming", ())}
        return coming | {str(path): dict(one) for path, one in told["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def begin(target: Target, hub: str, plan: Plan, before: Known) -> None:
    """Write down which files are about to come, so that a pull that is killed knows its own."""
    coming = [one.path for one in plan.files if one.path in before or not target.folder.joinpath(one.path).exists()]
    _write(target, hub, plan, before, sorted({*coming, *(path for path, one in before.items() if not one)}))


def write(target: Target, hub: str, plan: Plan, done: Iterable[Done], before: Known) -> None:
    """Write down what is here now: what came, and of what came before that which is still here."""
    _write(target, hub, plan, {**before, **{one.file.path: _file(one) for one in done}}, [])


def _write(target: Target, hub: str, plan: Plan, files: Known, coming: list[str]) -> None:
    here = {path: one for path, one in sorted(files.items()) if one and target.folder.joinpath(path).is_file()}
    told = {
        "hub": hub,
        "item": plan.item,
        "revision": plan.revision,
        "pulled": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "files": here,
        **({"coming": coming} if coming else {}),
        "elsewhere": list(plan.elsewhere),
        "missing": list(plan.missing),
    }
    target.write(MANIFEST, json.dumps(told, indent=1, ensure_ascii=False).encode() + b"\n")


def _file(one: Done) -> dict[str, Any]:
    checksum = {one.file.checksum[0]: one.file.checksum[1]} if one.file.checksum else {}
    return {"size": one.size, **checksum, "sha256": one.sha256, "source": one.file.address}

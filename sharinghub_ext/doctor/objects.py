"""Whether DVC data can be stored, and read again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from sharinghub_ext.config import SettingsError
from sharinghub_ext.doctor.finding import Finding, Situation, fault, good, skipped
from sharinghub_ext.dvc.building import object_place, open_objects
from sharinghub_ext.dvc.store import StoreFailure


def look_at_objects(situation: Situation) -> Iterator[Finding]:
    """Write a few bytes that belong to no project, read them, and remove them."""
    try:
        place = object_place(situation.settings)
        if isinstance(place, Path) and not place.exists():
            yield skipped(f"there is no folder {place} yet: the hub makes it when it starts")
            return
        tried = asyncio.run(_try_out(situation))
    except SettingsError as error:
        yield fault(str(error), "change SHARINGHUB_STORE_URL, or the folder that it names")
    except StoreFailure as error:
        yield fault(str(error), "see SHARINGHUB_STORE_URL, the credentials, and that they may write, read and delete")
    else:
        yield (
            good("written, read and removed")
            if tried
            else skipped("there is none: nothing is served under /dvc", "set SHARINGHUB_STORE_URL for DVC data")
        )


async def _try_out(situation: Situation) -> bool:
    store = open_objects(situation.settings, situation.clock)
    if store is None:
        return False
    try:
        await store.check()
        await store.try_out()
    finally:
        await store.close()
    return True

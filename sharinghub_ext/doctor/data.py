"""Whether the objects that the items of a project name are in the store."""

import asyncio
from collections.abc import Iterator

from sharinghub_ext.doctor.finding import Finding, Situation, fault, good, skipped, warning
from sharinghub_ext.doctor.store import opened
from sharinghub_ext.dvc.building import build_health, open_objects
from sharinghub_ext.dvc.health import Health
from stac_ext.store.evidence import EvidenceTable
from stac_ext.store.reader import CatalogueReader

_MOST = 20  # lines


def look_at_data(situation: Situation, project: str) -> Iterator[Finding]:
    """One finding for each object that is named and not there, of the newest state and the releases of a project."""
    with opened(situation) as database:
        number = int(project) if project.isdecimal() else EvidenceTable(database).project_at(project.strip("/"))
        reader = CatalogueReader(database)
        found = asyncio.run(_look(situation, reader, number)) if number is not None else None
    if number is None:
        yield fault(f"the index has no project {project}", "name it by its id, or by its path at GitLab")
    elif found is None:
        yield skipped("there is no store of DVC data", "set SHARINGHUB_STORE_URL for DVC data")
    elif not found.looked and not found.missing:
        yield skipped(f"no item of {project} names an object below {situation.public_url}/dvc")
    elif not found.missing:
        yield good(f"all {found.looked} objects that the items of {project} name are there")
    else:
        for one in found.missing[:_MOST]:
            items = ", ".join(one.items)
            yield fault(f"{one.path} ({one.key}) is not there, named by {items}", "dvc push, by somebody who has it")
        if len(found.missing) > _MOST:
            yield fault(f"{len(found.missing) - _MOST} more of {found.looked} are not there", "dvc push them, too")
    if found is not None and not found.whole:
        yield warning(f"the items of {project} name more than the {found.looked} objects that were looked for", "")


async def _look(situation: Situation, reader: CatalogueReader, number: int) -> Health | None:
    store = open_objects(situation.settings, situation.clock)
    if store is None:
        return None
    health = build_health(store, reader, situation.public_url, situation.clock)
    try:
        return await health.of(number)
    finally:
        await health.close()
        await store.close()

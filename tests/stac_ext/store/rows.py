"""Short ways to say what a project or an item in the store is."""

from typing import Any

from stac_ext.model import Visibility
from stac_ext.store.records import ProjectRecord, to_record
from stac_ext.store.writer import CatalogueWriter, Put


def stac_item(
    item_id: str, collection: str = "ai-model", updated: str = "2024-01-01T00:00:00Z", **members: Any
) -> dict[str, Any]:
    """The least of an item that the store looks at."""
    properties = {"datetime": updated, "updated": updated, **members.pop("properties", {})}
    return {"id": item_id, "collection": collection, "geometry": None, "properties": properties, **members}


def record(project_id: int, *items: dict[str, Any], **values: Any) -> ProjectRecord:
    found = items or (stac_item(str(project_id)),)
    return ProjectRecord(
        id=project_id,
        path=values.pop("path", f"group/project-{project_id}"),
        visibility=values.pop("visibility", Visibility.PUBLIC),
        fingerprint=values.pop("fingerprint", "1"),
        items=tuple(to_record(one) for one in found),
    )


def put(writer: CatalogueWriter, project_id: int, *items: dict[str, Any], **values: Any) -> Put:
    """Write a project as if it had been read just now."""
    return writer.put(record(project_id, *items, **values), began=2**60, now=0)

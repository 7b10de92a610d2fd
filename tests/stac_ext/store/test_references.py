"""Proves that references become links to what a viewer may see, and leave no trace of what they may not."""

import orjson

from stac_ext.model import ANONYMOUS, Viewer, Visibility
from stac_ext.query import parse_search
from stac_ext.references import Reference
from stac_ext.store.grants import GrantTable
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.records import ItemRecord, ProjectRecord, to_record
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put, stac_item

MEMBER = Viewer(Visibility.INTERNAL, "user:7")
SELF = {"rel": "self", "href": "x"}


def refer(writer: CatalogueWriter, *references: Reference) -> None:
    """Project 1, public, refers to others."""
    item = to_record(stac_item("1", links=[SELF]), references)
    writer.put(ProjectRecord(1, "a/one", Visibility.PUBLIC, "f", (item,)), began=2**60, now=0)


def links(reader: CatalogueReader, viewer: Viewer = ANONYMOUS) -> list[dict[str, str]]:
    """The links that reading the item, and searching for it, both give."""
    one = reader.item(viewer, "ai-model", "1")
    page = reader.search(viewer, parse_search(ids=["1"]))
    assert page.docs == (one,)
    found: list[dict[str, str]] = orjson.loads(page.docs[0])["links"]
    assert found[0] == SELF
    return found[1:]


def hrefs(reader: CatalogueReader, viewer: Viewer = ANONYMOUS) -> list[str]:
    return [link["href"] for link in links(reader, viewer)]


def test_a_reference_is_a_link_where_its_target_is_visible(
    reader: CatalogueReader, writer: CatalogueWriter, grants: GrantTable
) -> None:
    put(writer, 2, stac_item("2", "dataset"), path="a/two")
    put(writer, 3, stac_item("3", "dataset"), path="a/three", visibility=Visibility.PRIVATE)
    by_path, by_number = Reference("ml-model:train-data", path="a/two"), Reference("derived_from", project_id=3)
    refer(writer, by_path, by_number, Reference("derived_from", path="a/nothing"))
    two = {"rel": "ml-model:train-data", "href": "dataset/2", "type": "application/geo+json", "title": "a/two"}
    assert links(reader) == [two]
    grants.confirm("user:7", 7, "seven", False, 0)
    assert grants.replace("user:7", [3], began=2**60, now=1)
    assert hrefs(reader, MEMBER) == ["dataset/2", "dataset/3"]
    assert links(reader) == [two]


def test_a_hidden_target_and_a_missing_one_give_the_same_bytes(
    reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    refer(writer, Reference("derived_from", path="a/two"))
    missing = reader.item(ANONYMOUS, "ai-model", "1")
    put(writer, 2, stac_item("2", "dataset"), path="a/two", visibility=Visibility.INTERNAL)
    assert reader.item(ANONYMOUS, "ai-model", "1") == missing


def test_a_reference_follows_a_rename(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    put(writer, 2, stac_item("2", "dataset"), path="a/two")
    refer(writer, Reference("derived_from", path="a/two"))
    put(writer, 2, stac_item("2", "dataset"), path="b/moved", fingerprint="2")
    assert hrefs(reader) == ["dataset/2"]
    put(writer, 3, stac_item("3", "dataset"), path="a/two")
    assert hrefs(reader) == ["dataset/3"]


def test_data_is_meant_where_a_project_is_in_both_collections(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    put(writer, 2, stac_item("2", "dataset"), stac_item("2", "ai-model"), path="a/two")
    refer(
        writer,
        Reference("ml-model:train-data", project_id=2),
        Reference("derived_from", project_id=2),
        Reference("derived_from", project_id=2, collection="dataset"),
        Reference("derived_from", project_id=2, collection="tools"),
    )
    assert hrefs(reader) == ["dataset/2", "ai-model/2", "dataset/2"]


def version(tag: str, *beside: Reference, source: str = "s") -> ItemRecord:
    return to_record(stac_item(f"2@{tag}", links=[SELF]), beside, version=tag, source=source)


def test_versions_are_found_by_name_only_and_kept_as_they_were_built(
    reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    head = to_record(stac_item("2", links=[SELF]), (Reference("latest-version", project_id=2, version="v1"),))
    first = version("v1", Reference("derived_from", path="a/one"))
    writer.put(ProjectRecord(2, "a/two", Visibility.PUBLIC, "1", (head, first)), began=2**60, now=0)
    assert [orjson.loads(doc)["id"] for doc in reader.search(ANONYMOUS, parse_search()).docs] == ["2"]
    both = reader.search(ANONYMOUS, parse_search(ids=["2", "2@v1"]))
    assert [orjson.loads(doc)["id"] for doc in both.docs] == ["2", "2@v1"]
    assert orjson.loads(both.docs[0])["links"][1]["href"] == "ai-model/2@v1"
    assert reader.extent(ANONYMOUS, "ai-model").count == 1
    assert writer.versions(2, ["ai-model"]) == {"v1": "s"}
    assert writer.versions(2, ["ai-model", "dataset"]) == {}
    before = reader.item(ANONYMOUS, "ai-model", "2@v1")

    newer = version("v2", Reference("predecessor-version", project_id=2, version="v1"))
    kept = {"v1": {"ai-model": (Reference("successor-version", project_id=2, version="v2"),)}}
    changed = ProjectRecord(2, "a/two", Visibility.INTERNAL, "2", (head, newer), kept=kept)
    writer.put(changed, began=2**60, now=0)
    assert reader.item(ANONYMOUS, "ai-model", "2@v1") is None
    put(writer, 1, path="a/one")
    after = reader.item(Viewer(Visibility.INTERNAL), "ai-model", "2@v1")
    assert before is not None
    assert after is not None
    assert orjson.loads(after)["properties"] == orjson.loads(before)["properties"]
    found = [(link["rel"], link["href"]) for link in orjson.loads(after)["links"][1:]]
    assert found == [("derived_from", "ai-model/1"), ("successor-version", "ai-model/2@v2")]

    gone = ProjectRecord(2, "a/two", Visibility.PUBLIC, "3", (head,), kept={"v1": {}})
    writer.put(gone, began=2**60, now=0)
    assert reader.item(ANONYMOUS, "ai-model", "2@v2") is None
    assert reader.item(ANONYMOUS, "ai-model", "2@v1") is not None
    writer.put(ProjectRecord(2, "a/two", Visibility.PUBLIC, "4", (head,)), began=2**60, now=0)
    assert reader.item(ANONYMOUS, "ai-model", "2@v1") is None


def test_a_reference_to_a_version_falls_back_to_the_newest_state(
    reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    head, first = to_record(stac_item("2")), version("v1")
    writer.put(ProjectRecord(2, "a/two", Visibility.PUBLIC, "1", (head, first)), began=2**60, now=0)
    refer(
        writer,
        Reference("derived_from", path="a/two", version="v1"),
        Reference("derived_from", path="a/two", version="0f3c"),
        Reference("successor-version", project_id=2, version="v9"),
    )
    found = links(reader)
    assert [link["href"] for link in found] == ["ai-model/2@v1", "ai-model/2"]
    assert found[1]["sharinghub:revision"] == "0f3c"

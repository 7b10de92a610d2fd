"""Proves on both engines what is known of one user and one item, and that any name at all is only not found."""

import pytest

from stac_ext.model import Visibility
from stac_ext.store.database import Database
from stac_ext.store.evidence import AskedItem, EvidenceTable, asked_item
from stac_ext.store.grants import GrantTable
from stac_ext.store.inbox import Inbox
from stac_ext.store.writer import CatalogueWriter
from tests.stac_ext.store.rows import put, stac_item

COLLECTIONS = ("ai-model", "dataset")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("42", AskedItem("42", item_id="42")),
        ("42@v1.0", AskedItem("42@v1.0", item_id="42@v1.0")),
        ("ai-model/42", AskedItem("ai-model/42", item_id="42", collection="ai-model")),
        ("dataset/42@v/1", AskedItem("dataset/42@v/1", item_id="42@v/1", collection="dataset")),
        ("other/42", AskedItem("other/42", path="other/42")),
        ("ai-model/sub/42", AskedItem("ai-model/sub/42", path="ai-model/sub/42")),
        ("/group/project/", AskedItem("/group/project/", path="group/project")),
        ("042", AskedItem("042", path="042")),
        ("-1", AskedItem("-1", path="-1")),
    ],
)
def test_how_an_item_is_named(text: str, meant: AskedItem) -> None:
    assert asked_item(text, COLLECTIONS) == meant


def test_what_is_known(database: Database, writer: CatalogueWriter, grants: GrantTable, inbox: Inbox) -> None:
    table = EvidenceTable(database)
    both = [stac_item("1", one) for one in COLLECTIONS]
    put(writer, 1, *both, visibility=Visibility.PRIVATE, path="Group/Sub/One")
    grants.confirm("user:7", 7, "Seven", False, now=5)
    grants.confirm("token:x", 7, "Seven", True, now=6)
    assert grants.replace("user:7", [1], began=database.seq(), now=5)
    for text in ("1", "group/SUB/one"):
        for user in ("seven", "SEVEN", "7"):
            known = table.gather(asked_item(text, COLLECTIONS), user)
            assert known.project is not None
            assert (known.project_id, known.project.path, known.project.visibility) == (1, "group/sub/one", 2)
            assert known.project.places == (("ai-model", "1"), ("dataset", "1"))
            holds = {one.principal.key: (one.granted, one.unasked) for one in known.holds}
            assert list(holds.items()) == [("user:7", (True, False)), ("token:x", (False, True))]
    assert table.gather(asked_item("dataset/1", COLLECTIONS), "7").project is not None
    put(writer, 1, both[0], visibility=Visibility.PRIVATE, path="group/two", fingerprint="2")
    by_old_path = table.gather(asked_item("group/sub/one", COLLECTIONS), "7").project
    assert by_old_path is not None
    assert (by_old_path.path, by_old_path.collections) == ("group/two", ("ai-model",))
    gone = table.gather(asked_item("dataset/1", COLLECTIONS), "7").project
    assert gone is not None
    assert gone.places == ()
    for number, scope in enumerate(("project:1", "below:GROUP", "below:group/two", "project:10", "below:gr")):
        inbox.receive(str(number), scope, scope, (), number)
    waiting = table.gather(asked_item("1", COLLECTIONS), "nobody").waiting
    assert [one.event for one in waiting] == ["project:1", "below:GROUP"]


@pytest.mark.parametrize(
    "odd", ["\0", "", "9" * 18, "9" * 19, "9" * 40, "²", "%", "_", "'", "é/\0", "\ud800", "x" * 5000]
)
def test_any_name_is_only_not_found(database: Database, writer: CatalogueWriter, odd: str) -> None:
    put(writer, 1)
    table = EvidenceTable(database)
    for text, user in ((odd, "seven"), ("1", odd), (odd, odd)):
        assert table.gather(asked_item(text, COLLECTIONS), user).holds == ()
    assert table.project_at(odd) is None

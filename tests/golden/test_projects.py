"""That each golden project becomes exactly the items that were reviewed, and that these are valid.

Where a difference is meant: `python -m tests.golden.update`, and review what changed.
"""

import pytest

from stac_ext.item_assets import ITEM_ASSETS
from stac_ext.model import BuiltItem
from tests.golden.building import build, item_text, report_text
from tests.golden.loading import load, names
from tests.support.schemas import validator

NAMES = names()


@pytest.fixture(params=NAMES)
def golden(request: pytest.FixtureRequest) -> tuple[str, list[BuiltItem]]:
    return request.param, build(load(request.param))


def test_a_project_becomes_what_was_reviewed(golden: tuple[str, list[BuiltItem]]) -> None:
    name, built = golden
    folder = load(name).folder
    assert item_text(built) == (folder / "item.json").read_text("utf-8")
    assert report_text(built) == (folder / "report.txt").read_text("utf-8")


def test_its_items_are_valid(golden: tuple[str, list[BuiltItem]]) -> None:
    validate = validator()
    for one in golden[1]:
        assert validate(one.item, strict=True) == []


def test_collections_say_right_what_their_assets_are() -> None:
    """Unless its owner says otherwise, an asset of a key that collections tell of is as they tell it."""
    seen = set()
    for name in NAMES:
        for one in build(load(name)):
            for key in one.item["assets"].keys() & ITEM_ASSETS.keys():
                asset = one.item["assets"][key]
                told = {field: ITEM_ASSETS[key][field] for field in ("type", "roles")}
                if key == "README.md" and asset["roles"] != told["roles"]:
                    continue
                assert {field: asset[field] for field in told} == told, (name, key)
                seen.add(key)
    assert seen == ITEM_ASSETS.keys()


def test_there_are_at_least_sixty() -> None:
    assert len(NAMES) >= 60

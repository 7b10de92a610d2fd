"""Proves that an export holds what everybody may see, all of it, valid, and as a whole or not at all."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pystac
import pytest
from pyarrow import parquet
from stac_geoparquet.arrow import stac_table_to_items
from typer.testing import CliRunner, Result

from sharinghub_ext.cli import app
from sharinghub_ext.export import parquet as exporting
from sharinghub_ext.export import public, static
from sharinghub_ext.export.folder import FolderTaken, whole_folder
from tests.support.running import RunningHub, SampleWorld
from tests.support.schemas import validator

Export = Callable[..., Result]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleWorld, RunningHub]]:
    with SampleWorld(tmp_path_factory.mktemp("export")) as world, RunningHub(world.settings()) as hub:
        hub.sweep()
        yield world, hub


@pytest.fixture
def export(hub: tuple[SampleWorld, RunningHub], monkeypatch: pytest.MonkeyPatch) -> Export:
    world, running = hub
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", world.gitlab.url)
    monkeypatch.setenv("SHARINGHUB_DATABASE_URL", f"sqlite:///{world.folder}/hub.db")
    monkeypatch.setenv("SHARINGHUB_PUBLIC_URL", running.url)
    monkeypatch.setattr(public, "_PAGE", 3)
    return lambda *given: CliRunner().invoke(app, ["export", *map(str, given)])


def shown(hub: RunningHub) -> dict[tuple[str, str], dict[str, Any]]:
    """What a caller without a token sees."""
    found = hub.get("/stac/search", limit="1000").json()["features"]
    return {(one["collection"], one["id"]): one for one in found}


def test_the_static_catalogue_is_what_everybody_sees(
    hub: tuple[SampleWorld, RunningHub], export: Export, tmp_path: Path
) -> None:
    done = export(tmp_path / "out")
    assert done.exit_code == 0, done.output
    expected = shown(hub[1])
    catalogue = pystac.Catalog.from_file(str(tmp_path / "out" / "catalog.json"))
    items = {(item.collection_id, item.id): item for item in catalogue.get_items(recursive=True)}
    assert items.keys() == expected.keys()
    assert f"{len(items)} items" in done.output
    for key, item in items.items():
        wanted = expected[key]
        assert json.loads(json.dumps(item.to_dict(include_self_link=False)["properties"])) == wanted["properties"]
        assert item.get_parent() is not None
        links = {(link.rel, link.href) for link in item.links if link.rel == "canonical"}
        assert links == {("canonical", next(one["href"] for one in wanted["links"] if one["rel"] == "self"))}


def test_nothing_that_is_not_public_is_in_any_file(
    hub: tuple[SampleWorld, RunningHub], export: Export, tmp_path: Path
) -> None:
    world, running = hub
    assert export(tmp_path / "out").exit_code == 0
    public_ones = {item_id for _, item_id in shown(running)}
    hidden = {path for path, number in world.samples.projects.items() if str(number) not in public_ones}
    assert "earth/models/vessel-detection-sar" in hidden
    written = {path.parent.name for path in (tmp_path / "out").glob("*/*/*.json")}
    assert written == public_ones
    for file in (tmp_path / "out").rglob("*.json"):
        links = [link["href"] for link in json.loads(file.read_bytes())["links"]]
        for number in world.samples.projects.values():
            if str(number) not in public_ones:
                assert not [link for link in links if link.endswith(f"/{number}") or f"/{number}/" in link]


def test_every_document_is_valid_and_every_link_of_the_catalogue_leads_somewhere(
    export: Export, tmp_path: Path
) -> None:
    assert export(tmp_path / "out").exit_code == 0
    moved = tmp_path / "elsewhere"
    shutil.move(tmp_path / "out", moved)
    files = list(moved.rglob("*.json"))
    assert len(files) > 12
    for file in files:
        document = json.loads(file.read_bytes())
        for link in document["links"]:
            if link["href"].startswith("."):
                assert (file.parent / link["href"]).is_file(), link
        related = [link for link in document["links"] if link["rel"] == "derived_from"]
        assert all(link["href"].startswith("../../") for link in related)
    validate = validator()
    for file in files:
        assert validate(json.loads(file.read_bytes())) == [], file


def test_a_second_export_takes_the_place_of_the_first(export: Export, tmp_path: Path) -> None:
    assert export(tmp_path / "out").exit_code == 0
    (tmp_path / "out" / "stale.json").touch()
    assert export(tmp_path / "out").exit_code == 0
    assert not (tmp_path / "out" / "stale.json").exists()
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_somebody_else_is_left_alone(export: Export, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("years")
    done = export(tmp_path / "home")
    assert done.exit_code == 1
    assert "something else" in done.output
    assert [one.name for one in (tmp_path / "home").iterdir()] == ["thesis.tex"]


def test_what_ends_half_way_changes_nothing(export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert export(tmp_path / "out").exit_code == 0
    before = sorted(one.name for one in (tmp_path / "out").rglob("*"))

    def full(path: Path, document: dict[str, Any]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(static, "_write", full)
    done = export(tmp_path / "out")
    assert done.exit_code == 1
    assert "No space left" in done.output
    assert sorted(one.name for one in (tmp_path / "out").rglob("*")) == before
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderTaken), whole_folder(tmp_path / "file"):
        raise AssertionError("unreachable")


@pytest.mark.parametrize("most", [exporting.MAX_ASSET_COLUMNS, 3])
def test_geoparquet_gives_the_items_back(
    hub: tuple[SampleWorld, RunningHub], export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(exporting, "MAX_ASSET_COLUMNS", most)
    done = export(tmp_path / "out", "--format", "geoparquet")
    assert done.exit_code == 0, done.output
    expected, found = shown(hub[1]), {}
    for file in (tmp_path / "out").glob("*.parquet"):
        table = parquet.read_table(file)
        assert b"geo" in table.schema.metadata
        geometry = table.column("geometry")
        for item in stac_table_to_items(table.take(_placed(table))):
            found[item["collection"], item["id"]] = item
        nowhere = {
            str(one) for one, place in zip(table["id"].to_pylist(), geometry.to_pylist(), strict=True) if not place
        }
        assert nowhere == {key[1] for key, one in expected.items() if key[0] == file.stem and one["geometry"] is None}
        assert set(table["id"].to_pylist()) == {key[1] for key in expected if key[0] == file.stem}
    assert found
    for key, item in found.items():
        wanted = expected[key]
        assert item["properties"]["title"] == wanted["properties"]["title"]
        assert item["bbox"] == pytest.approx(wanted["bbox"])
        names = [one.get("sharinghub:key", name) for name, one in item["assets"].items()]
        assert set(names) == set(wanted["assets"])


def _placed(table: Any) -> list[int]:
    return [number for number, place in enumerate(table.column("geometry").to_pylist()) if place]


def test_properties_that_items_do_not_agree_on_are_texts() -> None:
    rows: list[dict[str, Any]] = [{"a": 1, "b": [1], "c": {}}, {"a": "x", "b": [2]}, {"a": None}]
    exporting._one_type_each(rows)
    assert rows == [{"a": "1", "b": [1], "c": "{}"}, {"a": '"x"', "b": [2]}, {"a": None}]

"""That the files of a project give its item a place and each asset valid fields."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

from stac_ext.headers.reading import HeaderFacts, read_headers, report_partial
from stac_ext.model import FileEnds, ProjectFacts, RepositoryFile, Visibility
from stac_ext.problem_log import ProblemLog
from tests.stac_ext.headers.files import ends_of, geo, geotiff, parquet
from tests.support.schemas import validator


def project(files: dict[str, bytes], others: tuple[str, ...] = ()) -> ProjectFacts:
    return ProjectFacts(
        id=42,
        path="group/fields",
        name="Fields",
        description="",
        web_url="https://gl.example/group/fields",
        visibility="public",
        effective_visibility=Visibility.PUBLIC,
        topics=("sharinghub:dataset",),
        created_at=datetime(2024, 5, 1, tzinfo=UTC),
        files=tuple(RepositoryFile(path, "0" * 40) for path in (*files, *others)),
        ends={path: ends_of(data) for path, data in files.items()},
    )


def read(files: dict[str, bytes]) -> tuple[HeaderFacts, list[tuple[str, str]]]:
    log = ProblemLog()
    told = read_headers(project(files), log)
    return told, [(problem.rule, problem.path) for problem in log.result()]


def errors(told: HeaderFacts) -> list[str]:
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": list(told.schemas),
        "id": "42",
        "geometry": told.spatial.geometry if told.spatial else None,
        "properties": {"datetime": "2024-05-01T00:00:00Z", **told.properties},
        "links": [],
        "assets": {path: {"href": "https://hub.example/a", **fields} for path, fields in told.assets.items()},
    }
    if told.spatial:
        item["bbox"] = told.spatial.bbox
    return validator()(item, strict=True)


GEOGRAPHIC = {1024: 2, 1025: 1, 2048: 4326}


def tile(west: float) -> bytes:
    return geotiff((10, 10), keys=GEOGRAPHIC, scale=(0.1, 0.1), tie=(0, 0, 0, west, 50, 0))


def test_two_tiles_make_one_place() -> None:
    told, problems = read({"a.tif": tile(0), "deep/b.TIFF": tile(1)})
    assert problems == []
    assert told.spatial is not None
    assert told.spatial.bbox == [0, 49, 2, 50]
    assert told.boxed == ("a.tif", "deep/b.TIFF")
    assert told.properties == {"proj:code": "EPSG:4326"}
    assert told.assets["a.tif"]["proj:shape"] == [10, 10]
    assert errors(told) == []


def test_tiles_on_both_sides_of_the_antimeridian() -> None:
    told, _ = read({"a.tif": tile(178), "b.tif": tile(179.5), "c.tif": tile(-179)})
    assert told.spatial is not None
    assert told.spatial.bbox == [178, 49, -178, 50]
    assert errors(told) == []


def test_images_and_tables_together() -> None:
    told, problems = read(
        {"a.tif": geotiff(), "b.parquet": parquet(geo(bbox=[3, 45, 3.01, 45.1])), "c.parquet": parquet()}
    )
    assert problems == []
    assert [schema.split("/")[-3] for schema in told.schemas] == ["projection", "table"]
    assert told.properties == {}
    assert set(told.assets) == {"a.tif", "b.parquet", "c.parquet"}
    assert errors(told) == []


def test_points_only() -> None:
    told, _ = read({"a.parquet": parquet(geo(bbox=[3, 45, 3, 45]))})
    assert told.spatial is not None
    assert told.spatial.geometry == {"type": "Point", "coordinates": [3.0, 45.0]}
    assert errors(told) == []


def test_what_cannot_be_read_is_told_for_its_file() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64
    told, problems = read(
        {"a.tif": b"<html>", "b.parquet": b"x" * 90, "c.tif": pointer, "d.csv": b"x", "e.tif": tile(0)}
    )
    assert problems == [("data-file", "a.tif"), ("data-file", "b.parquet")]
    assert told.boxed == ("e.tif",)


def test_nothing_at_hand() -> None:
    told, problems = read({})
    assert (told, problems) == (HeaderFacts(), [])
    log = ProblemLog()
    facts = project({})
    assert read_headers(facts, log).schemas == ()


def test_a_place_from_some_of_the_files_is_told() -> None:
    facts = project({"a.tif": tile(0)}, others=("b.tif",))
    log = ProblemLog()
    report_partial(facts, read_headers(facts, log), log)
    assert [problem.rule for problem in log.result()] == ["header-partial"]
    whole = project({"a.tif": tile(0)}, others=("b.csv",))
    log = ProblemLog()
    report_partial(whole, read_headers(whole, log), log)
    assert log.result() == ()


def test_ends_of_a_source_that_gives_only_the_head() -> None:
    facts = project({})
    data = parquet(geo(bbox=[0, 0, 1, 1]))
    log = ProblemLog()
    known = dataclasses.replace(facts, ends={"a.parquet": FileEnds(data[:100], size=len(data) + 10_000)})
    assert read_headers(known, log) == HeaderFacts()
    assert log.result() == ()

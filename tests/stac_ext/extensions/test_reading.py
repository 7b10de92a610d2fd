"""That the extensions a README uses become valid fields of its item, and that a broken one costs itself alone."""

from typing import Any

import pytest

from stac_ext.extensions.known import EXTENSIONS
from stac_ext.extensions.reading import read_asset_fields
from stac_ext.problem_log import ProblemLog
from tests.stac_ext.extensions.support import errors, item_of, read

EO = "https://stac-extensions.github.io/eo/v2.0.0/schema.json"
LABEL = "https://stac-extensions.github.io/label/v1.0.1/schema.json"

# A block as a README has it, and what of it the item says otherwise than written.
BLOCKS: dict[str, tuple[str, dict[str, Any]]] = {
    "eo": ("eo: {cloud_cover: 12.5, snow-cover: '0'}", {"eo:snow_cover": 0}),
    "sar": ("sar: {frequency_band: c, polarizations: [VV, VH, vv], looks_range: 4.0}", {"sar:looks_range": 4}),
    "sat": (
        "sat: {orbit_state: Ascending, anx_datetime: '2020-01-01T01:00:00+01:00', "
        "orbit_state_vectors: {'2020-01-01T00:00:00Z': [1, 2, 3, 4, 5, 6]}}",
        {"sat:anx_datetime": "2020-01-01T00:00:00Z", "sat:orbit_state": "ascending"},
    ),
    "view": ("view: {off_nadir: 3, sun_elevation: -5}", {}),
    "processing": (
        "processing: {level: L2A, software: {snap: 9}, datetime: '2020-01-01T00:00:00Z', "
        "expression: {format: gdal-calc, expression: [A+B]}}",
        {"processing:software": {"snap": "9"}},
    ),
    "proj": (
        "proj: {epsg: 32631, shape: [100, 200], transform: [10, 0, 500000, 0, -10, 5000000], "
        "centroid: {lat: 45, lon: 3}, bbox: [0, 0, 1, 1], geometry: {type: Point, coordinates: [500000, 5000000]}}",
        {"proj:code": "EPSG:32631", "proj:geometry": {"type": "Point", "coordinates": [500000, 5000000]}},
    ),
    "raster": (
        "raster: {sampling: area, scale: 0.0001, histogram: {count: 3, min: 0, max: 9, buckets: [1, 2, 3]}}",
        {},
    ),
    "grid": ("grid: {code: MGRS-35NKA}", {}),
    "label": (
        "label: {type: vector, properties: [crop], description: Fields, tasks: classification, "
        "classes: [{name: crop, classes: [wheat, 2, no]}], overviews: [{property_key: crop, counts: "
        "[{name: wheat, count: 5}], statistics: [{name: mean, value: 0.5}]}]}",
        {"label:tasks": ["classification"], "label:classes": [{"name": "crop", "classes": ["wheat", "2", "false"]}]},
    ),
    "classification": (
        "classification: {classes: [{value: 1, name: water, color_hint: '#0000ff'}], "
        "bitfields: [{offset: 0, length: 1, classes: [{value: 0, description: clear}]}]}",
        {
            "classification:classes": [{"value": 1, "name": "water", "color_hint": "0000FF", "description": "water"}],
        },
    ),
    "cube": (
        "cube:\n"
        "  dimensions:\n"
        "    x: {type: spatial, axis: x, extent: [0, 10], reference_system: 'EPSG:32631', step: null}\n"
        "    z: {type: spatial, axis: z, values: [0, 5, 10], unit: m}\n"
        "    t: {type: temporal, extent: ['2020-01-01T00:00:00Z', null], axis: t}\n"
        "    plots: {type: geometry, bbox: [0, 0, 1, 1], geometry_types: [polygon]}\n"
        "    spectral: {type: bands, values: [B02, B03]}\n"
        "  variables:\n"
        "    ndvi: {dimensions: [x, t], data_type: float32, nodata: nan, unit: '1'}\n",
        {},
    ),
    "table": (
        "table: {columns: [{name: id, type: int64}, {name: 2020}], row_count: 1000, primary_geometry: geom, "
        "tables: [{name: plots}]}",
        {"table:columns": [{"name": "id", "type": "int64"}, {"name": "2020"}]},
    ),
    "language": ("language: {code: fr, name: Français}\nlanguages: [{code: en-GB}]", {}),
    "themes": ("themes: [{scheme: https://a.example/s, concepts: [{id: water, url: https://a.example/w}]}]", {}),
    "version": ("deprecated: true\nexperimental: false", {"deprecated": True}),
}


def test_every_extension_that_the_hub_knows_has_an_example_here() -> None:
    assert {one.prefix for one in EXTENSIONS} == {*BLOCKS, "file"}


@pytest.mark.parametrize("prefix", BLOCKS)
def test_a_block_becomes_valid_fields(prefix: str) -> None:
    text, differs = BLOCKS[prefix]
    found, problems = read(text)
    assert problems == []
    assert (found.left, found.unread) == ({}, {})
    assert [schema.split("/")[-3] for schema in found.schemas] == [{one.prefix: one.name for one in EXTENSIONS}[prefix]]
    assert {key: found.values[key] for key in differs} == differs
    assert errors(found) == []


def test_the_dataset_of_the_incumbents_documentation() -> None:
    """Labels of rasters have no property; the classes are named by their values, so the names are not lost."""
    found, problems = read(
        "gsd: 0.3\nlabel:\n  type: vector\n  properties: null\n  description: Ground truth for two classes\n"
        "  classes:\n  - name: Other\n    classes: [0]\n  - name: Building\n    classes: [255]\n"
        "  tasks:\n    - Semantic Segmentation\n"
    )
    assert problems == []
    assert found.left == {"gsd": 0.3}
    assert found.values["label:properties"] is None
    assert found.values["label:classes"][1] == {"name": "Building", "classes": [255]}
    assert errors(found) == []


def test_labels_of_rasters() -> None:
    found, problems = read("label: {type: Raster, description: Mask, classes: [{name: null, classes: [0, 255]}]}")
    assert (problems, found.values["label:properties"]) == ([], None)
    assert errors(found) == []


@pytest.mark.parametrize(
    "text",
    [
        "extensions: {eo: https://stac-extensions.github.io/eo/v1.1.0/schema.json}\neo: {cloud_cover: 3}",
        "extensions: {eo: {cloud_cover: 3}}",
        "eo:cloud_cover: 3",
        "eo: {'eo:cloud_cover': 3}",
        "eo: {cloud_cover: 90}\neo:cloud_cover: 3",
        "extensions: {eo: null}\neo: {cloud-cover: 3}",
    ],
)
def test_the_notations_of_a_field(text: str) -> None:
    found, problems = read(text)
    assert (problems, found.values, found.left, found.unread) == ([], {"eo:cloud_cover": 3}, {}, {})


def test_an_address_of_something_else_is_not_read() -> None:
    fields = {"extensions": {"eo": "https://a.example/other.json", "x": "https://a.example/x.json"}, "eo": {"a": 1}}
    found, problems = read(fields)
    assert (found.schemas, found.left, problems) == ((), fields, [])


def test_extensions_that_are_left_to_others_stay() -> None:
    fields = {"sci": {"doi": "10.1/2"}, "mlm": {"name": "x"}, "table": "see below", "language": ["en"], "title": "T"}
    found, problems = read({**fields, "extensions": {"sci": "https://x.example/s.json", "eo": "/eo/"}})
    assert (found.values, problems) == ({}, [])
    assert found.left == {**fields, "extensions": {"sci": "https://x.example/s.json"}}


def test_what_is_meant_as_a_block_and_is_none_is_told() -> None:
    found, problems = read({"table": "see below"}, defaults=("table",))
    assert (found.left, problems) == ({"table": "see below"}, ["extension-block"])


def test_a_broken_field_costs_itself_alone() -> None:
    found, problems = read({"eo": {"cloud_cover": 101, "snow_cover": 3, "cloudiness": 1, "common_name": None}})
    assert found.values == {"eo:snow_cover": 3}
    assert found.unread == {"eo": {"cloud_cover": 101, "cloudiness": 1}}
    assert problems == ["extension-value", "extension-field"]
    assert errors(found) == []


def test_without_a_required_field_the_extension_is_left_out_whole() -> None:
    found, problems = read({"label": {"description": "Crops", "type": "vektor", "properties": ["crop"]}})
    assert (found.values, found.schemas) == ({}, ())
    assert found.unread == {"label": {"description": "Crops", "type": "vektor", "properties": ["crop"]}}
    assert problems == ["extension-value", "extension-incomplete"]


def test_fields_that_do_not_fit_together() -> None:
    found, problems = read(
        {
            "label": {
                "type": "vector",
                "properties": ["a"],
                "description": "d",
                "classes": [{"name": None, "classes": ["x"]}],
            },
            "cube": {"dimensions": {"t": {"type": "temporal", "extent": [None, None]}}, "variables": {"v": {}}},
        }
    )
    assert set(found.unread) == {"label", "cube"}
    assert problems == ["extension-value", "extension-value"]
    assert errors(found) == []
    found, problems = read(
        {"cube": {"dimensions": {"a": {"type": "x", "values": [1]}}, "variables": {"v": {"dimensions": ["b"]}}}}
    )
    assert list(found.values) == ["cube:dimensions"]
    assert problems == ["extension-value"]


def test_a_field_of_files_belongs_to_one() -> None:
    found, problems = read({"file": {"size": 3}})
    assert (found.values, found.unread, problems) == ({}, {"file": {"size": 3}}, ["extension-field"])


@pytest.mark.parametrize(
    "value",
    [
        {"type": "ProjectedCRS"},
        {"$schema": "x", "type": "GeographicCRS", "name": "", "datum": {}},
        [],
        "PROJCRS",
        {"a": "x" * 20_000},
    ],
)
def test_reference_systems_that_are_none(value: Any) -> None:
    found, problems = read({"proj": {"projjson": value, "wkt2": str(value)}})
    assert (found.values, problems) == ({}, ["extension-value"] * 2)


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:32631", "OGC:CRS84", "EPSG:7415"])
def test_reference_systems(code: str) -> None:
    from pyproj import CRS

    system = CRS(code)
    found, problems = read({"proj": {"projjson": system.to_json_dict(), "wkt2": system.to_wkt(), "code": code.lower()}})
    assert problems == []
    assert found.values["proj:code"].lower() == code.lower()
    assert errors(found) == []


def test_a_problem_names_its_line() -> None:
    log = ProblemLog(lines={"eo": 3, "eo.cloud_cover": 4})
    from stac_ext.extensions.reading import read_extensions

    read_extensions({"eo": {"cloud_cover": "much"}}, log)
    assert [(problem.line, problem.path) for problem in log.result()] == [(4, "README.md")]


# Bands


def test_bands_of_older_versions_become_those_of_stac_1_1() -> None:
    found, problems = read(
        "eo:\n  bands:\n  - {name: B04, common_name: Red, center_wavelength: 0.665}\n  - {name: B08}\n"
        "raster:bands:\n- {data_type: uint16, nodata: 0, scale: 0.0001}\n- {unit: '1', statistics: {mean: 5}}\n"
    )
    assert problems == []
    assert list(found.bands.bands) == [
        {
            "name": "B04",
            "eo:common_name": "red",
            "eo:center_wavelength": 0.665,
            "data_type": "uint16",
            "nodata": 0,
            "raster:scale": 0.0001,
        },
        {"name": "B08", "unit": "1", "statistics": {"mean": 5}},
    ]
    assert EO in found.schemas
    assert item_of(found)["assets"]["a"]["bands"] == item_of(found)["properties"]["bands"]
    assert errors(found) == []


def test_bands_without_an_image_are_kept_beside_the_item() -> None:
    found, problems = read({"bands": [{"name": "B04", "eo:common_name": "red"}], "eo": {"cloud_cover": 1}})
    assert problems == []
    log = ProblemLog()
    kept = found.without_bands(log)
    assert kept.unread == {"bands": [{"name": "B04", "eo:common_name": "red"}]}
    assert kept.schemas == (EO,)
    assert [problem.rule for problem in log.result()] == ["extension-bands"]
    assert errors(found, "text/csv") == []
    only, _ = read({"bands": [{"eo:common_name": "red"}]})
    assert only.without_bands(ProblemLog()).schemas == ()


@pytest.mark.parametrize(
    ("fields", "bands"),
    [
        ({"eo:bands": [{"name": "B04", "common_name": "rouge", "title": 3}]}, [{"name": "B04"}]),
        ({"eo:bands": ["B04"]}, []),
        ({"eo:bands": [{"name": "a"}], "raster:bands": [{}, {}]}, [{"name": "a"}]),
        ({"bands": [{"license": 3}]}, []),
    ],
)
def test_broken_bands(fields: dict[str, Any], bands: list[Any]) -> None:
    found, problems = read(fields)
    assert list(found.bands.bands) == bands
    assert set(problems) == {"extension-bands"}
    assert len(found.unread) == 1
    assert errors(found) == []


# Assets


def test_fields_of_an_asset() -> None:
    log = ProblemLog()
    entry = {
        "path": "a.tif",
        "file:size": 10,
        "proj:code": "EPSG:4326",
        "file:checksum": "zz",
        "eo:bands": [{"common_name": "red"}],
        "x:y": 1,
    }
    found = read_asset_fields(entry, log, "assets.0")
    assert found.properties() == {"file:size": 10, "proj:code": "EPSG:4326", "bands": [{"eo:common_name": "red"}]}
    assert found.left == {"path": "a.tif", "x:y": 1}
    assert found.unread == {"file:checksum": "zz"}
    assert [schema.split("/")[-3] for schema in found.schemas] == ["projection", "file", "eo"]
    assert [problem.rule for problem in log.result()] == ["extension-value"]


def test_a_list_of_extensions_is_told() -> None:
    fields: dict[str, Any] = {"extensions": ["https://stac-extensions.github.io/eo/v1.1.0/schema.json"]}
    found, problems = read({**fields, "eo": {"cloud_cover": 1}})
    assert (found.values, found.left, problems) == ({"eo:cloud_cover": 1}, fields, ["extension-list"])


def test_the_citation_extension_is_declared_for_those_who_read_it() -> None:
    found, _ = read({"extensions": {"sci": "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"}})
    assert found.left == {}

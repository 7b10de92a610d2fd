"""What the README of a project may hold: anything under every key that some part of the builder reads.

Half of the values are what belongs there or nearly so, since what is refused at once reaches little of the code.
"""

from typing import Any, Final

import yaml
from hypothesis import strategies as st

from stac_ext.extensions.known import EXTENSIONS
from stac_ext.items import described, extra
from stac_ext.ml import ml_model, mlm_declared
from tests.stac_ext.extensions.test_any_input import front_matters as extension_fields
from tests.stac_ext.extensions.test_reading import BLOCKS
from tests.stac_ext.ml import test_any_input as ml

RARELY: Final = st.integers(0, 9).map(lambda chance: chance == 0)

CARD_KEYS: Final = (
    *("pipeline_tag", "library_name", "model-index", "model_index", "metrics", "hyperparameters", "model_name"),
    *("base_model", "datasets", "source_datasets", "pretty_name", "license_name", "language", "task_categories"),
    *("dataset_info", "configs", "widget", "version", "deprecated", "themes", "license-url", "license_url"),
    *("license-link", "license_link", "publications", "sharinghub:id", "sharinghub:x", "sharinghub", "properties"),
)
KNOWN_KEYS: Final = sorted(
    {
        *described.CONSUMED,
        *extra._READ,
        *extra._RESERVED,
        *extra._EXTENSIONS,
        *(extension.key(name) for extension in EXTENSIONS for name in extension.fields),
        *(extension.prefix for extension in EXTENSIONS),
        *(
            f"{prefix}:{name}"
            for prefix, names in (("ml-model", ml_model._FIELDS), ("mlm", mlm_declared._NAMES))
            for name in names
        ),
        *(
            "ml-model",
            "mlm",
            "extensions",
            "bands",
            "eo:bands",
            "raster:bands",
            "statistics",
            "nodata",
            "unit",
            "roles",
        ),
        *CARD_KEYS,
    }
)
SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            *("2020-01-01", "2020-01-01/..", "MIT", "MIT OR Foo", "https://x.example/a?b#c", "javascript:x", "*.tif"),
            *("{path}", "POINT(1 2)", "POLYGON((0 0,1 0,1 1,0 0))", "-10,20,30,40", "10.1234/x", "producer", "cpu"),
            *("README.md", "a\ud800\x00", "group/name@v1", "42", "dataset+https://gl.example/g/p", "//h", "../x", "\\"),
            *("https://user:pw@h.example", "data:text/html,x", "EPSG:4326", "1e-4", "a" * 3_000, "\u202e", "ml-model"),
        ]
    )
)
INNER_KEYS: Final = st.text(max_size=6) | st.sampled_from(
    [
        *("spatial", "temporal", "start", "end", "type", "coordinates", "name", "roles", "url", "href", "rel", "title"),
        *("glob", "path", "key", "type-as", "description", "bbox", "geometry", "architecture", "learning_approach"),
        *("doi", "citation", "publications", "eo", "mlm", "interval", "results", "dataset", "task", "value", "bands"),
        *("dataset", "ai-model", "proj:code", "eo:bands", "file:size", "raster:scale", "table:columns", "<<"),
    ]
)
VALUES: Final = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(INNER_KEYS, inner, max_size=5), max_leaves=12
)


def or_any(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 7).flatmap(lambda chance: VALUES if chance == 0 else good)


MOMENTS: Final = or_any(
    st.datetimes().map(str) | st.dates().map(str) | st.sampled_from(["..", None, "2020", "2020-02", "1 May 2021"])
)
DEGREES: Final = st.floats(-190, 190) | st.integers(-180, 180)


@st.composite
def drawn_boxes(draw: st.DrawFn) -> list[float]:
    """A box as it should be: it may cross the antimeridian, have heights, or no area."""
    west, east = draw(st.integers(-180, 180)), draw(st.integers(-180, 180))
    south, north = sorted(draw(st.lists(st.integers(-90, 90), min_size=2, max_size=2)))
    return [west, south, 0, east, north, 9] if draw(st.integers(0, 5)) == 0 else [west, south, east, north]


BOXES: Final = or_any(drawn_boxes())
SHAPES: Final = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Point", "MultiPoint", "LineString", "Polygon", "MultiPolygon", "GeometryCollection"]),
        "coordinates": st.lists(DEGREES, max_size=4)
        | st.lists(st.lists(DEGREES, min_size=2, max_size=2), max_size=5)
        | st.lists(st.lists(st.tuples(DEGREES, DEGREES).map(list))),
    }
)
HREFS: Final = st.sampled_from(
    [
        *(
            "a.tif",
            "./b/c.csv",
            "https://x.example/y.onnx",
            "s3://b/x",
            "gs://b/x",
            "ftp://h/x",
            "oci://h/x",
            "file:///x",
        ),
        *("javascript:alert(1)", "JavaScript:x", "//evil.example", "../../x", "%2e%2e/x", "https://u:p@h/x", "data:,x"),
        *("http://[", "https://h:0/x", "https://h/?private_token=x", "dataset+https://gl.example/g/p", "vbscript:x"),
    ]
)
LINKS: Final = st.fixed_dictionaries(
    {"href": or_any(HREFS)}, optional={"rel": SCALARS, "title": SCALARS, "type": SCALARS}
)
RULES: Final = st.dictionaries(
    st.sampled_from(["glob", "path", "href", "key", "type", "type-as", "title", "description", "roles", "eo:bands"]),
    or_any(HREFS | st.sampled_from(["*", "*.tif", "{path}", "{key}", "cog", "image/tiff", ["data"], "thumbnail"])),
    max_size=5,
)
PROVIDERS: Final = st.fixed_dictionaries(
    {"name": SCALARS}, optional={"roles": VALUES, "url": HREFS, "description": SCALARS}
)
RIGHT_BLOCKS: Final = st.sampled_from([yaml.safe_load(text) for text, *_ in BLOCKS.values()])
SPECIAL: Final[dict[str, st.SearchStrategy[Any]]] = {
    "extent": st.fixed_dictionaries(
        {},
        optional={
            "spatial": or_any(BOXES | st.lists(BOXES, min_size=1, max_size=3) | SHAPES),
            "temporal": or_any(st.lists(MOMENTS, min_size=2, max_size=2) | MOMENTS),
        },
    ),
    "links": st.lists(or_any(LINKS), max_size=4),
    "assets": st.lists(or_any(RULES), max_size=4) | st.dictionaries(st.text(max_size=5), RULES, max_size=3),
    "providers": st.lists(or_any(PROVIDERS), max_size=3),
    "related": st.dictionaries(st.sampled_from(["dataset", "ai-model", "x"]), HREFS | SCALARS, max_size=3),
    "preview": HREFS,
    "mlm": ml.mlm_blocks,
    "license": st.sampled_from(["MIT", "apache-2.0", "other", "unknown", "MIT AND GPL-3.0-only", "GNU GPL v3", "x"]),
    "extensions": st.dictionaries(st.sampled_from(["eo", "mlm", "ml-model", "x", "proj"]), HREFS | SCALARS, max_size=3),
}
_SPECIAL_FIELDS: Final = st.lists(st.sampled_from(sorted(SPECIAL)), max_size=4, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: or_any(SPECIAL[key]) for key in keys})
)
_OTHER_FIELDS: Final = st.dictionaries(st.sampled_from(KNOWN_KEYS), VALUES, max_size=4)
FRONT_MATTERS: Final = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    st.sampled_from([RIGHT_BLOCKS, extension_fields(), ml.front_matters, st.just({})]).flatmap(lambda part: part),
    _OTHER_FIELDS,
    _SPECIAL_FIELDS,
)
BODIES: Final = st.text(max_size=200) | st.sampled_from(
    [
        *(
            "![preview](preview.png)",
            "![Preview](javascript:x)",
            "[DOI: a](https://doi.org/10.1/x)",
            "<script>x</script>",
        ),
        *("[a](https://doi.org/10.5281/zenodo.1)[b](https://doi.org/10.5281/zenodo.2)", "# " * 300, "[" * 300, ""),
    ]
)
NOISE: Final = st.lists(
    st.sampled_from(
        [*"---\n[]{}:,&*!|>'\"%@`#?<=~ \t\n ab1.\\\u2028é", "\n---\n", "title: ", "extent:", "<<: *", "&a ", "!!", "- "]
    ),
    max_size=60,
).map("".join)


def written(front: Any, body: str = "") -> bytes:
    return f"---\n{yaml.safe_dump(front, allow_unicode=True)}\n---\n{body}".encode("utf-8", "replace")


ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252")
READMES: Final = st.integers(0, 9).flatmap(
    lambda chance: (
        st.builds(written, FRONT_MATTERS, BODIES)
        if chance < 7
        else st.builds(written, VALUES, BODIES)
        | st.binary(max_size=300)
        | st.builds(
            lambda text, encoding: f"---\n{text}\n---\n".encode(encoding, "replace"),
            NOISE | st.text(),
            st.sampled_from(ENCODINGS),
        )
    )
)

"""Projects of any content: strategies that put anything under every key that some part of the builder reads.

Half of the values are what belongs there or nearly so, since what is refused at once reaches little of the code.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import yaml
from hypothesis import strategies as st

from stac_ext.extensions.known import EXTENSIONS
from stac_ext.items import described, extra
from stac_ext.ml import ml_model, mlm_declared
from stac_ext.model import (
    ContainerImage,
    DetectedLicence,
    FileEnds,
    FileText,
    ImageTag,
    ModelVersion,
    Package,
    PackageFile,
    ProjectFacts,
    Release,
    ReleaseLink,
    RepositoryFile,
    Visibility,
)
from tests.golden import making
from tests.stac_ext.dvc import test_any_input as dvc
from tests.stac_ext.extensions.test_any_input import front_matters as extension_fields
from tests.stac_ext.extensions.test_reading import BLOCKS
from tests.stac_ext.ml import test_any_input as ml

# What the front matter of a README may have

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


MOMENTS: Final = st.datetimes().map(str) | st.dates().map(str) | st.sampled_from(["..", "2020", "2020-02"]) | SCALARS
DEGREES: Final = st.floats(-190, 190) | st.integers(-180, 180)
BOXES: Final = st.lists(DEGREES, min_size=3, max_size=7)
SHAPES: Final = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Point", "MultiPoint", "LineString", "Polygon", "MultiPolygon", "GeometryCollection"]),
        "coordinates": BOXES | st.lists(BOXES, max_size=5) | st.lists(st.lists(st.tuples(DEGREES, DEGREES).map(list))),
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
            "spatial": BOXES | st.lists(BOXES, max_size=3) | SHAPES | VALUES,
            "temporal": st.lists(MOMENTS, max_size=3) | MOMENTS,
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
_OWN_FIELDS: Final = st.dictionaries(st.sampled_from([*KNOWN_KEYS, *SPECIAL, *SPECIAL]), st.none(), max_size=8).flatmap(
    lambda keys: st.fixed_dictionaries({key: or_any(SPECIAL.get(key, VALUES)) for key in keys})
)
FRONT_MATTERS: Final = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    st.just({}) | RIGHT_BLOCKS,
    st.just({}) | extension_fields(),
    st.just({}) | ml.front_matters,
    _OWN_FIELDS,
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
READMES: Final = (
    st.builds(written, FRONT_MATTERS, BODIES)
    | st.builds(written, FRONT_MATTERS, BODIES)
    | st.builds(written, VALUES, BODIES)
    | st.binary(max_size=300)
    | st.builds(
        lambda text, encoding: f"---\n{text}\n---\n".encode(encoding, "replace"),
        NOISE | st.text(),
        st.sampled_from(ENCODINGS),
    )
)

# What its files may have

NAMES: Final = (
    *(
        "README.md",
        "LICENSE",
        "LICENSE.md",
        "CITATION.cff",
        "MLmodel",
        "model/MLmodel",
        "model.onnx",
        "a/b.onnx",
        "w.pt",
    ),
    *(
        "m-00001-of-00002.safetensors",
        "m-00002-of-00002.safetensors",
        "w.safetensors",
        "a.tif",
        "b/c.TIFF",
        "t.parquet",
    ),
    *("preview.png", "README.html", "dvc.yaml", "dvc.lock", "x.dvc", ".dvc/config", "d/.dvc/config", "d/e.csv.dvc"),
    *(
        "data.csv",
        "a b#c?.csv",
        "données/été.csv",
        "overview",
        "release",
        "../up",
        "/root",
        "a//b",
        ".",
        "a\\b",
        "\ud800.tif",
    ),
)
PATHS: Final = st.sampled_from(NAMES) | st.text(max_size=15) | st.just("d/" * 200 + "deep.csv")
CITATIONS: Final = st.dictionaries(
    st.sampled_from(
        [
            *("cff-version", "title", "doi", "identifiers", "authors", "license", "license-url", "preferred-citation"),
            *("references", "date-released", "version", "url", "message", "keywords"),
        ]
    ),
    or_any(
        st.sampled_from(
            [
                "10.5281/zenodo.1",
                [{"type": "doi", "value": "10.1/x"}],
                [{"family-names": "Doe"}],
                "MIT",
                {"doi": "10.2/y"},
            ]
        )
    ),
).map(lambda value: yaml.safe_dump(value).encode())
SIGNATURES: Final = st.sampled_from(
    [
        '[{"type": "double", "name": "a"}]',
        '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]',
        "[[[[",
        "null",
    ]
)
MLMODELS: Final = st.fixed_dictionaries(
    {},
    optional={
        "flavors": st.dictionaries(
            st.sampled_from(["sklearn", "pytorch", "transformers", "onnx", "python_function", "x"]), VALUES, max_size=3
        ),
        "signature": st.fixed_dictionaries(
            {}, optional={"inputs": SIGNATURES | VALUES, "outputs": SIGNATURES | VALUES}
        ),
        "metadata": VALUES,
        "saved_input_example_info": VALUES,
        "mlflow_version": SCALARS,
        "model_size_bytes": SCALARS,
    },
).map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "replace"))
CONTENTS: Final = dvc.contents | MLMODELS | CITATIONS | st.binary(max_size=100) | NOISE.map(str.encode)
FILES_OF_MODELS: Final = [
    making.safetensors({"a": ["F32", 2, 2], "b": ["BF16", 3]}, {"format": "pt"}),
    making.onnx_graph({"x": ["N", 3]}, {"y": [1]}),
    making.geotiff(10.0, 50.0, 0.1),
    making.geotiff(500_000.0, 5_000_000.0, 10.0, 32631),
    making.geoparquet([170, -20, -170, -10]),
]


@st.composite
def ends(draw: st.DrawFn) -> FileEnds:
    """The ends of a real file, of one with some bytes changed or cut off, or any bytes at all."""
    data = bytearray(draw(st.sampled_from(FILES_OF_MODELS) | st.binary(max_size=200)))
    for place, byte in draw(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=3)):
        if data:
            data[place % len(data)] = byte
    cut = draw(st.none() | st.integers(0, len(data)))
    if cut is None:
        return FileEnds(bytes(data), size=len(data), whole=True)
    return FileEnds(
        bytes(data[:cut]), bytes(data[cut:]) if draw(st.booleans()) else b"", draw(st.just(len(data)) | st.none())
    )


LFS: Final = st.none() | st.just("c" * 64) | st.text(max_size=5)
FILES: Final = st.lists(
    st.builds(RepositoryFile, PATHS, st.just("b" * 40), st.none() | st.integers(-1, 2**70), LFS),
    max_size=8,
    unique_by=lambda file: file.path,
).map(tuple)

# What GitLab may say

TIMES: Final = st.integers(-(2**35), 2**37).map(
    lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(0, seconds)
)
WORDS: Final = st.text(max_size=12) | st.sampled_from(["1.0.0", "v1.2", "a/b", "..", "", "x" * 300, "a b", "%2e", "ü"])
URLS: Final = HREFS | WORDS
PACKAGE_FILES: Final = st.builds(
    PackageFile,
    st.integers(1, 9),
    WORDS | st.sampled_from(["m.onnx", "m.pkl", "a.whl"]),
    st.none() | st.integers(-1, 2**70),
    LFS,
)
PACKAGES: Final = st.builds(
    Package,
    st.integers(1, 5),
    WORDS,
    WORDS,
    st.sampled_from(["generic", "pypi", "ml_model", "npm"]),
    TIMES,
    st.lists(PACKAGE_FILES, max_size=3).map(tuple),
)
RELEASES: Final = st.builds(
    Release,
    WORDS,
    WORDS,
    WORDS,
    TIMES,
    st.none() | st.just("d" * 40),
    st.booleans(),
    st.lists(
        st.builds(ReleaseLink, WORDS, URLS, st.sampled_from(["other", "package", "image", "runbook", "x"])), max_size=3
    ).map(tuple),
)
IMAGES: Final = st.builds(
    ContainerImage,
    WORDS | st.just("registry.example/g/p"),
    st.lists(st.builds(ImageTag, WORDS, st.none() | st.just("sha256:" + "e" * 64), st.none()), max_size=3).map(tuple),
)
MODELS: Final = st.builds(
    ModelVersion,
    WORDS,
    WORDS,
    WORDS,
    TIMES,
    st.none() | st.integers(1, 9),
    st.none() | PACKAGES,
    st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple),
    st.lists(st.tuples(WORDS, st.floats()), max_size=3).map(tuple),
)
LICENCES: Final = st.none() | st.builds(
    DetectedLicence, WORDS | st.sampled_from(["mit", "apache-2.0", "other"]), WORDS, st.none() | URLS
)


def several(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(()) | st.lists(of, max_size=3).map(tuple)


CREATED: Final = datetime(2024, 1, 1, tzinfo=UTC)


def project(**changes: Any) -> ProjectFacts:
    """A private project with one commit; its number, path and times are those that the tests compare with."""
    known: dict[str, Any] = {
        "id": 42,
        "path": "group/sub/wine",
        "name": "Wine",
        "description": "",
        "web_url": "https://gl.example/group/sub/wine",
        "visibility": "private",
        "effective_visibility": Visibility.PRIVATE,
        "topics": ("sharinghub:aimodel", "EO"),
        "created_at": CREATED,
        "head_sha": "a" * 40,
        "head_committed_at": datetime(2024, 5, 1, tzinfo=UTC),
        "readme_path": "README.md",
    }
    return ProjectFacts(**(known | changes))


@st.composite
def projects(draw: st.DrawFn) -> ProjectFacts:
    """Any project at all."""
    files = draw(FILES)
    paths = [file.path for file in files]
    some = st.sampled_from(paths) if paths else st.nothing()
    texts = draw(st.dictionaries(some, st.builds(FileText, CONTENTS, st.booleans()), max_size=4)) if paths else {}
    readme = draw(st.none() | READMES | READMES | READMES)
    return project(
        name=draw(WORDS),
        description=draw(WORDS),
        web_url=draw(st.just("https://gl.example/group/sub/wine") | URLS),
        topics=tuple(draw(st.lists(WORDS, max_size=3))),
        archived=draw(st.booleans()),
        stars=draw(st.just(3) | st.integers(-5, 2**70)),
        default_branch=draw(st.none() | WORDS),
        head_sha=draw(st.just("a" * 40) | st.none()),
        head_committed_at=draw(st.just(datetime(2024, 5, 1, tzinfo=UTC)) | st.none() | TIMES),
        files=files,
        readme_path=draw(st.just("README.md") | PATHS) if readme is not None else None,
        readme=readme,
        readme_truncated=draw(st.booleans()),
        files_truncated=draw(st.booleans()),
        licence=draw(LICENCES),
        http_url_to_repo=draw(st.none() | URLS),
        issues_enabled=draw(st.booleans()),
        texts=texts,
        ends=draw(st.dictionaries(some, ends(), max_size=3)) if paths else {},
        releases=draw(several(RELEASES)),
        packages=draw(several(PACKAGES)),
        images=draw(several(IMAGES)),
        models=draw(several(MODELS)),
    )

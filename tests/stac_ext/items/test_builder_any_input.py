"""That any content of a project at all gives a valid, JSON-ready item in which GitLab's facts stand."""

import math
from datetime import UTC, datetime
from typing import Any

import orjson
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stac_ext.categories import DEFAULT_CATEGORIES
from stac_ext.items.builder import BuildContext, build_item
from stac_ext.model import DetectedLicence, ProjectFacts, RepositoryFile, Visibility
from tests.support.schemas import validator

CONTEXT = BuildContext("https://hub.example/stac", "https://hub.example/assets", "Our GitLab", "https://gl.example")
GITLABS_OWN = {
    "sharinghub:id": 42,
    "sharinghub:path": "group/sub/wine",
    "sharinghub:stars": 3,
    "sharinghub:visibility": "private",
    "created": "2024-01-01T00:00:00Z",
    "updated": "2024-05-01T00:00:00Z",
}


def make_facts(readme: bytes, **changes: Any) -> ProjectFacts:
    known: dict[str, Any] = {
        "id": 42,
        "path": "group/sub/wine",
        "name": "Wine",
        "description": "",
        "web_url": "https://gl.example/group/sub/wine",
        "visibility": "private",
        "effective_visibility": Visibility.PRIVATE,
        "topics": ("sharinghub:aimodel", "EO"),
        "created_at": datetime(2024, 1, 1, tzinfo=UTC),
        "stars": 3,
        "head_sha": "a" * 40,
        "head_committed_at": datetime(2024, 5, 1, tzinfo=UTC),
        "readme_path": "README.md",
        "readme": readme,
    }
    return ProjectFacts(**(known | changes))


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        [
            *("2020-01-01", "2020-01-01/..", "MIT", "MIT OR Foo", "https://x.org/a", "javascript:x", "*.tif", "{path}"),
            *("POINT(1 2)", "POLYGON((0 0,1 0,1 1,0 0))", "-10,20,30,40", "10.1234/x", "producer", "cpu", "ml-model"),
            *("README.md", "a\ud800\x00"),
        ]
    )
)
inner_keys = st.text(max_size=8) | st.sampled_from(
    [
        *("spatial", "temporal", "start", "end", "type", "coordinates", "name", "roles", "url", "href", "rel", "title"),
        *("glob", "path", "key", "type-as", "description", "bbox", "geometry", "architecture", "learning_approach"),
        *("training-processor-type", "doi", "citation", "ml-model", "eo", "interval"),
    ]
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(inner_keys, inner, max_size=5), max_leaves=12
)
boxes = st.lists(st.floats(-200, 200) | st.integers(-200, 200), min_size=3, max_size=7)
times = st.datetimes().map(str) | st.dates().map(str) | st.none() | scalars
KNOWN_KEYS = (
    *("title", "description", "license", "license-url", "providers", "preview", "assets", "links", "keywords", "tags"),
    *("doi", "citation", "sci", "sci:doi", "ml-model", "ml-model:architecture", "ml-model:x", "extensions", "related"),
    *("platform", "instruments", "constellation", "mission", "gsd", "eo", "mlm:name", "file:size", "properties"),
    *("datetime", "created", "updated", "id", "bbox", "geometry", "collection", "stac_extensions", "bands", "nodata"),
    *("sharinghub:id", "sharinghub:extra", "sharinghub", "statistics", "roles", "unit"),
)
declared_extents = st.fixed_dictionaries({"spatial": boxes | values, "temporal": st.lists(times, max_size=3) | times})
fields = {
    "extent": values | declared_extents,
    **dict.fromkeys(KNOWN_KEYS, values),
}
front_matters = st.fixed_dictionaries({}, optional=fields)
paths = st.text(max_size=20) | st.from_regex(r"([a-z]{0,3}/){0,2}[a-z]{0,3}\.(tif|onnx|png|md|dvc)", fullmatch=True)
files = st.lists(
    st.builds(
        RepositoryFile,
        path=paths | st.sampled_from(["preview.png", "README.md", "LICENSE", "a/b.pt"]),
        blob_id=st.just("b" * 40),
        size=st.none() | st.integers(),
        lfs_sha256=st.none() | st.just("c" * 64) | st.text(max_size=5),
    ),
    max_size=8,
).map(tuple)
raw_readmes = st.binary(max_size=400) | st.text(max_size=400).map(
    lambda t: f"---\n{t}".encode("utf-8", "surrogatepass")
)
yaml_pieces = st.sampled_from(
    [*"---\n[]{}:,&*!|>'\"%@`#?<=~ \t\n ab1.\\\u2028é", "\n---\n", "title: ", "<<: *", "&a ", "!!"]
)
yaml_noise = st.lists(yaml_pieces, max_size=60).map(lambda parts: ("---\n" + "".join(parts) + "\n---\nbody").encode())


def written(front: dict[str, Any]) -> bytes:
    return f"---\n{yaml.safe_dump(front, allow_unicode=True)}\n---\nbody ![preview](preview.png)".encode(
        "utf-8", "replace"
    )


def finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and finite(entry) for key, entry in value.items())
    if isinstance(value, list | tuple):
        return all(finite(entry) for entry in value)
    if isinstance(value, str):
        return not any((c < " " and c not in "\n\t") or "\ud800" <= c <= "\udfff" for c in value)
    return not isinstance(value, float) or math.isfinite(value)


def check(facts: ProjectFacts) -> None:
    for category in DEFAULT_CATEGORIES:
        built = build_item(facts, category, CONTEXT)
        assert orjson.loads(orjson.dumps(built.item)) == built.item
        assert finite(built.item)
        assert validator()(built.item, strict=True) == []
        found = built.item["properties"]
        assert {key: found[key] for key in GITLABS_OWN} == GITLABS_OWN
        assert (built.item["id"], built.item["collection"]) == ("42", category.id)
        assert all(problem.rule != "internal-error" for problem in built.problems), built.problems
        assert all(finite(problem.message) and len(problem.message) <= 500 for problem in built.problems)


any_input = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@any_input
@given(front=front_matters, files=files)
def test_any_values_under_any_known_key_give_a_valid_item(
    front: dict[str, Any], files: tuple[RepositoryFile, ...]
) -> None:
    check(make_facts(written(front), files=files))


@any_input
@given(readme=raw_readmes | yaml_noise, truncated=st.booleans())
def test_any_bytes_give_a_valid_item(readme: bytes, truncated: bool) -> None:
    check(make_facts(readme, readme_truncated=truncated))


@any_input
@given(
    texts=st.fixed_dictionaries(
        {key: st.text(max_size=40) for key in ("name", "description", "default_branch", "web_url")}
    ),
    topics=st.lists(st.text(max_size=20), max_size=5).map(tuple),
    licence=st.none() | st.builds(DetectedLicence, key=st.text(max_size=10), name=st.text(), url=st.none() | st.text()),
    head=st.none() | st.text(max_size=40),
    readme_path=st.none() | st.text(max_size=20),
    repository=st.none() | st.text(max_size=40),
    files=files,
)
def test_any_facts_give_a_valid_item(
    texts: dict[str, str],
    topics: tuple[str, ...],
    licence: Any,
    head: Any,
    readme_path: Any,
    repository: Any,
    files: Any,
) -> None:
    changes = {"topics": topics, "licence": licence, "head_sha": head, "readme_path": readme_path, "files": files}
    check(
        make_facts(b"---\nlinks: [a.md]\n---\n", **texts, **changes, http_url_to_repo=repository, issues_enabled=True)
    )

"""That a project becomes a valid STAC Item whatever it holds, and that GitLab's facts stand above its README."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from stac_ext.categories import AI_MODEL, DATASET, DEFAULT_CATEGORIES, Category
from stac_ext.items.builder import BuildContext, build_item
from stac_ext.items.described import MAX_DESCRIPTION
from stac_ext.model import BuiltItem, DetectedLicence, ProjectFacts, RepositoryFile, Visibility
from tests.support.schemas import validator

CONTEXT = BuildContext("https://hub.example/stac", "https://hub.example/assets", "Our GitLab", "https://gl.example")
CREATED, PUSHED = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 5, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))


def make_facts(readme: bytes | str | None = None, **changes: Any) -> ProjectFacts:
    known: dict[str, Any] = {
        "id": 42,
        "path": "group/sub/wine",
        "name": "Wine",
        "description": "About wine",
        "web_url": "https://gl.example/group/sub/wine",
        "visibility": "private",
        "effective_visibility": Visibility.PRIVATE,
        "topics": ("sharinghub:aimodel", "EO", "wine"),
        "created_at": CREATED,
        "stars": 3,
        "default_branch": "main",
        "head_sha": "a" * 40,
        "head_committed_at": PUSHED,
        "files": (RepositoryFile("README.md", "b", 10), RepositoryFile("model.onnx", "c", 99)),
        "readme_path": "README.md" if readme is not None else None,
        "readme": readme.encode() if isinstance(readme, str) else readme,
        "licence": DetectedLicence("mit", "MIT License", "https://gl.example/group/sub/wine/-/blob/main/LICENSE"),
    }
    return ProjectFacts(**(known | changes))


def build(front: str = "", body: str = "text", category: Category = DATASET, **changes: Any) -> BuiltItem:
    return build_item(make_facts(f"---\n{front}\n---\n{body}", **changes), category, CONTEXT)


def properties(front: str = "", body: str = "text", category: Category = DATASET, **changes: Any) -> dict[str, Any]:
    built: dict[str, Any] = build(front, body, category, **changes).item["properties"]
    return built


def rules(built: BuiltItem) -> list[str]:
    return [problem.rule for problem in built.problems]


def test_a_model_with_all_that_an_owner_writes() -> None:
    front = """
title: Wine quality
license: Apache-2.0
keywords: [Wine, tabular]
tags: quality, EO
providers: [{name: ACME, roles: [producer, licensor], url: https://acme.example}]
extent:
  spatial: [-10, 40, 5, 50]
  temporal: [2020-01-01, 2020-12-31]
ml-model: {learning_approach: supervised, prediction_type: regression, architecture: MLP}
doi: 10.5281/zenodo.1234
platform: sentinel-2
gsd: 10
related: {dataset: wine-dataset}
"""
    built = build(front, "# Wine", AI_MODEL)
    assert rules(built) == ["mlm-incomplete"]
    assert validator()(built.item, strict=True) == []
    assert built.item["id"] == "42"
    assert built.item["collection"] == "ai-model"
    assert built.item["bbox"] == [-10, 40, 5, 50]
    assert built.item["stac_extensions"] == [
        "https://stac-extensions.github.io/ml-model/v1.0.0/schema.json",
        "https://stac-extensions.github.io/scientific/v1.0.0/schema.json",
        "https://stac-extensions.github.io/file/v2.1.0/schema.json",
        "https://stac-extensions.github.io/authentication/v1.1.0/schema.json",
    ]
    assert set(built.item["properties"].pop("auth:schemes")) == {"openIdConnect", "oauth2", "bearer", "privateToken"}
    assert built.item["properties"] == {
        "title": "Wine quality",
        "description": "# Wine",
        "keywords": ["EO", "wine", "tabular", "quality"],
        "providers": [
            {"name": "ACME", "roles": ["producer", "licensor"], "url": "https://acme.example"},
            {"name": "Our GitLab", "roles": ["host"], "url": "https://gl.example"},
        ],
        "platform": "sentinel-2",
        "gsd": 10,
        "datetime": None,
        "start_datetime": "2020-01-01T00:00:00Z",
        "end_datetime": "2020-12-31T23:59:59Z",
        "created": "2024-01-01T00:00:00Z",
        "updated": "2024-05-01T10:30:00Z",
        "license": "Apache-2.0",
        "ml-model:type": "ml-model",
        "ml-model:learning_approach": "supervised",
        "ml-model:prediction_type": "regression",
        "ml-model:architecture": "MLP",
        "sci:doi": "10.5281/zenodo.1234",
        "sharinghub:id": 42,
        "sharinghub:path": "group/sub/wine",
        "sharinghub:stars": 3,
        "sharinghub:default_branch": "main",
        "sharinghub:revision": "a" * 40,
        "sharinghub:visibility": "private",
        "sharinghub:archived": False,
        "sharinghub:topics": ["sharinghub:aimodel", "EO", "wine"],
    }


@pytest.mark.parametrize("category", DEFAULT_CATEGORIES)
def test_a_project_with_nothing_in_it(category: Category) -> None:
    """A null repository: no branch, no commit, no README, no licence, no description."""
    nothing = {"head_sha": None, "head_committed_at": None, "default_branch": None, "files": (), "licence": None}
    built = build_item(make_facts(None, description="", name="", topics=(), **nothing), category, CONTEXT)
    assert validator()(built.item, strict=True) == []
    assert built.item["assets"] == {}
    assert built.item["geometry"] is None
    assert "bbox" not in built.item
    assert built.item["properties"]["title"] == "group/sub/wine"
    assert built.item["properties"]["datetime"] == built.item["properties"]["updated"] == "2024-01-01T00:00:00Z"
    assert "description" not in built.item["properties"]
    assert "license" not in built.item["properties"]


def test_a_project_with_two_topics_is_an_item_of_each_collection() -> None:
    """The incumbent serves a project in two categories with the wrong collection."""
    facts = make_facts("text")
    for category in DEFAULT_CATEGORIES:
        item = build_item(facts, category, CONTEXT).item
        links = {link["rel"]: link["href"] for link in item["links"]}
        assert item["collection"] == category.id
        assert links["self"] == f"https://hub.example/stac/collections/{category.id}/items/42"
        assert ("ml-model:type" in item["properties"]) == category.ml_model


@pytest.mark.parametrize(
    "front", ["- a\n- list", "plain text", "extent: hello", "title: [", "links: [{rel: about}]", "42"]
)
def test_broken_front_matter_costs_no_item(front: str) -> None:
    """In the incumbent broken YAML, a list or a wrong type makes every page that holds the project a 500."""
    built = build(front, "body")
    assert validator()(built.item, strict=True) == []
    assert built.item["properties"]["description"] == "body"
    assert built.item["properties"]["title"] == "Wine"
    assert len(built.problems) == 1
    assert built.problems[0].line is not None


def test_a_readme_cannot_say_what_gitlab_says() -> None:
    """In the incumbent a README may overwrite `datetime` with any text and `sharinghub:access-level` with 4."""
    front = """
datetime: whenever
created: 1999-01-01
updated: 2099-01-01
start_datetime: x
id: 7
bbox: [0, 0, 1, 1]
collection: other
stac_extensions: [https://evil.example/schema.json]
sharinghub:access-level: 4
sharinghub:visibility: public
sharinghub: {stars: 1000000}
"""
    built, plain = build(front), build()
    assert built.item == plain.item
    assert rules(built) == ["reserved-field"] * 11


def test_names_of_the_catalogue_are_safe_inside_the_extra() -> None:
    built = build("x: {datetime: 1, 'sharinghub:id': 2}\ntype: model")
    assert built.item["properties"]["sharinghub:extra"] == {"x": {"datetime": 1, "sharinghub:id": 2}, "type": "model"}
    assert built.item["type"] == "Feature"


def test_a_renamed_project_has_its_new_name() -> None:
    """In the incumbent a renamed project keeps its old title as an item; the id is not the path."""
    old, new = (build_item(make_facts("x", name=n, path=f"g/{n}"), DATASET, CONTEXT).item for n in ("old", "new"))
    assert (old["id"], old["properties"]["title"]) == ("42", "old")
    assert (new["id"], new["properties"]["title"], new["properties"]["sharinghub:path"]) == ("42", "new", "g/new")


def test_the_antimeridian_box_is_kept() -> None:
    built = build("extent: {spatial: [177, -20, -178, -15]}")
    assert built.item["bbox"] == [177, -20, -178, -15]
    assert built.item["geometry"]["type"] == "MultiPolygon"
    assert validator()(built.item, strict=True) == []


@pytest.mark.parametrize("box", ["[.nan, 0, 1, 1]", "[0, 0, 999, 1]", "[0, 10, 1, 5]", "[0, 0, 1]"])
def test_a_box_that_is_none_costs_the_place_only(box: str) -> None:
    """In the incumbent NaN and out-of-range boxes pass."""
    built = build(f"extent:\n  spatial: {box}\n  temporal: [2020-01-01, null]")
    assert built.item["geometry"] is None
    assert built.item["properties"]["start_datetime"] == "2020-01-01T00:00:00Z"
    problem = next(p for p in built.problems if p.rule == "spatial-extent")
    assert problem.line == 3


@pytest.mark.parametrize(
    ("temporal", "times"),
    [
        ("[2020-01-01, 2021-01-01]", (None, "2020-01-01T00:00:00Z", "2021-01-01T23:59:59Z")),
        ("[2020-01-01, null]", (None, "2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z")),
        ("[null, 2021-01-01]", (None, "0001-01-01T00:00:00Z", "2021-01-01T23:59:59Z")),
        ("2020-01-01T10:00:00Z", ("2020-01-01T10:00:00Z", None, None)),
        ("2020-01-01", ("2020-01-01T00:00:00Z", None, None)),
        ("[null, null]", ("2024-05-01T10:30:00Z", None, None)),
        ("nonsense", ("2024-05-01T10:30:00Z", None, None)),
    ],
)
def test_times(temporal: str, times: tuple[str | None, ...]) -> None:
    """The incumbent emits `datetime: null` with no start and end."""
    built = build(f"extent: {{temporal: {temporal}}}")
    found = built.item["properties"]
    assert (found["datetime"], found.get("start_datetime"), found.get("end_datetime")) == times
    assert validator()(built.item, strict=True) == []


def test_an_expression_of_licences_is_kept() -> None:
    built = build("license: MIT OR Apache-2.0")
    assert built.item["properties"]["license"] == "other"
    assert built.item["properties"]["sharinghub:extra"] == {"license": "MIT OR Apache-2.0"}
    assert [link["title"] for link in built.item["links"] if link["rel"] == "license"] == ["MIT", "Apache-2.0"]


@pytest.mark.parametrize(
    ("providers", "expected", "problems"),
    [
        ("", [("group", ["producer"])], []),
        ("providers: ACME", [("ACME", None), ("group", ["producer"])], []),
        ("providers: {name: A, roles: producer}", [("A", ["producer"])], []),
        ("providers: {name: A, roles: [Producer, boss]}", [("A", ["producer"])], ["provider-role"]),
        ("providers: [{roles: [producer]}, 7]", [("group", ["producer"])], ["provider", "provider"]),
        ("providers: [{name: A, url: 'javascript:x'}]", [("A", None), ("group", ["producer"])], ["provider-url"]),
        ("providers: [{name: [A]}, null]", [("group", ["producer"])], ["provider", "provider"]),
    ],
)
def test_providers(providers: str, expected: list[tuple[str, Any]], problems: list[str]) -> None:
    built = build(providers)
    found = [(provider["name"], provider.get("roles")) for provider in built.item["properties"]["providers"]]
    assert found == [*expected, ("Our GitLab", ["host"])]
    assert [rule for rule in rules(built) if rule.startswith("provider")] == problems
    assert validator()(built.item, strict=True) == []


@pytest.mark.parametrize(
    ("front", "body", "found", "problem"),
    [
        ("doi: 10.1234/a.b", "", {"sci:doi": "10.1234/a.b"}, None),
        ("doi: https://doi.org/10.1234/a.b", "", {"sci:doi": "10.1234/a.b"}, None),
        ("sci:doi: 'doi: 10.1234/a'", "", {"sci:doi": "10.1234/a"}, None),
        ("sci: {doi: 10.1234/a, citation: Me}", "", {"sci:doi": "10.1234/a", "sci:citation": "Me"}, None),
        (
            "",
            "[Me 2020](https://doi.org/10.1234/a).",
            {"sci:doi": "10.1234/a", "sci:citation": "Me 2020"},
            "doi-from-text",
        ),
        ("", "see https://doi.org/10.1234/a.", {"sci:doi": "10.1234/a"}, "doi-from-text"),
        ("doi: nonsense", "see https://doi.org/10.1234/a.", {}, "doi"),
        ("doi: [x]", "", {}, "doi"),
    ],
)
def test_citations(front: str, body: str, found: dict[str, str], problem: str | None) -> None:
    built = build(front, body)
    assert {key: value for key, value in built.item["properties"].items() if key.startswith("sci:")} == found
    cited = [link["href"] for link in built.item["links"] if link["rel"] == "cite-as"]
    assert cited == ([f"https://doi.org/{found['sci:doi']}"] if "sci:doi" in found else [])
    assert [rule for rule in rules(built) if rule.startswith("doi")] == ([problem] if problem else [])
    assert validator()(built.item, strict=True) == []


def test_blocks_of_unknown_extensions_are_kept_and_told() -> None:
    front = "extensions: {foo: https://example.org/foo.json}\nfoo: {a: 1}\nstorage: {a: 3}\nmlm:name: x"
    built = build(front)
    assert built.item["properties"]["sharinghub:extra"] == {
        "extensions": {"foo": "https://example.org/foo.json"},
        "foo": {"a": 1},
        "storage": {"a": 3},
        "mlm:name": "x",
    }
    assert rules(built) == ["extension-unknown"] * 3
    assert validator()(built.item, strict=True) == []


def test_fields_of_a_known_extension_are_properties() -> None:
    built = build("extensions: {eo: https://stac-extensions.github.io/eo/v1.1.0/schema.json}\neo: {cloud_cover: 3}")
    assert built.item["properties"]["eo:cloud_cover"] == 3
    assert [schema.split("/")[3] for schema in built.item["stac_extensions"]] == ["eo", "file", "authentication"]
    assert "sharinghub:extra" not in built.item["properties"]
    assert rules(built) == []
    assert validator()(built.item, strict=True) == []


def test_related_projects_are_references_and_told_to_nobody() -> None:
    """SharingHub copied them into the properties, where everybody read of projects that they may not see."""
    built = build("related: {dataset: secret-project}\nlinks: ['dataset+https://gl.example/a/b']")
    assert [(one.rel, one.path, one.collection) for one in built.references] == [
        ("derived_from", "group/sub/secret-project", "dataset"),
        ("related", "a/b", "dataset"),
    ]
    assert b"secret-project" not in orjson.dumps(built.item)


def test_a_dataset_is_no_model() -> None:
    built = build("ml-model: {architecture: MLP}")
    assert built.item["properties"]["sharinghub:extra"] == {"ml-model": {"architecture": "MLP"}}
    assert rules(built) == ["ml-model-elsewhere"]


def test_the_extra_is_bounded() -> None:
    built = build(f"a: {'x' * 16_000}\nb: {'y' * 1_000}\nc: z")
    assert list(built.item["properties"]["sharinghub:extra"]) == ["a", "c"]
    assert [(p.rule, p.line) for p in built.problems] == [("extra-size", 3)]


def test_a_long_description_is_cut_and_told() -> None:
    built = build("", "x" * (MAX_DESCRIPTION + 1))
    assert len(built.item["properties"]["description"]) == MAX_DESCRIPTION
    assert rules(built) == ["description-size"]


@pytest.mark.parametrize(
    ("front", "body", "description"),
    [
        ("", "body", "body"),
        ("description: short", "body", "body"),
        ("description: short", "", "short"),
        ("description: [x]", "", "About wine"),
        ("", " \n ", "About wine"),
        ("", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_the_description_is_the_readme_as_it_is_written(front: str, body: str, description: str) -> None:
    assert properties(front, body)["description"] == description


@pytest.mark.parametrize(
    ("title", "shown"),
    [("[x]", "Wine"), ("{a: b}", "Wine"), ("''", "Wine"), ("true", "Wine"), ("2024", "2024"), ('"a\\nb\\0"', "a b")],
)
def test_titles(title: str, shown: str) -> None:
    assert properties(f"title: {title}")["title"] == shown


def test_a_cut_readme_is_told() -> None:
    assert rules(build(readme_truncated=True)) == ["readme-size"]


def test_problems_name_the_readme_that_they_are_in() -> None:
    built = build("title: []", readme_path="readme.MD")
    assert {problem.path for problem in built.problems} == {"readme.MD"}


def test_problems_are_bounded() -> None:
    assert len(build("links: [" + "x, " * 200 + "]\nassets: [" + "nope, " * 99 + "]").problems) == 201


LEAKS = {
    "an unknown key": 'mirror: "https://ada:{}@h.example/x"',
    "a key below it": 'deep: {{a: [{{b: "glpat-{}"}}]}}',
    "a citation": 'sci:citation: "Ada (2026), https://h.example/x?token={}"',
    "hyperparameters": 'mlm:hyperparameters: {{source: "https://ada:{}@h.example/x"}}',
    "a provider": 'providers: [{{name: "glpat-{}", url: "https://h.example"}}]',
    "a link": 'links: [{{rel: about, href: "https://h.example/x?private_token={}", title: "glpat-{}"}}]',
    "an asset": 'assets: [{{href: "https://ada:{}@h.example/x.tif", title: "glpat-{}"}}]',
    "a title": 'title: "glpat-{}"',
}


@pytest.mark.parametrize("front", LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("category", [AI_MODEL, DATASET], ids=["model", "dataset"])
def test_a_secret_of_the_front_matter_is_told_and_shown_nowhere(front: str, category: Category) -> None:
    """Secrets were shown in unknown keys, citations and hyperparameters."""
    secret = "Tr0ubadourTr0ubadourTr0ubadour"
    built = build(front.format(secret, secret), category=category)
    shown = repr((built.item, built.problems, built.provenance))
    assert secret not in shown
    assert "leaked-secret" in rules(built)
    assert next(one.line for one in built.problems if one.rule == "leaked-secret") == 2


def test_a_secret_in_the_text_is_told_by_line_and_cut() -> None:
    built = build("title: T", body="one\n\ntwo glpat-Tr0ubadourTr0ubadour three\n")
    assert "Tr0ubadour" not in repr((built.item, built.problems, built.provenance))
    assert built.item["properties"]["description"] == "one\n\ntwo … three"
    assert [(one.rule, one.line) for one in built.problems if one.rule == "leaked-secret"] == [("leaked-secret", 6)]


def test_a_path_that_looks_like_a_token_is_still_downloaded() -> None:
    path = "hf_abcdefghijklmnopqrstuvwxyz.csv"
    built = build(f"assets: [{path}]", files=(RepositoryFile(path, "b", 1),), head_sha="a" * 40)
    assert path in [asset["href"].rpartition("/")[2] for asset in built.item["assets"].values()]


def test_a_readme_in_git_lfs_shows_no_pointer() -> None:
    """The pointer was the description of the item."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 90000\n"
    files = (RepositoryFile("README.md", "b", 90_000, "0" * 64),)
    built = build_item(make_facts(pointer, files=files), DATASET, CONTEXT)
    assert built.item["properties"]["description"] == "About wine"
    assert "overview" not in built.item["assets"]
    assert [one.rule for one in built.problems if one.rule.startswith("readme")] == ["readme-lfs"]

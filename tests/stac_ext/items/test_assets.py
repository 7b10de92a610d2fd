"""That the right files become assets, under unique keys, with URLs at the indexed revision."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stac_ext.categories import AI_MODEL, DATASET, Category
from stac_ext.dvc.assets import FILE_EXTENSION
from stac_ext.items.assets import MAX_ASSETS, AssetGatherer
from stac_ext.model import ProjectFacts, RepositoryFile, Visibility
from stac_ext.problem_log import ProblemLog
from stac_ext.urls import BuildContext

CONTEXT = BuildContext("https://hub.example/stac", "https://hub.example/assets/", "GitLab", "https://gl.example")
BASE = f"https://hub.example/assets/42/{'a' * 40}"


def gather(
    paths: list[str] | list[RepositoryFile],
    rules: Any = None,
    preview: Any = None,
    body: str = "",
    category: Category = DATASET,
    readme_path: str = "README.md",
) -> tuple[AssetGatherer, list[str]]:
    files = tuple(RepositoryFile(path, "b" * 40) if isinstance(path, str) else path for path in paths)
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    facts = ProjectFacts(
        *(42, "g/p", "p", "", "https://gl.example/g/p", "public", Visibility.PUBLIC, (), moment),
        head_sha="a" * 40,
        files=files,
        readme_path=readme_path,
    )
    log = ProblemLog()
    gatherer = AssetGatherer(facts, category, CONTEXT, log)
    gatherer.gather(rules, preview, body)
    gatherer.close()
    return gatherer, [problem.rule for problem in log.result()]


def keys(*args: Any, **options: Any) -> list[str]:
    return list(gather(*args, **options)[0].assets)


def test_the_category_says_what_is_an_asset_unasked() -> None:
    paths = ["README.md", "LICENSE", "m/net.onnx", "data/a.tif", "src/x.py", "docs/README.md", "CITATION.cff"]
    assert keys(paths, category=AI_MODEL) == ["CITATION.cff", "LICENSE", "README.md", "m/net.onnx"]
    assert keys(paths, category=DATASET) == ["CITATION.cff", "LICENSE", "README.md", "data/a.tif"]


def test_a_key_template_holds_for_every_match() -> None:
    """The incumbent uses a custom `key` template for the first match only."""
    rule = {"glob": "*.bin", "key": "weights-{path}", "title": "{key} at {path}", "description": "{path}"}
    gatherer, problems = gather(["a.bin", "x/b.bin"], [rule])
    assert [(key, asset.title, asset.description) for key, asset in gatherer.assets.items()] == [
        ("weights-a.bin", "weights-a.bin at a.bin", "a.bin"),
        ("weights-x/b.bin", "weights-x/b.bin at x/b.bin", "x/b.bin"),
    ]
    assert problems == []


def test_more_than_100_files_are_all_assets() -> None:
    """The incumbent makes 99 of 350 files assets."""
    assert len(keys([f"data/{n}.tif" for n in range(350)])) == 350


def test_there_are_at_most_2000_assets() -> None:
    gatherer, problems = gather([f"{n:05}.tif" for n in range(MAX_ASSETS + 5)], ["04*.nope", {"path": "02004.tif"}])
    assert len(gatherer.assets) == MAX_ASSETS
    assert "02004.tif" in gatherer.assets
    assert "too-many-assets" in problems


def test_a_fixed_key_for_many_files_is_numbered_and_told() -> None:
    gatherer, problems = gather(["a.bin", "b.bin", "c.bin", "k-2"], [{"path": "k-2"}, {"glob": "*.bin", "key": "k"}])
    assert list(gatherer.assets) == ["k-2", "k", "k-3", "k-4"]
    assert problems == ["asset-key"]


def test_keys_stay_unique_where_paths_differ_only_in_what_is_stripped() -> None:
    gatherer, _ = gather(["a\x07.tif", "a.tif", "a\ud800.tif"])
    assert list(gatherer.assets) == ["a.tif", "a.tif-2", "a.tif-3"] or len(set(gatherer.assets)) == 3
    assert len({asset.href for asset in gatherer.assets.values()}) == 3


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("a b.tif", "a%20b.tif"),
        ("d/é#?%.tif", "d/%C3%A9%23%3F%25.tif"),
        ("x\x01.tif", "x%01.tif"),
        ("\ud800.tif", "%ED%A0%80.tif"),
    ],
)
def test_paths_are_percent_encoded(path: str, href: str) -> None:
    gatherer, _ = gather([path])
    assert [asset.href for asset in gatherer.assets.values()] == [f"{BASE}/{href}"]


def test_odd_paths_of_a_repository_are_left_out() -> None:
    assert keys(["../a.tif", "/a.tif", "a//b.tif", "./a.tif", "", "ok.tif"]) == ["ok.tif"]


def test_what_the_rules_say_reaches_the_asset() -> None:
    rule = {"path": "a.bin", "type-as": "cog", "roles": ["data", "visual"], "title": "A", "description": "B"}
    gatherer, problems = gather(["a.bin"], [rule])
    assert gatherer.assets["a.bin"].to_dict() == {
        "href": f"{BASE}/a.bin",
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "title": "A",
        "description": "B",
        "roles": ["data", "visual"],
    }
    assert problems == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("*.bin", ["a.bin", "x/b.bin"]),
        (["x/*.bin"], ["x/b.bin"]),
        ([{"path": "b.bin"}], ["x/b.bin"]),
        ([{"path": "./a.bin"}], ["a.bin"]),
        ([{"href": "/a.bin", "key": "k"}], ["k"]),
        ({"k": "a.bin", "l": {"path": "x/b.bin"}}, ["k", "l"]),
        ([{"glob": "*.bin"}, {"path": "a.bin", "key": "first"}], ["first", "x/b.bin"]),
        ([{"href": "https://x.org/d/far.tif"}], ["far.tif"]),
        ([{"href": "s3://bucket/far.tif", "key": "far"}], ["far"]),
    ],
)
def test_forms_of_rules(rules: Any, expected: list[str]) -> None:
    gatherer, problems = gather(["a.bin", "x/b.bin"], rules)
    assert (list(gatherer.assets), problems) == (expected, [])


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (["nope.csv"], "asset-missing"),
        ([{"path": "nope.csv"}], "asset-missing"),
        ([{"href": "../../etc/passwd"}], "asset-missing"),
        ([{"href": "%2e%2e/x"}], "asset-missing"),
        ([{"href": "javascript:alert(1)", "key": "k"}], "asset-url"),
        ([{"href": "data:text/html,x", "key": "k"}], "asset-url"),
        ([{"href": "https://u:p@x.org/a", "key": "k"}], "asset-url"),
        ([{"href": "file:///etc/passwd", "key": "k"}], "asset-url"),
        ([{"href": "https://x.org/a?private_token=s", "key": "k"}], "asset-url"),
        ([{"title": "x"}], "asset-rule"),
        ([7], "asset-rule"),
        ([None], "asset-rule"),
        (7, "asset-rule"),
        ([{"glob": ["*"]}], "asset-rule"),
        ([{"glob": "../*"}], "asset-rule"),
        ([{"glob": "x" * 1000}], "asset-rule"),
        ([{"path": "a.bin", "colour": "red"}], "asset-field"),
        ([{"path": "a.bin", "type": "nonsense"}], "asset-type"),
        ([{"path": "a.bin", "type-as": "nonsense"}], "asset-type"),
        ([{"path": "a.bin", "roles": [{}]}], "asset-roles"),
        (["*.bin"] * 101, "asset-rules"),
    ],
)
def test_rules_that_cannot_be_used_are_told(rules: Any, problem: str) -> None:
    """The EOEPCA sample model names a file that does not exist."""
    gatherer, problems = gather(["a.bin"], rules)
    assert problems == [problem]
    assert all(asset.href.startswith(BASE) for asset in gatherer.assets.values())


def test_weights_of_a_model_are_checkpoints() -> None:
    runtime = {"path": "compose.yaml", "roles": ["ml-model:inference-runtime"]}
    gatherer, _ = gather(["m.onnx", "compose.yaml", "t.pt"], [runtime], category=AI_MODEL)
    assert {key: asset.roles for key, asset in gatherer.assets.items()} == {
        "compose.yaml": ["ml-model:inference-runtime"],
        "m.onnx": ["data", "ml-model:checkpoint"],
        "t.pt": ["data", "ml-model:checkpoint"],
    }
    assert gatherer.assets["compose.yaml"].media_type == "text/x-yaml; application=compose"
    assert gather(["m.onnx"], ["*.onnx"])[0].assets["m.onnx"].roles == ["data"]


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        (RepositoryFile("a.tif", "b", 7), {"file:size": 7}),
        (RepositoryFile("a.tif", "b", 0), {"file:size": 0}),
        (RepositoryFile("a.tif", "b", None), {}),
        (RepositoryFile("a.tif", "b", -1), {}),
        (RepositoryFile("a.tif", "b", 2**60), {}),
        (RepositoryFile("a.tif", "b", 130, "c" * 64), {"file:checksum": f"1220{'c' * 64}"}),
        (RepositoryFile("a.tif", "b", 5_000, "c" * 64), {"file:size": 5_000, "file:checksum": f"1220{'c' * 64}"}),
        (RepositoryFile("a.tif", "b", 130, "not hex"), {}),
    ],
)
def test_size_and_checksum_are_those_of_the_file(file: RepositoryFile, fields: dict[str, Any]) -> None:
    gatherer, _ = gather([file])
    assert gatherer.assets["a.tif"].extra_fields == fields
    assert gatherer.extensions() == ([FILE_EXTENSION] if fields else [])


@pytest.mark.parametrize(
    ("preview", "body", "readme_path", "key"),
    [
        ("docs/p.png", "", "README.md", "docs/p.png"),
        ("/docs/p.png", "", "README.md", "docs/p.png"),
        (None, "![preview](docs/p.png)", "README.md", "docs/p.png"),
        (None, "![ Preview ](p.png 'title')", "docs/README.md", "docs/p.png"),
        (None, "![preview](<docs/p.png>)", "README.md", "docs/p.png"),
        (None, "![preview](nope.png)", "README.md", "preview.jpg"),
        (None, "![other](docs/p.png)", "README.md", "preview.jpg"),
        (None, "", "README.md", "preview.jpg"),
        ("https://x.org/p.png", "", "README.md", "preview"),
    ],
)
def test_the_preview_is_the_thumbnail(preview: Any, body: str, readme_path: str, key: str) -> None:
    gatherer, problems = gather(["docs/p.png", "preview.jpg"], None, preview, body, readme_path=readme_path)
    assert [key for key, asset in gatherer.assets.items() if "thumbnail" in (asset.roles or [])] == [key]
    assert gatherer.preview == (gatherer.assets[key].href, gatherer.assets[key].media_type)
    assert problems == []


@pytest.mark.parametrize(
    "preview",
    ["nope.png", "a.svg", "a.html", "../p.png", "javascript:alert(1)", "https://u@x.org/p.png", 7, {}, ["p.png"]],
)
def test_a_preview_that_is_no_picture_is_told(preview: Any) -> None:
    gatherer, problems = gather(["a.svg", "a.html", "p.png"], None, preview)
    assert (problems, gatherer.preview) == (["preview"], None)


def test_an_empty_repository_has_no_assets() -> None:
    assert keys([]) == []


def test_an_owner_states_no_checksum_of_a_file_that_the_catalogue_holds() -> None:
    """A digest that is none, or a wrong one, was shown beside the catalogue's own address."""
    gatherer, _ = gather(["a.tif"], [{"path": "a.tif", "file:checksum": f"1220{'0' * 64}", "file:size": 1}])
    assert gatherer.assets["a.tif"].extra_fields == {}


@pytest.mark.parametrize("query", ["X-Amz-Signature=a", "sig=a", "token=a", "private-token=a", "api_key=a"])
def test_an_address_with_a_secret_is_no_asset(query: str) -> None:
    """Signed and private addresses were shown to everybody."""
    gatherer, problems = gather([], [{"href": f"https://example.org/a.tif?{query}"}])
    assert (list(gatherer.assets), problems) == ([], ["asset-url"])

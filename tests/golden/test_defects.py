"""Defects that golden projects and the test of any project brought to light, each by its name."""

from dataclasses import replace

import pytest

from stac_ext.categories import AI_MODEL, DATASET
from stac_ext.items.builder import build_item
from stac_ext.model import BuiltItem, ContainerImage, FileText, ImageTag, ModelVersion, Package, PackageFile, Release
from tests.golden.building import CONTEXT, build
from tests.golden.drawing import CREATED, project
from tests.golden.loading import load


def built(name: str) -> BuiltItem:
    [one] = build(load(name))
    return one


@pytest.mark.parametrize("scheme", ["javascript", "vbscript", "intent", "chrome"])
def test_a_remote_whose_scheme_runs_something_was_an_address(scheme: str) -> None:
    config = f"[core]\n    remote = r\n['remote \"r\"']\n    url = {scheme}://host/%0aalert(1)\n"
    [facts] = load("dvc-without-remote").heads
    item = build_item(replace(facts, texts={**facts.texts, ".dvc/config": FileText(config.encode())}), DATASET, CONTEXT)
    assert f"{scheme}:" not in str(item.item)
    assert "dvc-remote-url" in [problem.rule for problem in item.problems]


@pytest.mark.parametrize("name", ["packages-and-images", "registry-model", "unsafe-formats"])
def test_weights_in_packages_releases_and_the_registry_were_no_checkpoint(name: str) -> None:
    assets = built(name).item["assets"]
    published = [asset for key, asset in assets.items() if key.startswith(("package/", "model/", "release/"))]
    weights = [one for one in published if one["href"].endswith((".onnx", ".safetensors", ".ckpt", ".pkl"))]
    assert weights
    assert all("ml-model:checkpoint" in one["roles"] for one in weights)


def test_original_of_a_data_card_was_taken_for_a_project() -> None:
    one = built("hf-dataset")
    assert [reference.path for reference in one.references] == ["nlp/imdb", "nlp/older-reports"]
    assert "related" not in [problem.rule for problem in one.problems]


def test_the_pretty_name_of_a_data_card_was_no_title() -> None:
    assert built("hf-dataset").item["properties"]["title"] == "Reports from the field"


def test_a_number_with_an_exponent_was_text_among_hyperparameters() -> None:
    assert built("mlm-complete").item["properties"]["mlm:hyperparameters"]["weight_decay"] == 1e-4


def test_a_key_with_a_prefix_had_no_line() -> None:
    problems = {problem.rule: problem.line for problem in built("ml-model-flat-keys").problems}
    assert problems["ml-model-field"] == 6


def test_one_thing_was_several() -> None:
    assert "1 tensor (" in str(built("hf-shards").item)
    assert "1 output cannot" in str(built("dvc-local-remote").problems)


def test_an_onnx_file_had_another_artifact_type_than_onnx() -> None:
    asset = built("onnx-segmentation").item["assets"]["model.onnx"]
    assert asset["mlm:artifact_type"] == "onnx"
    assert {"mlm:model", "ml-model:checkpoint"} <= set(asset["roles"])


def test_a_tag_with_a_control_character_was_an_id() -> None:
    release = Release("v1\x0b.0", "One", "", CREATED, "d" * 40)
    item = build_item(project(releases=(release,)), DATASET, CONTEXT, release).item
    assert item["id"] == "42@v1.0"


def test_a_file_called_two_dots_was_addressed() -> None:
    files = (PackageFile(1, ".."), PackageFile(2, "a.onnx"))
    package = Package(1, "p", "1", "generic", CREATED, files)
    version = ModelVersion("m", "1", "", CREATED, 7, Package(2, "m", "1", "ml_model", CREATED, files))
    assets = build_item(project(packages=(package,), models=(version,)), AI_MODEL, CONTEXT).item["assets"]
    assert [key for key in assets if key.startswith(("package/", "model/"))] == [
        "model/m/1/a.onnx",
        "package/p/1/a.onnx",
    ]


def test_any_text_was_the_address_of_an_image() -> None:
    images = (ContainerImage("a b/\u00aa", (ImageTag("1"),)), ContainerImage("h.example/g/p", (ImageTag("\u00aa@x"),)))
    assert "oci:" not in str(build_item(project(images=images), AI_MODEL, CONTEXT).item)


def test_a_digest_that_is_none_was_a_checksum() -> None:
    package = Package(1, "p", "1", "generic", CREATED, (PackageFile(1, "a.bin", sha256="\x13B"),))
    assert "file:checksum" not in str(build_item(project(packages=(package,)), AI_MODEL, CONTEXT).item)


def test_stars_and_topics_had_no_bounds() -> None:
    item = build_item(project(stars=2**70, topics=("long " * 1_000,) * 500), DATASET, CONTEXT).item
    assert item["properties"]["sharinghub:stars"] == 2**53
    assert len(str(item["properties"]["sharinghub:topics"])) < 100_000


def test_a_field_that_was_not_used_was_told_as_a_source() -> None:
    told = {one.field: (one.value, one.source) for one in built("hostile-hrefs").provenance}
    assert told["providers"] == ("A, B, earth, Example GitLab", "README.md front matter and GitLab")
    [first, *_] = build(load("front-matter-of-wrong-types"))
    told = {one.field: (one.value, one.source) for one in first.provenance}
    assert told["title"] == ("front-matter-of-wrong-types", "project name")
    assert "bbox" not in told


def test_a_version_had_the_results_of_a_later_model() -> None:
    def model(version: str, loss: float) -> ModelVersion:
        return ModelVersion("m", version, "", CREATED, metrics=(("loss", loss),))

    release = Release("v1.0.0", "One", "", CREATED, "d" * 40)
    facts = project(releases=(release,), models=(model("1.0.0", 0.5), model("2.0.0", 0.1)))
    assert build_item(facts, AI_MODEL, CONTEXT, release).item["properties"]["sharinghub:metrics"] == {"loss": 0.5}
    other = replace(release, tag="v0.9.0")
    assert "sharinghub:metrics" not in build_item(facts, AI_MODEL, CONTEXT, other).item["properties"]

"""Defects that golden projects and the test of any project brought to light, each by its name."""

from dataclasses import replace

import pytest

from stac_ext.categories import DATASET
from stac_ext.items.builder import build_item
from stac_ext.model import BuiltItem, FileText
from tests.golden.building import CONTEXT, build
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

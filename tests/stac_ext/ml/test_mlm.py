"""That MLM is written whole when it is known and left out whole when it is not, by what an owner declares."""

from typing import Any

import pytest
import yaml

from stac_ext.ml.model import Model
from tests.stac_ext.ml.support import errors, item_of, read

WHOLE = """
mlm:name: Crop types v2
mlm:
  architecture: ResNet-18
  tasks: [scene-classification, classification]
  framework: pytorch
  framework_version: 2.3.0+cu121
  memory_size: 1048576
  total_parameters: 11700000
  pretrained: true
  pretrained_source: EuroSAT
  batch_size_suggestion: 64
  accelerator: cuda
  accelerator_constrained: false
  accelerator_summary: One GPU of 8 GB
  accelerator_count: 1
  artifact_type: torch.jit.save
  compile_method: jit
  entrypoint: crops.predict:main
  hyperparameters: {epochs: 20, "learning rate": 0.001}
  input:
    - name: 13 bands
      bands: [B01, {name: ndvi, format: rio-calc, expression: (B08 - B04) / (B08 + B04)}]
      input: {shape: [-1, 2, 64, 64], dim_order: [batch, bands, height, width], data_type: float32}
      description: Level 2A reflectance
      value_scaling:
        - {type: z-score, mean: 1354.4, stddev: 245.7}
        - {type: processing, format: python, expression: "pkg.mod:scale"}
      resize_type: crop
      pre_processing_function: {format: python, expression: "pkg.mod:load", description: Stacks the bands}
  output:
    - name: class
      tasks: [classification]
      description: Scores
      result: {shape: [-1, 2], dim_order: [batch, class], data_type: float32}
      classification:classes:
        - {value: 0, name: wheat, description: Wheat, color_hint: "#ffcc00"}
        - {value: 1, name: maize}
      post_processing_function:
        - {format: python, expression: "pkg.mod:softmax"}
        - {format: uri, expression: {href: "https://x.example/a.py", type: text/x-python}}
"""
SMALL = """
mlm:
  name: Small net
  architecture: MLP
  tasks: [regression]
  input: [{name: x, input: {shape: [-1, 4], dim_order: [batch, feature], data_type: float32}}]
  output: [{name: y, tasks: [regression], result: {shape: [-1], dim_order: [batch], data_type: float32}}]
"""
ARRAY = {"input": {"shape": [-1, 4], "dim_order": ["batch", "feature"], "data_type": "float32"}}


def mlm(model: Model) -> dict[str, Any]:
    properties = model.properties()
    return {key.removeprefix("mlm:"): value for key, value in properties.items() if key.startswith("mlm:")}


def small(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = yaml.safe_load(SMALL)
    fields["mlm"] |= changes
    return fields


def with_input(**changes: Any) -> dict[str, Any]:
    fields = small()
    fields["mlm"]["input"][0] |= changes
    return fields


def test_all_that_an_owner_may_write() -> None:
    model, rules = read(yaml.safe_load(WHOLE))
    assert rules == ["ml-model-unknown"]
    assert mlm(model) == {
        "name": "Crop types v2",
        "architecture": "ResNet-18",
        "tasks": ["scene-classification", "classification"],
        "framework": "PyTorch",
        "framework_version": "2.3.0+cu121",
        "memory_size": 1048576,
        "total_parameters": 11700000,
        "pretrained": True,
        "pretrained_source": "EuroSAT",
        "batch_size_suggestion": 64,
        "accelerator": "cuda",
        "accelerator_constrained": False,
        "accelerator_summary": "One GPU of 8 GB",
        "accelerator_count": 1,
        "hyperparameters": {"epochs": 20, "learning_rate": 0.001},
        "input": [
            {
                "name": "13 bands",
                "bands": [
                    "B01",
                    {"name": "ndvi", "format": "rio-calc", "expression": "(B08 - B04) / (B08 + B04)"},
                ],
                "input": {
                    "shape": [-1, 2, 64, 64],
                    "dim_order": ["batch", "bands", "height", "width"],
                    "data_type": "float32",
                },
                "description": "Level 2A reflectance",
                "value_scaling": [
                    {"type": "z-score", "mean": 1354.4, "stddev": 245.7},
                    {"type": "processing", "format": "python", "expression": "pkg.mod:scale"},
                ],
                "resize_type": "crop",
                "pre_processing_function": {
                    "format": "python",
                    "expression": "pkg.mod:load",
                    "description": "Stacks the bands",
                },
            }
        ],
        "output": [
            {
                "name": "class",
                "tasks": ["classification"],
                "description": "Scores",
                "result": {"shape": [-1, 2], "dim_order": ["batch", "class"], "data_type": "float32"},
                "classification:classes": [
                    {"value": 0, "description": "Wheat", "name": "wheat", "color_hint": "FFCC00"},
                    {"value": 1, "description": "maize", "name": "maize"},
                ],
                "post_processing_function": [
                    {"format": "python", "expression": "pkg.mod:softmax"},
                    {"format": "uri", "expression": {"href": "https://x.example/a.py", "type": "text/x-python"}},
                ],
            }
        ],
    }
    assert model.properties()["bands"] == [{"name": "B01"}, {"name": "ndvi"}]
    assert model.properties()["ml-model:architecture"] == "ResNet-18"
    assert model.properties()["ml-model:prediction_type"] == "classification"
    assert model.rest == {}
    assets = ("model.pt", "src/crops/predict.py", "notes.txt")
    assert errors(model, assets) == []
    told = item_of(model, assets)["assets"]
    assert told["model.pt"]["roles"] == ["data", "mlm:model", "mlm:weights"]
    assert told["model.pt"]["mlm:artifact_type"] == "torch.jit.save"
    assert told["model.pt"]["mlm:compile_method"] == "jit"
    assert told["model.pt"]["bands"] == [{"name": "B01"}, {"name": "ndvi"}]
    assert told["src/crops/predict.py"]["roles"] == ["data", "code"]
    assert told["src/crops/predict.py"]["mlm:entrypoint"] == "crops.predict:main"
    assert model.asset_fields("notes.txt") is None


@pytest.mark.parametrize("name", ["name", "architecture", "tasks", "input", "output"])
def test_without_one_required_field_there_is_none(name: str) -> None:
    fields = small()
    fields["mlm"][name] = None
    model, rules = read(fields, name="é", path="g/é")
    assert "mlm-incomplete" in rules
    assert mlm(model) == {}
    assert model.rest == {"mlm": fields["mlm"]}
    assert model.extensions() == ["https://stac-extensions.github.io/ml-model/v1.0.0/schema.json"]
    assert model.asset_fields("model.onnx") is None
    assert errors(model) == []


def test_without_a_file_of_the_model_there_is_none() -> None:
    model, _ = read(small())
    assert mlm(model)
    assert errors(model, ("README.md",)) == []
    assert errors(model, ()) == []


def test_a_file_is_the_model_where_its_owner_says_so() -> None:
    model, _ = read(small())
    assert model.asset_fields("weights.xyz") is None
    assert model.asset_fields("weights.xyz", ["mlm:model"]) == {"roles": ["mlm:model"], "mlm:artifact_type": "xyz"}


@pytest.mark.parametrize(
    ("name", "said"),
    [("Résumé net", "Resume net"), ("org/net", "org-net"), ("1st net!", "model-1st net"), ("ab", None), ("网络", None)],
)
def test_a_name_in_other_characters(name: str, said: str | None) -> None:
    model, rules = read(small(name=name))
    assert rules.count("mlm-value") == 1
    assert mlm(model)["name"] == (said or "Crop types")
    assert errors(model) == []


@pytest.mark.parametrize("value", ["2.3", 2.3, "two", "2.3.0.1", "02.3.0", ""])
def test_a_version_that_is_not_full_costs_itself(value: Any) -> None:
    model, rules = read(small(framework="PyTorch", framework_version=value))
    assert "mlm-value" in rules
    assert "framework_version" not in mlm(model)
    assert mlm(model)["framework"] == "PyTorch"


def test_a_version_as_python_writes_it() -> None:
    assert mlm(read(small(framework_version="2.3.0rc1"))[0])["framework_version"] == "2.3.0-rc1"


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"resize_type": "squash"}, {}),
        ({"value_scaling": [{"type": "z-score", "mean": 1}]}, {}),
        ({"value_scaling": [{"type": None}]}, {}),
        ({"value_scaling": {"type": "scale", "value": 255}}, {"value_scaling": [{"type": "scale", "value": 255}]}),
        ({"pre_processing_function": "pkg:main"}, {}),
        ({"pre_processing_function": {"format": "python"}}, {}),
        ({"pre_processing_function": {"format": "uri", "expression": {"href": "javascript:alert(1)"}}}, {}),
        ({"pre_processing_function": {"format": "uri", "expression": "https://u:p@x.example/a"}}, {}),
        ({"bands": [{"name": "a", "format": "x"}]}, {}),
        ({"bands": ["red"]}, {}),
        ({"description": ["x"]}, {}),
        ({"variables": ["t2m"]}, {}),
        ({"colour": 1}, {}),
    ],
)
def test_a_broken_part_of_an_input_costs_itself(change: dict[str, Any], kept: dict[str, Any]) -> None:
    model, rules = read(with_input(**change))
    assert (len(rules) == 2) != bool(kept)
    assert mlm(model)["input"] == [
        {
            "name": "x",
            "bands": [],
            "input": {"shape": [-1, 4], "dim_order": ["batch", "feature"], "data_type": "float32"},
            **kept,
        }
    ]
    assert errors(model) == []


@pytest.mark.parametrize(
    "structure",
    [
        None,
        {"shape": [], "dim_order": [], "data_type": "float32"},
        {"shape": [-1, 4], "dim_order": ["batch"], "data_type": "float32"},
        {"shape": [-1, 4], "dim_order": ["batch", "batch"], "data_type": "float32"},
        {"shape": [-1, 0], "dim_order": ["batch", "a"], "data_type": "float32"},
        {"shape": [-1, 4.5], "dim_order": ["batch", "a"], "data_type": "float32"},
        {"shape": [-1, 4], "dim_order": ["batch", "a1"], "data_type": "float32"},
        {"shape": [-1, 4], "dim_order": ["batch", "a"], "data_type": "float"},
        {"shape": "4", "dim_order": ["batch", "a"], "data_type": "float32"},
    ],
)
def test_a_broken_structure_costs_all_of_mlm(structure: Any) -> None:
    model, rules = read(with_input(input=structure))
    assert {"mlm-value", "mlm-incomplete"} <= set(rules)
    assert mlm(model) == {}


def test_bands_of_an_older_mlm_are_called_so() -> None:
    older = {
        "bands": ["red", "nir"],
        "input": {"shape": [-1, 2, 8, 8], "dim_order": ["batch", "channel", "height", "width"], "data_type": "uint8"},
        "norm_type": "min-max",
        "statistics": [{"minimum": 0, "maximum": 255}],
    }
    model, rules = read(with_input(**older))
    assert {"mlm-dimension", "mlm-older"} <= set(rules)
    [entry] = mlm(model)["input"]
    assert entry["input"]["dim_order"] == ["batch", "bands", "height", "width"]
    assert entry["value_scaling"] == [{"type": "min-max", "minimum": 0, "maximum": 255}]
    assert errors(model) == []


def test_a_dimension_of_bands_without_bands_is_called_otherwise() -> None:
    structure = {"shape": [-1, 2], "dim_order": ["batch", "bands"], "data_type": "torch.float32"}
    model, _ = read(with_input(input=structure))
    assert mlm(model)["input"][0]["input"]["dim_order"] == ["batch", "band"]
    assert errors(model) == []


def test_a_model_without_input_may_say_so() -> None:
    model, _ = read(small(input=[]))
    assert mlm(model)["input"] == []
    assert errors(model) == []


def test_trained_from_scratch() -> None:
    assert mlm(read(small(pretrained=False, pretrained_source="x"))[0])["pretrained_source"] is None
    assert mlm(read(small(pretrained_source=None))[0])["pretrained_source"] is None
    assert "pretrained_source" not in mlm(read(small(pretrained=True))[0])


def test_a_source_with_a_password_is_not_shown() -> None:
    model, rules = read(small(pretrained=True, pretrained_source="https://me:secret@data.example/x"))
    assert "mlm-value" in rules
    assert "pretrained_source" not in mlm(model)


def test_more_than_an_item_should_hold_is_left_out() -> None:
    described = [{"name": f"x{n}", "description": "d" * 2_000, **ARRAY} for n in range(99)]
    model, rules = read(small(input=described))
    assert "mlm-size" in rules
    assert mlm(model) == {}


def test_what_mlm_does_not_know_is_kept_apart() -> None:
    model, rules = read(small(colour="red", **{"mlm:batch-size-suggestion": 8}))
    assert "mlm-field" in rules
    assert model.rest == {"mlm": {"colour": "red"}}
    assert mlm(model)["batch_size_suggestion"] == 8


@pytest.mark.parametrize(
    ("tasks", "kept"),
    [
        (["Semantic Segmentation", "image-classification", "cooking"], ["semantic-segmentation", "classification"]),
        ("object_detection, regression", ["object-detection", "regression"]),
    ],
)
def test_tasks_by_other_names(tasks: Any, kept: list[str]) -> None:
    assert mlm(read(small(tasks=tasks))[0])["tasks"] == kept


@pytest.mark.parametrize("block", [7, "text", [{}]])
def test_a_block_that_is_no_mapping(block: Any) -> None:
    model, rules = read({"mlm": block})
    assert rules[0] == "mlm-block"
    assert mlm(model) == {}

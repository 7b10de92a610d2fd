"""That a model's ml-model fields are always complete, and only what the schema knows."""

from typing import Any

import pytest

from stac_ext.items.ml_model import read_ml_model
from stac_ext.problem_log import ProblemLog

WHOLE = {"learning_approach": "supervised", "prediction_type": "segmentation", "architecture": "U-Net"}


def read(fields: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any], list[str]]:
    log = ProblemLog()
    model = read_ml_model(fields, log)
    properties = {key.removeprefix("ml-model:"): value for key, value in model.properties().items()}
    assert properties.pop("type") == "ml-model"
    return properties, model.rest, [problem.rule for problem in log.result()]


@pytest.mark.parametrize(
    "fields",
    [
        {"ml-model": WHOLE},
        {f"ml-model:{key}": value for key, value in WHOLE.items()},
        {"extensions": {"ml-model": WHOLE}},
        {"ml-model": {key.replace("_", "-").title(): value for key, value in WHOLE.items()}},
        {"ml-model": {f"ml-model:{key}": value for key, value in WHOLE.items()}},
        {"ml-model": {**WHOLE, "type": "ml-model"}, "extensions": {"ml-model": "https://example.org/schema.json"}},
    ],
)
def test_where_the_fields_stand(fields: dict[str, Any]) -> None:
    assert read(fields) == (WHOLE, {}, [])


def test_what_is_not_told_is_unknown_and_said() -> None:
    unknown = dict.fromkeys(WHOLE, "unknown")
    assert read({}) == (unknown, {}, ["ml-model-unknown"] * 3)
    assert read({"ml-model": {**WHOLE, "architecture": " "}})[0]["architecture"] == "unknown"


@pytest.mark.parametrize("value", [7, True, [], ["a", "b"], {}, {"a": "b"}, 1.5, "", "\x00"])
def test_a_wrong_type_is_unknown_and_said(value: Any) -> None:
    properties, _, problems = read({"ml-model": {**WHOLE, "architecture": value}})
    assert properties["architecture"] == "unknown"
    assert problems == ["ml-model-value", "ml-model-unknown"]


@pytest.mark.parametrize("block", [7, "text", [WHOLE], True])
def test_a_block_that_is_no_mapping(block: Any) -> None:
    assert read({"ml-model": block})[2] == ["ml-model-block"] + ["ml-model-unknown"] * 3


def test_the_training_environment() -> None:
    told = {"training-os": "linux", "training_processor_type": "GPU"}
    assert read({"ml-model": WHOLE | told}) == (
        WHOLE | {"training-os": "linux", "training-processor-type": "gpu"},
        {},
        [],
    )
    assert read({"ml-model": {**WHOLE, "training-processor-type": "tpu"}}) == (WHOLE, {}, ["ml-model-value"])
    assert read({"ml-model": {**WHOLE, "training-os": 11}}) == (WHOLE, {}, ["ml-model-value"])


def test_what_the_schema_does_not_know_is_kept_apart() -> None:
    assert read({"ml-model": {**WHOLE, "type": "other", "colour": {"a": 1}}, "ml-model:x": 2}) == (
        WHOLE,
        {"colour": {"a": 1}, "x": 2},
        ["ml-model-field", "ml-model-field", "ml-model-type"],
    )

"""That card metadata of the shapes seen at Hugging Face is understood, and that what it leaves open stays open."""

from typing import Any

import pytest
import yaml

from stac_ext.ml.card import read_card, read_keys
from stac_ext.ml.known import ModelFacts
from stac_ext.ml.references import Reference, ReferenceKind, read_references
from stac_ext.problem_log import ProblemLog

SEGMENTATION = """
license: apache-2.0
library_name: transformers
pipeline_tag: image-segmentation
tags: [vision, earth-observation, supervised]
datasets: [acme/field-boundaries, landcover]
base_model: acme/vit-small
metrics: [mean_iou, accuracy]
model-index:
  - name: fields-vit-small
    results:
      - task: {type: image-segmentation, name: Semantic segmentation}
        dataset: {name: Field boundaries, type: acme/field-boundaries, split: test, config: v2}
        metrics:
          - {type: mean_iou, value: 0.71, name: Mean IoU}
          - {type: accuracy, value: 93.4, verified: true}
          - {type: f1, value: "0.80"}
"""


def read(text: str) -> tuple[ModelFacts, list[str]]:
    log = ProblemLog()
    facts = read_card(yaml.safe_load(text) or {}, log)
    return facts, [problem.rule for problem in log.result()]


def told(fact: Any) -> tuple[Any, str] | None:
    return None if fact is None else (fact.value, fact.source)


def test_a_whole_card() -> None:
    facts, rules = read(SEGMENTATION)
    assert rules == []
    assert told(facts.name) == ("fields-vit-small", "README.md card")
    assert told(facts.framework) == ("Hugging Face", "README.md card library_name")
    assert told(facts.prediction_type) == ("segmentation", "README.md card pipeline_tag")
    assert told(facts.tasks) == (("segmentation",), "README.md card pipeline_tag")
    assert told(facts.learning_approach) == ("supervised", "README.md card tags")
    assert facts.architecture is None
    assert [row.to_dict() for row in facts.evaluations] == [
        {
            "dataset": "Field boundaries",
            "config": "v2",
            "split": "test",
            "task": "image-segmentation",
            "metric": metric,
            **name,
            "value": value,
            "source": "README.md model-index",
        }
        for metric, name, value in (("mean_iou", {"name": "Mean IoU"}, 0.71), ("accuracy", {}, 93.4), ("f1", {}, 0.8))
    ]


def test_the_keys_that_are_shown_elsewhere() -> None:
    fields = yaml.safe_load(SEGMENTATION)
    facts, _ = read(SEGMENTATION)
    assert read_keys(fields, facts) == {"library_name", "pipeline_tag", "model-index"}
    fields = {"pipeline_tag": "robotics", "library_name": "", "model-index": 7}
    assert read_keys(fields, read_card(fields, ProblemLog())) == frozenset()


@pytest.mark.parametrize(
    ("tag", "prediction", "tasks"),
    [
        ("image-classification", "classification", ("classification",)),
        ("Object Detection", "object-detection", ("object-detection",)),
        ("mask-generation", "segmentation", ("segmentation",)),
        ("tabular-regression", "regression", ("regression",)),
        ("time-series-forecasting", "regression", ("regression",)),
        ("text-generation", "text-generation", ("generative",)),
        ("sentence-similarity", "sentence-similarity", ("similarity-search",)),
        ("depth-estimation", "depth-estimation", None),
        ("image-to-image", "image-to-image", None),
    ],
)
def test_what_a_pipeline_means(tag: str, prediction: str, tasks: tuple[str, ...] | None) -> None:
    facts, rules = read(f"pipeline_tag: {tag}")
    assert rules == []
    assert facts.prediction_type is not None
    assert facts.prediction_type.value == prediction
    assert (facts.tasks and facts.tasks.value) == tasks


@pytest.mark.parametrize("value", ["robotics", "[image-segmentation]", "7", "''", "no such task"])
def test_a_pipeline_that_says_no_type_of_prediction(value: str) -> None:
    facts, rules = read(f"pipeline_tag: {value}")
    assert rules == ["card-value"]
    assert (facts.prediction_type, facts.tasks) == (None, None)


def test_reinforcement_learning_is_how_a_model_learns_and_not_what_it_predicts() -> None:
    facts, rules = read("pipeline_tag: reinforcement-learning\nlibrary_name: stable-baselines3")
    assert rules == []
    assert told(facts.learning_approach) == ("reinforcement-learning", "README.md card pipeline_tag")
    assert facts.prediction_type is None
    assert told(facts.framework) == ("stable-baselines3", "README.md card library_name")


def test_without_a_pipeline_a_tag_or_the_results_tell_the_task() -> None:
    facts, _ = read("tags: [pytorch, image-classification, unsupervised, supervised]")
    assert told(facts.prediction_type) == ("classification", "README.md card tags")
    assert told(facts.framework) == ("PyTorch", "README.md card tags")
    assert facts.learning_approach is None
    index = "model-index: [{results: [{task: {type: object-detection}, metrics: [{type: map, value: 0.4}]}]}]"
    assert told(read(index)[0].tasks) == (("object-detection",), "README.md model-index")


def test_tags_that_name_two_frameworks_tell_none() -> None:
    assert read("tags: [pytorch, tf, onnx]")[0].framework is None


def test_metrics_with_values_are_results_and_bare_names_are_not() -> None:
    facts, _ = read("metrics: {Accuracy: 0.93, loss: .nan}")
    assert [(row.metric, row.value) for row in facts.evaluations] == [("Accuracy", 0.93)]
    assert read_keys({"metrics": {}}, facts) == {"metrics"}
    facts, _ = read("metrics: [{name: wer, value: '12.5 %'}]")
    assert [(row.metric, row.value) for row in facts.evaluations] == [("wer", "12.5 %")]
    facts, _ = read("metrics: [accuracy]")
    assert facts.evaluations == ()
    assert read_keys({"metrics": ["accuracy"]}, facts) == frozenset()


@pytest.mark.parametrize(
    "index",
    [
        "7",
        "text",
        "[1]",
        "[{name: a}]",
        "[{results: [1]}]",
        "[{results: [{metrics: [{type: a}, 5]}]}]",
        "[{results: 1}]",
    ],
)
def test_a_broken_index_is_told(index: str) -> None:
    facts, rules = read(f"model-index: {index}")
    assert facts.evaluations == ()
    assert set(rules) == {"model-index"}


def test_hyperparameters() -> None:
    facts, rules = read("hyperparameters: {learning rate: 0.001, epochs: 20, optim/name: AdamW, betas: [0.9, 0.99]}")
    assert rules == []
    assert facts.hyperparameters is not None
    assert facts.hyperparameters.value == {
        "learning_rate": 0.001,
        "epochs": 20,
        "optim_name": "AdamW",
        "betas": [0.9, 0.99],
    }
    assert read("hyperparameters: [1]")[1] == ["card-value"]


def test_references_keep_what_kind_of_name_they_are() -> None:
    log = ProblemLog()
    fields = {"datasets": ["acme/fields", "https://gl.example/a/b", 42, {"x": 1}, "imagenet"], "base_model": "a/b"}
    found = read_references(fields, log)
    assert found.train_data == (
        Reference("acme/fields", ReferenceKind.PATH, "datasets"),
        Reference("https://gl.example/a/b", ReferenceKind.URL, "datasets"),
        Reference("42", ReferenceKind.ID, "datasets"),
        Reference("imagenet", ReferenceKind.NAME, "datasets"),
    )
    assert found.base_models == (Reference("a/b", ReferenceKind.PATH, "base_model"),)
    assert [problem.rule for problem in log.result()] == ["card-value"]

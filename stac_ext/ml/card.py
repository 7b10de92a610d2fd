"""What the metadata of a Hugging Face model card says about a model: its task, its library, its results.

Source: https://huggingface.co/docs/hub/model-cards
"""

from typing import Any, Final

from stac_ext.ml.evaluations import Evaluation, read_metrics, read_model_index
from stac_ext.ml.hyperparameters import read_hyperparameters
from stac_ext.ml.known import Known, ModelFacts
from stac_ext.ml.mlm_declared import model_name_of
from stac_ext.ml.values import slug_of, text_of
from stac_ext.ml.vocabulary import LEARNING_APPROACHES, framework_of, pipeline_names, tagged_framework
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, lines_of, quoted

SOURCE: Final = "README.md card"
INDEX_SOURCE: Final = "README.md model-index"

_REINFORCEMENT: Final = "reinforcement-learning"


def read_card(fields: dict[str, Any], log: ProblemLog) -> ModelFacts:
    """The facts that card metadata tells: `pipeline_tag`, `library_name`, `tags`, `model-index`, `metrics`."""
    tags, _ = lines_of(fields.get("tags"))
    evaluations = _evaluations(fields, log)
    pipeline, source = _pipeline(fields, tags, evaluations, log)
    prediction, task = pipeline_names(pipeline) or (None, None) if pipeline else (None, None)
    learning: list[str] = [name for name in LEARNING_APPROACHES if name in {slug_of(tag) for tag in tags}]
    if pipeline == _REINFORCEMENT:
        learning = [pipeline]
    framework = _library(fields, log)
    tagged = tagged_framework(tags)
    name = _model_name(fields.get("model-index")) or line_of(fields.get("model_name"))
    model_name = model_name_of(name) if name else None
    return ModelFacts(
        name=Known(model_name, SOURCE) if model_name else None,
        learning_approach=Known(learning[0], source if pipeline == _REINFORCEMENT else f"{SOURCE} tags")
        if len(learning) == 1
        else None,
        prediction_type=Known(prediction, source) if prediction else None,
        tasks=Known((task,), source) if task else None,
        framework=framework or (Known(tagged, f"{SOURCE} tags") if tagged else None),
        hyperparameters=_hyperparameters(fields, log),
        evaluations=evaluations,
    )


def read_keys(fields: dict[str, Any], facts: ModelFacts) -> frozenset[str]:
    """The keys of a card that told a fact; what told none, as bare names of metrics, stays with the rest."""
    sources = {told.source for told in (facts.prediction_type, facts.learning_approach, facts.framework) if told}
    results = {told.source for told in facts.evaluations}
    used = {
        "pipeline_tag": f"{SOURCE} pipeline_tag" in sources,
        "library_name": f"{SOURCE} library_name" in sources,
        "model-index": INDEX_SOURCE in results,
        "model_index": INDEX_SOURCE in results,
        "metrics": f"{SOURCE} metrics" in results,
        "hyperparameters": facts.hyperparameters is not None,
    }
    return frozenset(key for key, told in used.items() if told and key in fields)


def _pipeline(
    fields: dict[str, Any], tags: list[str], evaluations: tuple[Evaluation, ...], log: ProblemLog
) -> tuple[str | None, str]:
    """The task, as Hugging Face finds it: stated, else the first tag that is a task, else that of the results."""
    value = fields.get("pipeline_tag")
    told = slug_of(value) if isinstance(value, str) else ""
    if told and (pipeline_names(told) or told == _REINFORCEMENT):
        return told, f"{SOURCE} pipeline_tag"
    if value is not None:
        said = f"`pipeline_tag` is {quoted(value)}, which says no type of prediction."
        log.add("card-value", said, "Write a task of Hugging Face.", field="pipeline_tag")
    for tag in tags:
        if pipeline_names(tag) or slug_of(tag) == _REINFORCEMENT:
            return slug_of(tag), f"{SOURCE} tags"
    for evaluation in evaluations:
        if evaluation.task and pipeline_names(evaluation.task):
            return slug_of(evaluation.task), INDEX_SOURCE
    return None, SOURCE


def _library(fields: dict[str, Any], log: ProblemLog) -> Known[str] | None:
    value = fields.get("library_name")
    if value is None:
        return None
    try:
        return Known(framework_of(text_of(value, 100)), f"{SOURCE} library_name")
    except ValueError as error:
        log.add("card-value", f"`library_name` is not used: {error}.", "Correct it.", field="library_name")
        return None


def _evaluations(fields: dict[str, Any], log: ProblemLog) -> tuple[Evaluation, ...]:
    index = next((fields[key] for key in ("model-index", "model_index") if fields.get(key) is not None), None)
    told = () if index is None else read_model_index(index, INDEX_SOURCE, log)
    return (*told, *read_metrics(fields.get("metrics"), f"{SOURCE} metrics"))


def _model_name(index: Any) -> str | None:
    first = index[0] if isinstance(index, list) and index else index
    return line_of(first.get("name"), 300) if isinstance(first, dict) else None


def _hyperparameters(fields: dict[str, Any], log: ProblemLog) -> Known[dict[str, Any]] | None:
    value = fields.get("hyperparameters")
    if value is None:
        return None
    try:
        return Known(read_hyperparameters(value), "README.md front matter")
    except ValueError as error:
        said = f"`hyperparameters` is kept in `sharinghub:extra` only: {error}."
        log.add("card-value", said, "Write a mapping.", field="hyperparameters")
        return None

"""Which results a model is said to reach: one row per metric, and the first value of each metric by its plain name.

Source: https://github.com/huggingface/hub-docs/blob/main/modelcard.md (`model-index`)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from stac_ext.ml.values import number_of, slug_of
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, quoted

MAX_EVALUATIONS: Final = 200
MAX_CELL: Final = 120

_FIX: Final = "Write `model-index` as the Hugging Face model card does."


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One result. `metric` is the metric's identifier, `value` a finite number, or text where it is none."""

    metric: str
    value: int | float | str
    source: str
    dataset: str | None = None
    task: str | None = None
    name: str | None = None
    split: str | None = None
    config: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON, in the order of a table's columns."""
        told = {name: getattr(self, name) for name in ("dataset", "config", "split", "task", "metric", "name", "value")}
        return {**{name: value for name, value in told.items() if value is not None}, "source": self.source}


def table(evaluations: Iterable[Evaluation]) -> list[dict[str, Any]]:
    """The property `sharinghub:evaluations`: at most 200 rows, each once whichever source tells it first."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for told in evaluations:
        rows.setdefault((told.dataset, told.config, told.split, told.task, told.metric, told.name), told.to_dict())
    return list(rows.values())[:MAX_EVALUATIONS]


def by_metric(evaluations: Iterable[Evaluation]) -> dict[str, int | float]:
    """The property `sharinghub:metrics`: for each metric, as `f1_macro`, the first number that is told."""
    metrics: dict[str, int | float] = {}
    for told in list(evaluations)[:MAX_EVALUATIONS]:
        name = slug_of(told.metric, "_")
        if name and not isinstance(told.value, str):
            metrics.setdefault(name, told.value)
    return metrics


def read_metrics(value: Any, source: str, task: str | None = None) -> tuple[Evaluation, ...]:
    """Metrics with their values: a mapping from name to value, or a list of mappings with `type` or `name`."""
    if isinstance(value, dict):
        value = [{"type": name, "value": entry} for name, entry in value.items()]
    if not isinstance(value, list):
        return ()
    read = (_evaluation(entry, source, task, {}) for entry in value[:MAX_EVALUATIONS])
    return tuple(evaluation for evaluation in read if evaluation is not None)


def read_model_index(value: Any, source: str, log: ProblemLog) -> tuple[Evaluation, ...]:
    """The results below `model-index`; an entry that is broken costs itself."""
    evaluations: list[Evaluation] = []
    for result, entry in _metrics_of(value, log):
        dataset, task = (part if isinstance(part := result.get(key), dict) else {} for key in ("dataset", "task"))
        task_name = line_of(task.get("type"), MAX_CELL) or line_of(task.get("name"), MAX_CELL)
        evaluation = _evaluation(entry, source, task_name, dataset)
        if evaluation is None:
            said = "A metric of `model-index` has no name or no value."
            log.add("model-index", said, "Write its `type` and `value`.", field="model-index")
        elif len(evaluations) < MAX_EVALUATIONS:
            evaluations.append(evaluation)
        else:
            said = f"Only the first {MAX_EVALUATIONS} results of `model-index` are used."
            log.add("model-index", said, field="model-index")
            break
    return tuple(evaluations)


def _metrics_of(value: Any, log: ProblemLog) -> Iterable[tuple[dict[str, Any], Any]]:
    for model in value if isinstance(value, list) else [value]:
        results = model.get("results") if isinstance(model, dict) else None
        if not isinstance(results, list):
            said = f"`model-index` holds {quoted(model)} without a list of `results`."
            log.add("model-index", said, _FIX, field="model-index")
            continue
        for result in results:
            metrics = result.get("metrics") if isinstance(result, dict) else None
            if isinstance(metrics, list):
                yield from ((result, entry) for entry in metrics)
            else:
                log.add("model-index", "A result has no list of `metrics`.", _FIX, field="model-index")


def _evaluation(entry: Any, source: str, task: str | None, dataset: dict[str, Any]) -> Evaluation | None:
    if not isinstance(entry, dict):
        return None
    name = line_of(entry.get("name"), MAX_CELL)
    metric = line_of(entry.get("type"), MAX_CELL) or name
    number = number_of(entry.get("value"))
    value = number if number is not None else line_of(entry.get("value"), MAX_CELL)
    if metric is None or value is None or value in ("nan", "inf", "-inf"):
        return None
    return Evaluation(
        metric=metric,
        value=value,
        source=source,
        dataset=line_of(dataset.get("name"), MAX_CELL) or line_of(dataset.get("type"), MAX_CELL),
        task=task,
        name=name if name != metric else None,
        split=line_of(dataset.get("split"), MAX_CELL),
        config=line_of(dataset.get("config"), MAX_CELL),
    )

"""Which facts about a model there are, each with where it came from, and which source wins where several tell it."""

from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from stac_ext.ml.evaluations import Evaluation
from stac_ext.ml.mlm_objects import ModelInput, ModelOutput, Runtime

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A fact and its source, such as `README.md card`, `MLmodel` or `model registry`."""

    value: T
    source: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What one source, or all of them merged, tells about a model; None where it tells nothing.

    `hyperparameters` have keys as MLM allows them. `weights_types` are the data types of the stored tensors.
    """

    name: Known[str] | None = None
    architecture: Known[str] | None = None
    learning_approach: Known[str] | None = None
    prediction_type: Known[str] | None = None
    training_os: Known[str] | None = None
    training_processor_type: Known[str] | None = None
    tasks: Known[tuple[str, ...]] | None = None
    framework: Known[str] | None = None
    framework_version: Known[str] | None = None
    inputs: Known[tuple[ModelInput, ...]] | None = None
    outputs: Known[tuple[ModelOutput, ...]] | None = None
    hyperparameters: Known[dict[str, Any]] | None = None
    total_parameters: Known[int] | None = None
    runtime: Known[Runtime] | None = None
    weights_types: Known[tuple[str, ...]] | None = None
    evaluations: tuple[Evaluation, ...] = ()


def merge(*sources: ModelFacts) -> ModelFacts:
    """Each fact from the first source that tells it; the evaluations of all.

    A version of the framework counts only beside the framework that it is of.
    """
    merged: dict[str, Any] = {}
    for name in (field.name for field in fields(ModelFacts)):
        if name != "evaluations":
            merged[name] = next((told for source in sources if (told := getattr(source, name)) is not None), None)
    framework = merged["framework"]
    merged["framework_version"] = next(
        (
            source.framework_version
            for source in sources
            if source.framework_version is not None
            and (source.framework is None or framework is None or source.framework.value == framework.value)
        ),
        None,
    )
    told = [evaluation for source in sources for evaluation in source.evaluations]
    return ModelFacts(**merged, evaluations=tuple(told))

"""What GitLab's model registry says about a model: the parameters and metrics of its newest version.

Source: https://docs.gitlab.com/user/project/ml/model_registry/
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from stac_ext.ml.evaluations import MAX_EVALUATIONS, Evaluation
from stac_ext.ml.hyperparameters import from_texts
from stac_ext.ml.known import Known, ModelFacts
from stac_ext.ml.mlm_declared import model_name_of
from stac_ext.ml.values import number_of
from stac_ext.model import ModelVersion
from stac_ext.sanitize import TITLE_LIMIT, clean_line

SOURCE: Final = "model registry"


def read_registry(models: Sequence[ModelVersion]) -> ModelFacts:
    """The facts of the version that was made last."""
    if not models:
        return ModelFacts()
    newest = max(models, key=lambda version: _utc(version.created_at))
    source = clean_line(f"{SOURCE} {newest.model} {newest.version}", TITLE_LIMIT)
    name = model_name_of(clean_line(newest.model, 300))
    parameters = from_texts(newest.parameters)
    return ModelFacts(
        name=Known(name, source) if name else None,
        hyperparameters=Known(parameters, source) if parameters else None,
        evaluations=tuple(
            Evaluation(metric, number, source)
            for name, value in newest.metrics[:MAX_EVALUATIONS]
            if (metric := clean_line(name, TITLE_LIMIT)) and (number := number_of(value)) is not None
        ),
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

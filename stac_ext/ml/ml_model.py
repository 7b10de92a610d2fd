"""What an item says by the ml-model extension: its fields, always complete, and nothing that its schema does not know.

A required field that no source tells is the literal `unknown`, and that is told to the owner.
Source: https://github.com/stac-extensions/ml-model (v1.0.0)
"""

from dataclasses import dataclass, field
from typing import Any, Final

from stac_ext.ml.blocks import gather_block, is_key_of
from stac_ext.ml.known import Known, ModelFacts
from stac_ext.ml.vocabulary import tasks_of
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, quoted

EXTENSION: Final = "https://stac-extensions.github.io/ml-model/v1.0.0/schema.json"
PREFIX: Final = "ml-model"
UNKNOWN: Final = "unknown"
SOURCE: Final = "README.md front matter ml-model"

_REQUIRED: Final = {
    "learning_approach": "supervised",
    "prediction_type": "classification",
    "architecture": "U-Net",
}
_OPTIONAL: Final = ("training-os", "training-processor-type")
_PROCESSORS: Final = frozenset({"cpu", "gpu"})
_FIELDS: Final = {name.replace("-", "_"): name for name in ("type", *_REQUIRED, *_OPTIONAL)}


@dataclass(frozen=True, slots=True)
class MlModel:
    """The fields of ml-model v1.0.0; `rest` holds what a README says under the prefix and the schema does not know."""

    learning_approach: str = UNKNOWN
    prediction_type: str = UNKNOWN
    architecture: str = UNKNOWN
    training_os: str | None = None
    training_processor_type: str | None = None
    rest: dict[str, Any] = field(default_factory=dict)

    def properties(self) -> dict[str, str]:
        """As STAC Item properties."""
        optional = {"training-os": self.training_os, "training-processor-type": self.training_processor_type}
        return {
            f"{PREFIX}:type": PREFIX,
            f"{PREFIX}:learning_approach": self.learning_approach,
            f"{PREFIX}:prediction_type": self.prediction_type,
            f"{PREFIX}:architecture": self.architecture,
            **{f"{PREFIX}:{name}": value for name, value in optional.items() if value is not None},
        }


def is_ml_model_key(key: str) -> bool:
    """Whether a key of the front matter belongs to this extension."""
    return is_key_of(PREFIX, key)


def read_declared(fields: dict[str, Any], log: ProblemLog) -> tuple[ModelFacts, dict[str, Any]]:
    """What the front matter says under this prefix, and what of it the schema does not know."""
    declared = gather_block(fields, PREFIX, _FIELDS, log)
    told = {name: declared.pop(name) for name in _FIELDS.values() if name in declared}
    for key in declared:
        said = f"ml-model v1.0.0 has no field {quoted(key)}; it is kept in `sharinghub:extra`."
        log.add("ml-model-field", said, f"Known are {', '.join(_FIELDS.values())}.", field=f"{PREFIX}.{key}")
    if told.get("type", PREFIX) != PREFIX:
        log.add("ml-model-type", "`ml-model:type` can only be `ml-model`.", "Remove it.", field=PREFIX)
    processor = _text("training-processor-type", told, log)
    if processor is not None and processor.lower() not in _PROCESSORS:
        said = f"`training-processor-type` is {quoted(processor)}, neither cpu nor gpu."
        log.add("ml-model-value", said, "Write `cpu` or `gpu`.", field=f"{PREFIX}.training-processor-type")
        processor = None
    texts = {name: text for name in _REQUIRED if (text := _text(name, told, log)) and text.lower() != UNKNOWN}
    tasks = tasks_of(texts.get("prediction_type", ""))
    facts = ModelFacts(
        architecture=_known(texts.get("architecture")),
        learning_approach=_known(texts.get("learning_approach")),
        prediction_type=_known(texts.get("prediction_type")),
        tasks=Known(tasks, SOURCE) if tasks else None,
        training_os=_known(_text("training-os", told, log)),
        training_processor_type=_known(processor.lower() if processor else None),
    )
    return facts, declared


def complete(facts: ModelFacts, rest: dict[str, Any], log: ProblemLog) -> MlModel:
    """The extension's fields from what all sources tell; what is not known is said."""
    required: dict[str, str] = {}
    for name, example in _REQUIRED.items():
        told: Known[str] | None = getattr(facts, name)
        required[name] = told.value if told else UNKNOWN
        if told is None:
            fix = f"Write `{name}: {example}` below `ml-model:`."
            log.add("ml-model-unknown", f"`ml-model:{name}` is not known; the item says `unknown`.", fix, field=PREFIX)
    return MlModel(
        **required,
        training_os=facts.training_os.value if facts.training_os else None,
        training_processor_type=facts.training_processor_type.value if facts.training_processor_type else None,
        rest=rest,
    )


def read_ml_model(fields: dict[str, Any], log: ProblemLog) -> MlModel:
    """The extension's fields from the front matter's own words alone."""
    return complete(*read_declared(fields, log), log)


def _known(text: str | None) -> Known[str] | None:
    return Known(text, SOURCE) if text else None


def _text(name: str, told: dict[str, Any], log: ProblemLog) -> str | None:
    value = told.get(name)
    text = line_of(value, 500) if isinstance(value, str) else None
    if value is not None and text is None:
        said = f"`ml-model:{name}` is {quoted(value)}, not text."
        log.add("ml-model-value", said, "Write text.", field=f"{PREFIX}.{name}")
    return text

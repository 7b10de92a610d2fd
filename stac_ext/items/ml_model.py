"""What an item says by the ml-model extension: its fields, always complete, and nothing that its schema does not know.

A required field that the README does not tell is the literal `unknown`, and that is told to the owner.
Source: https://github.com/stac-extensions/ml-model (v1.0.0)
"""

from dataclasses import dataclass, field
from typing import Any, Final

from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import line_of, quoted

EXTENSION: Final = "https://stac-extensions.github.io/ml-model/v1.0.0/schema.json"
PREFIX: Final = "ml-model"
UNKNOWN: Final = "unknown"

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
    return key == PREFIX or key.startswith(f"{PREFIX}:")


def read_ml_model(fields: dict[str, Any], log: ProblemLog) -> MlModel:
    """Read the block `ml-model`, keys as `ml-model:architecture`, and a block below `extensions`; the former win."""
    declared = _gather(fields, log)
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
    required = {name: _text(name, told, log) for name in _REQUIRED}
    for name, example in _REQUIRED.items():
        if required[name] is None:
            fix = f"Write `{name}: {example}` below `ml-model:`."
            log.add("ml-model-unknown", f"`ml-model:{name}` is not known; the item says `unknown`.", fix, field=PREFIX)
    return MlModel(
        learning_approach=required["learning_approach"] or UNKNOWN,
        prediction_type=required["prediction_type"] or UNKNOWN,
        architecture=required["architecture"] or UNKNOWN,
        training_os=_text("training-os", told, log),
        training_processor_type=processor.lower() if processor else None,
        rest=declared,
    )


def _gather(fields: dict[str, Any], log: ProblemLog) -> dict[str, Any]:
    extensions = fields.get("extensions")
    declared: dict[str, Any] = {}
    for source, value in (
        ("extensions", extensions.get(PREFIX) if isinstance(extensions, dict) else None),
        (PREFIX, fields.get(PREFIX)),
        (PREFIX, {key.partition(":")[2]: value for key, value in fields.items() if key.startswith(f"{PREFIX}:")}),
    ):
        if isinstance(value, dict):
            declared |= {_field_name(key): entry for key, entry in value.items()}
        elif source == PREFIX and value is not None:
            log.add("ml-model-block", "`ml-model` is no mapping.", "Write its fields below it.", field=PREFIX)
    return declared


def _field_name(key: str) -> str:
    key = key.removeprefix(f"{PREFIX}:")
    return _FIELDS.get(key.lower().replace("-", "_"), key)


def _text(name: str, told: dict[str, Any], log: ProblemLog) -> str | None:
    value = told.get(name)
    text = line_of(value, 500) if isinstance(value, str) else None
    if value is not None and text is None:
        said = f"`ml-model:{name}` is {quoted(value)}, not text."
        log.add("ml-model-value", said, "Write text.", field=f"{PREFIX}.{name}")
    return text

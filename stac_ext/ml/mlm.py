"""What an item says by the Machine Learning Model extension: all of it, or nothing.

It is left out whole where one of its required fields is not known.

Source: https://github.com/stac-extensions/mlm (v1.5.2)
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from stac_ext.ml.known import Known, ModelFacts
from stac_ext.ml.mlm_objects import ModelInput, ModelOutput, Runtime
from stac_ext.problem_log import ProblemLog

EXTENSION: Final = "https://stac-extensions.github.io/mlm/v1.5.2/schema.json"
PREFIX: Final = "mlm"
MAX_BYTES: Final = 128 * 1024
MODEL_ROLE: Final = "mlm:model"

_REQUIRED: Final = {
    "name": "name",
    "architecture": "architecture",
    "tasks": "tasks",
    "input": "inputs",
    "output": "outputs",
}
_FIX: Final = "Write what is missing below `mlm:`; an `MLmodel` file with a signature gives input and output."


@dataclass(frozen=True, slots=True)
class Mlm:
    """The fields of MLM v1.5.2 that belong to an item."""

    name: str
    architecture: str
    tasks: tuple[str, ...]
    inputs: tuple[ModelInput, ...]
    outputs: tuple[ModelOutput, ...]
    framework: str | None = None
    framework_version: str | None = None
    total_parameters: int | None = None
    hyperparameters: dict[str, Any] | None = None
    runtime: Runtime | None = None

    def properties(self) -> dict[str, Any]:
        """As STAC Item properties; with `bands` of STAC 1.1 where an input or output names some."""
        told = {
            "name": self.name,
            "architecture": self.architecture,
            "tasks": list(self.tasks),
            "framework": self.framework,
            "framework_version": self.framework_version,
            "total_parameters": self.total_parameters,
            "input": [entry.to_dict() for entry in self.inputs],
            "output": [entry.to_dict(self.tasks) for entry in self.outputs],
            "hyperparameters": self.hyperparameters or None,
        }
        fields = {name: value for name, value in told.items() if value is not None}
        fields |= self.runtime.to_dict() if self.runtime else {}
        bands = self.bands()
        return {
            **{f"{PREFIX}:{name}": value for name, value in fields.items()},
            **({"bands": bands} if bands else {}),
        }

    def bands(self) -> list[dict[str, str]]:
        """The bands that inputs and outputs name, as `bands` of STAC 1.1.

        MLM wants them on the item, STAC allows them there only where an asset has some: the file of the model has.
        """
        lists = [*(entry.bands for entry in self.inputs), *(entry.bands for entry in self.outputs)]
        return [{"name": name} for name in dict.fromkeys(band.name for bands in lists for band in bands)]


def complete(facts: ModelFacts) -> tuple[Mlm | None, tuple[str, ...]]:
    """MLM from what all sources tell, or None and the names of the required fields that none tells."""
    missing = tuple(name for name, fact in _REQUIRED.items() if getattr(facts, fact) is None)
    if missing:
        return None, missing
    return Mlm(**{name: told.value for name in Mlm.__slots__ if (told := getattr(facts, name)) is not None}), ()


def is_too_large(mlm: Mlm) -> bool:
    """Whether the fields are longer as JSON than an item should be."""
    return len(orjson.dumps(mlm.properties())) > MAX_BYTES


def report_missing(missing: tuple[str, ...], log: ProblemLog) -> None:
    """Tell that MLM is left out, and for the want of what."""
    names = ", ".join(f"`{PREFIX}:{name}`" for name in missing)
    log.add("mlm-incomplete", f"The item has no MLM fields, since {names} is not known.", _FIX, field=PREFIX)


def sourced(facts: ModelFacts) -> dict[str, Known[Any]]:
    """Each field of MLM that some source tells, by its name in the item."""
    names = {**_REQUIRED, **{name: name for name in Mlm.__slots__ if name not in _REQUIRED.values()}}
    return {f"{PREFIX}:{name}": told for name, fact in names.items() if (told := getattr(facts, fact)) is not None}

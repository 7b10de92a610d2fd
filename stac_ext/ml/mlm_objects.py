"""What the objects of the Machine Learning Model extension are: typed, valid once made, JSON by `to_dict`.

Source: https://github.com/stac-extensions/mlm (v1.5.2)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from stac_ext.sanitize import MAX_INTEGER

MAX_DIMENSIONS: Final = 26
NAMED_ONLY_WITH_LIST: Final = {"bands": "band", "variables": "variable"}

_DIMENSION = re.compile(r"[a-z_-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Array:
    """An n-dimensional array: sizes (-1 where one varies), one name for each dimension, and the type of its values."""

    shape: tuple[int, ...]
    dim_order: tuple[str, ...]
    data_type: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.shape) <= MAX_DIMENSIONS:
            raise ValueError(f"an array has 1 to {MAX_DIMENSIONS} dimensions")
        if any(size < -1 or size == 0 or size > MAX_INTEGER for size in self.shape):
            raise ValueError("each size of `shape` is greater than 0, or -1 where it varies")
        if len(self.dim_order) != len(self.shape):
            raise ValueError(f"`dim_order` has {len(self.dim_order)} names for {len(self.shape)} sizes")
        if len(set(self.dim_order)) < len(self.dim_order):
            raise ValueError("`dim_order` names a dimension twice")
        if not all(_DIMENSION.fullmatch(name) for name in self.dim_order):
            raise ValueError("a name in `dim_order` has other characters than a to z, `-` and `_`")

    def to_dict(self) -> dict[str, Any]:
        return {"shape": list(self.shape), "dim_order": list(self.dim_order), "data_type": self.data_type}


def array_of(shape: Sequence[int], names: Sequence[str | None], data_type: str) -> Array:
    """An array whose source names only some dimensions, or none.

    A dimension without a name that MLM takes is called by its place: `axis-a`, `axis-b` and so on, but a first one
    that varies is `batch`, as MLflow and ONNX have it. Raises ValueError.
    """
    taken: list[str] = []
    for place, size in enumerate(shape[:MAX_DIMENSIONS]):
        told = names[place] if place < len(names) else None
        name = re.sub(r"[^a-z_-]+", "-", (told or "").lower()).strip("-_")[:100]
        name = NAMED_ONLY_WITH_LIST.get(name, name)
        if not name and place == 0 and size == -1:
            name = "batch"
        taken.append(name if name and name not in taken else f"axis-{chr(ord('a') + place)}")
    return Array(tuple(shape), tuple(taken), data_type)


@dataclass(frozen=True, slots=True)
class ProcessingExpression:
    """What is done with values before or after the model. `expression` is what its `format` says, bounded JSON."""

    format: str
    expression: Any
    description: str | None = None

    def to_dict(self) -> dict[str, Any]:
        described = {"description": self.description} if self.description else {}
        return {"format": self.format, "expression": self.expression, **described}


@dataclass(frozen=True, slots=True)
class Band:
    """A band of an input or output: its name, and how it is derived where it is."""

    name: str
    format: str | None = None
    expression: Any = None

    def to_dict(self) -> str | dict[str, Any]:
        if self.format is None:
            return self.name
        return {"name": self.name, "format": self.format, "expression": self.expression}


SCALINGS: Final = {
    "min-max": ("minimum", "maximum"),
    "z-score": ("mean", "stddev"),
    "clip": ("minimum", "maximum"),
    "clip-min": ("minimum",),
    "clip-max": ("maximum",),
    "offset": ("value",),
    "scale": ("value",),
}


@dataclass(frozen=True, slots=True)
class ValueScaling:
    """How values are scaled: the numbers that its type needs by `SCALINGS`, or an expression (`processing`)."""

    type: str
    numbers: tuple[tuple[str, int | float], ...] = ()
    processing: ProcessingExpression | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, **dict(self.numbers), **(self.processing.to_dict() if self.processing else {})}


@dataclass(frozen=True, slots=True)
class ClassObject:
    """A class that a model tells apart, as the classification extension has it (v1.1.0)."""

    value: int
    description: str
    name: str | None = None
    color_hint: str | None = None

    def to_dict(self) -> dict[str, Any]:
        optional = {"name": self.name, "color_hint": self.color_hint}
        return {"value": self.value, "description": self.description} | {k: v for k, v in optional.items() if v}


@dataclass(frozen=True, slots=True)
class ModelInput:
    """One input. Its array has a dimension `bands` if and only if `bands` are named."""

    name: str
    input: Array
    bands: tuple[Band, ...] = ()
    description: str | None = None
    value_scaling: tuple[ValueScaling, ...] = ()
    resize_type: str | None = None
    pre_processing_function: tuple[ProcessingExpression, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "bands": [band.to_dict() for band in self.bands],
            "input": self.input.to_dict(),
            **({"description": self.description} if self.description else {}),
            **({"value_scaling": [scaling.to_dict() for scaling in self.value_scaling]} if self.value_scaling else {}),
            **({"resize_type": self.resize_type} if self.resize_type else {}),
            **_function("pre_processing_function", self.pre_processing_function),
        }


@dataclass(frozen=True, slots=True)
class ModelOutput:
    """One output. `tasks` is empty where its source tells none: those of the model then count."""

    name: str
    result: Array
    tasks: tuple[str, ...] = ()
    bands: tuple[Band, ...] = ()
    description: str | None = None
    classes: tuple[ClassObject, ...] = ()
    post_processing_function: tuple[ProcessingExpression, ...] = ()

    def to_dict(self, tasks: tuple[str, ...]) -> dict[str, Any]:
        return {
            "name": self.name,
            "tasks": list(self.tasks or tasks),
            "result": self.result.to_dict(),
            **({"bands": [band.to_dict() for band in self.bands]} if self.bands else {}),
            **({"description": self.description} if self.description else {}),
            **({"classification:classes": [entry.to_dict() for entry in self.classes]} if self.classes else {}),
            **_function("post_processing_function", self.post_processing_function),
        }


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a model needs to run, and what it was trained from; sizes in bytes. `from_scratch` is a `null` source."""

    memory_size: int | None = None
    batch_size_suggestion: int | None = None
    accelerator: str | None = None
    accelerator_constrained: bool | None = None
    accelerator_summary: str | None = None
    accelerator_count: int | None = None
    pretrained: bool | None = None
    pretrained_source: str | None = None
    from_scratch: bool = False

    def to_dict(self) -> dict[str, Any]:
        names = [name for name in self.__slots__ if name != "from_scratch"]
        told = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return {**told, "pretrained_source": None} if self.from_scratch else told


def _function(name: str, steps: tuple[ProcessingExpression, ...]) -> dict[str, Any]:
    if not steps:
        return {}
    return {name: steps[0].to_dict() if len(steps) == 1 else [step.to_dict() for step in steps]}

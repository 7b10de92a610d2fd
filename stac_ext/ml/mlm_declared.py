"""Which fields of the Machine Learning Model extension an owner's front matter gives; a broken one costs itself.

Source: https://github.com/stac-extensions/mlm (v1.5.2)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from stac_ext.ml.blocks import gather_block
from stac_ext.ml.hyperparameters import read_hyperparameters
from stac_ext.ml.known import Known, ModelFacts
from stac_ext.ml.mlm import PREFIX
from stac_ext.ml.mlm_objects import Runtime
from stac_ext.ml.mlm_reading import read_inputs, read_outputs, read_tasks
from stac_ext.ml.values import ascii_of, semver_of, source_of, text_of, whole_of
from stac_ext.ml.vocabulary import framework_of, prediction_of
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import quoted

SOURCE: Final = "README.md front matter mlm"

_ITEM: Final = (
    *("name", "architecture", "tasks", "framework", "framework_version", "memory_size", "total_parameters"),
    *("pretrained", "pretrained_source", "batch_size_suggestion", "accelerator", "accelerator_constrained"),
    *("accelerator_summary", "accelerator_count", "input", "output", "hyperparameters"),
)
_ASSET: Final = ("artifact_type", "compile_method", "entrypoint")
_NAMES: Final = {name: name for name in (*_ITEM, *_ASSET)}
_ACCELERATORS = frozenset({"amd64", "cuda", "xla", "amd-rocm", "intel-ipex-cpu", "intel-ipex-gpu", "macos-arm"})
_MODEL_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_. -]{1,298}[a-zA-Z0-9]", re.ASCII)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Declared:
    """The facts that an owner declares, the fields that belong to assets, and what MLM has no field for.

    `block` is all of it as it is written, to be kept where MLM is left out.
    """

    facts: ModelFacts = field(default_factory=ModelFacts)
    artifact_type: str | None = None
    compile_method: str | None = None
    entrypoint: str | None = None
    rest: dict[str, Any] = field(default_factory=dict)
    block: dict[str, Any] = field(default_factory=dict)


def read_declared(fields: dict[str, Any], log: ProblemLog) -> Declared:
    """What the front matter says under the prefix `mlm`."""
    block = gather_block(fields, PREFIX, _NAMES, log)
    rest = {key: value for key, value in block.items() if key not in _NAMES}
    for key in rest:
        said = f"MLM v1.5 has no field {quoted(key)}; it is kept in `sharinghub:extra`."
        log.add("mlm-field", said, f"Known are {', '.join(_NAMES)}.", field=f"{PREFIX}.{key}")
    read = _Block(block, log)
    tasks = read.known("tasks", lambda value: read_tasks(value, log))
    prediction = prediction_of(tasks.value) if tasks else None
    source = block.get("pretrained_source")
    runtime = Runtime(
        memory_size=read.value("memory_size", whole_of),
        batch_size_suggestion=read.value("batch_size_suggestion", whole_of),
        accelerator=read.value("accelerator", _accelerator),
        accelerator_constrained=read.value("accelerator_constrained", _flag),
        accelerator_summary=read.value("accelerator_summary", text_of),
        accelerator_count=read.value("accelerator_count", lambda value: whole_of(value, 1)),
        pretrained=(pretrained := read.value("pretrained", _flag)),
        pretrained_source=read.value("pretrained_source", source_of) if pretrained is not False else None,
        from_scratch=pretrained is False or ("pretrained_source" in block and source is None),
    )
    facts = ModelFacts(
        name=read.known("name", lambda value: _name(value, log)),
        architecture=read.known("architecture", text_of),
        prediction_type=Known(prediction, SOURCE) if prediction else None,
        tasks=tasks,
        framework=read.known("framework", framework_of),
        framework_version=read.known("framework_version", semver_of),
        inputs=read.known("input", lambda value: read_inputs(value, log)),
        outputs=read.known("output", lambda value: read_outputs(value, log)),
        hyperparameters=read.known("hyperparameters", read_hyperparameters),
        total_parameters=read.known("total_parameters", whole_of),
        runtime=Known(runtime, SOURCE) if runtime != Runtime() else None,
    )
    return Declared(
        facts,
        artifact_type=read.value("artifact_type", text_of),
        compile_method=read.value("compile_method", text_of),
        entrypoint=read.value("entrypoint", text_of),
        rest=rest,
        block=block,
    )


def model_name_of(text: str) -> str | None:
    """A name that MLM takes (ASCII, a letter first, at least 3 characters, no slash) from any text.

    A name that begins with a digit gets `model-` before it; None where too little of the text is ASCII.
    """
    name = re.sub(r"[^a-zA-Z0-9_. -]+", "-", ascii_of(text))
    name = re.sub(r"-{2,}", "-", re.sub(r"^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$", "", name[:290]))
    name = f"model-{name}" if name[:1].isdigit() else name
    return name if _MODEL_NAME.fullmatch(name) else None


class _Block:
    def __init__(self, block: dict[str, Any], log: ProblemLog) -> None:
        self._block = block
        self._log = log

    def value(self, name: str, read: Callable[[Any], _T]) -> _T | None:
        value = self._block.get(name)
        if value is None:
            return None
        try:
            return read(value)
        except ValueError as error:
            said = f"`{PREFIX}:{name}` is not used: {error}."
            self._log.add("mlm-value", said, "Correct it.", field=f"{PREFIX}.{name}")
            return None

    def known(self, name: str, read: Callable[[Any], _T]) -> Known[_T] | None:
        value = self.value(name, read)
        return None if value is None else Known(value, SOURCE)


def _name(value: Any, log: ProblemLog) -> str:
    text = text_of(value, 300)
    if _MODEL_NAME.fullmatch(text):
        return text
    name = model_name_of(text)
    if name is None:
        raise ValueError(f"{quoted(text)} has not three ASCII letters or digits, a letter first")
    said = f"`mlm:name` is written as {quoted(name)}, in the characters that MLM takes."
    log.add("mlm-value", said, "Use ASCII letters, digits, blanks, `_`, `.` and `-`.", field="mlm.name")
    return name


def _accelerator(value: Any) -> str:
    name = text_of(value, 60).lower()
    if name not in _ACCELERATORS:
        raise ValueError(f"{quoted(value)} is none of {', '.join(sorted(_ACCELERATORS))}")
    return name


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{quoted(value)} is neither true nor false")
    return value

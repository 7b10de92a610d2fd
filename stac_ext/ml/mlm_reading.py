"""What an owner's `mlm:input` and `mlm:output` become: what is broken is left out.

A part without which the object says nothing costs the whole field.

Source: https://github.com/stac-extensions/mlm (v1.5.2)
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from stac_ext.ml.mlm_objects import (
    NAMED_ONLY_WITH_LIST,
    SCALINGS,
    Array,
    Band,
    ClassObject,
    ModelInput,
    ModelOutput,
    ProcessingExpression,
    ValueScaling,
)
from stac_ext.ml.values import bounded, number_of, source_of, text_of, whole_of
from stac_ext.ml.vocabulary import TASKS, data_type_of, pipeline_names
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, quoted

MAX_ARRAYS: Final = 100
MAX_PARTS: Final = 1_000

_INPUT = frozenset(
    {"name", "input", "bands", "variables", "description", "value_scaling", "resize_type", "pre_processing_function"}
)
_OUTPUT = frozenset(
    {
        *("name", "tasks", "result", "bands", "variables", "description", "classification:classes"),
        "post_processing_function",
    }
)
_OLDER = frozenset({"statistics", "norm_type", "norm_by_channel", "norm_clip", "norm_with_clip_values"})
_RESIZE = frozenset(
    {
        *("crop", "pad", "interpolation-nearest", "interpolation-linear", "interpolation-cubic", "interpolation-area"),
        *("interpolation-lanczos4", "interpolation-max", "wrap-fill-outliers", "wrap-inverse-map"),
    }
)
_CHANNELS = ("band", "channel", "channels")
_T = TypeVar("_T")


def read_inputs(value: Any, log: ProblemLog) -> tuple[ModelInput, ...]:
    """`mlm:input` as an owner writes it; an empty list says that there is none. Raises ValueError."""
    return tuple(_input(entry, log) for entry in _objects(value, "input"))


def read_outputs(value: Any, log: ProblemLog) -> tuple[ModelOutput, ...]:
    """`mlm:output` as an owner writes it. Raises ValueError."""
    return tuple(_output(entry, log) for entry in _objects(value, "output"))


def read_tasks(value: Any, log: ProblemLog, field: str = "mlm.tasks") -> tuple[str, ...]:
    """Tasks of MLM, also by the names of Hugging Face's tasks. Raises ValueError where none can be used."""
    named = value.split(",") if isinstance(value, str) else value
    if not isinstance(named, list):
        raise ValueError(f"{quoted(value)} is no list of tasks")
    tasks: dict[str, None] = {}
    for entry in named[:MAX_PARTS]:
        name = "-".join(clean_line(entry, 100).lower().replace("_", " ").split()) if isinstance(entry, str) else ""
        meant = name if name in TASKS else (pipeline_names(name) or (None, None))[1]
        if meant is None:
            fix = f"Write of {', '.join(sorted(TASKS))}."
            log.add("mlm-value", f"{quoted(entry)} is no task of MLM and is left out.", fix, field=field)
        else:
            tasks[meant] = None
    if not tasks:
        raise ValueError("it names no task of MLM")
    return tuple(tasks)


def _input(entry: dict[str, Any], log: ProblemLog) -> ModelInput:
    _report_unknown(entry, _INPUT | _OLDER, "mlm.input", log)
    bands = _optional(entry, "bands", _bands, "mlm.input", log) or ()
    scaling = _optional(entry, "value_scaling", _scalings, "mlm.input", log) or _older_scaling(entry, log)
    array, bands = _structure(entry.get("input"), bands, entry, "mlm.input", log)
    return ModelInput(
        name=text_of(entry.get("name")),
        input=array,
        bands=bands,
        description=_optional(entry, "description", _long_text, "mlm.input", log),
        value_scaling=scaling,
        resize_type=_optional(entry, "resize_type", _resize, "mlm.input", log),
        pre_processing_function=_optional(entry, "pre_processing_function", _steps, "mlm.input", log) or (),
    )


def _output(entry: dict[str, Any], log: ProblemLog) -> ModelOutput:
    _report_unknown(entry, _OUTPUT, "mlm.output", log)
    bands = _optional(entry, "bands", _bands, "mlm.output", log) or ()
    array, bands = _structure(entry.get("result"), bands, entry, "mlm.output", log)
    return ModelOutput(
        name=text_of(entry.get("name")),
        result=array,
        tasks=_optional(entry, "tasks", lambda value: read_tasks(value, log, "mlm.output"), "mlm.output", log) or (),
        bands=bands,
        description=_optional(entry, "description", _long_text, "mlm.output", log),
        classes=_optional(entry, "classification:classes", _classes, "mlm.output", log) or (),
        post_processing_function=_optional(entry, "post_processing_function", _steps, "mlm.output", log) or (),
    )


def _structure(
    value: Any, bands: tuple[Band, ...], entry: dict[str, Any], field: str, log: ProblemLog
) -> tuple[Array, tuple[Band, ...]]:
    """The array, its dimensions named as MLM v1.5 wants them where bands are named, and where they are not."""
    if not isinstance(value, dict):
        raise ValueError("its shape, dim_order and data_type are not given")
    shape, order = value.get("shape"), value.get("dim_order")
    if not isinstance(shape, list) or not isinstance(order, list):
        raise ValueError("`shape` and `dim_order` are lists")
    names = [text_of(name, 100).lower().replace(" ", "-") for name in order]
    if entry.get("variables"):
        said = "`variables` are left out: the catalogue does not describe them as a data cube."
        log.add("mlm-variables", said, "Name them in `description`.", field=field)
    if bands and "bands" not in names:
        channels = [name for name in names if name in _CHANNELS]
        if len(channels) == 1:
            names[names.index(channels[0])] = "bands"
            said = f"The dimension `{channels[0]}` holds the bands; it is called `bands`."
        else:
            bands, said = (), "The bands are left out: `dim_order` has no dimension `bands`."
        log.add("mlm-dimension", said, "Write `bands` in `dim_order`.", field=field)
    names = [name if bands and name == "bands" else NAMED_ONLY_WITH_LIST.get(name, name) for name in names]
    sizes = tuple(whole_of(size, -1) for size in shape)
    return Array(sizes, tuple(names), data_type_of(value.get("data_type"))), bands


def _bands(value: Any) -> tuple[Band, ...]:
    return tuple(_band(entry) for entry in _list(value))


def _band(value: Any) -> Band:
    if not isinstance(value, dict):
        return Band(text_of(value))
    if value.get("format") is None and value.get("expression") is None:
        return Band(text_of(value.get("name")))
    step = _step(value)
    return Band(text_of(value.get("name")), step.format, step.expression)


def _scalings(value: Any) -> tuple[ValueScaling, ...]:
    return tuple(_scaling(entry) for entry in _list(value))


def _scaling(value: Any) -> ValueScaling:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "processing":
        return ValueScaling("processing", processing=_step(value))
    if not isinstance(kind, str) or kind not in SCALINGS:
        raise ValueError(f"{quoted(kind)} is no type of scaling ({', '.join(SCALINGS)}, processing)")
    numbers = [(name, number_of(value.get(name))) for name in SCALINGS[kind]]
    return ValueScaling(kind, tuple((name, _needed(number, f"{kind} without `{name}`")) for name, number in numbers))


def _older_scaling(entry: dict[str, Any], log: ProblemLog) -> tuple[ValueScaling, ...]:
    """The scaling of MLM up to v1.3: one `norm_type` and a list of `statistics`."""
    kind, statistics = entry.get("norm_type"), entry.get("statistics")
    if kind not in ("min-max", "z-score") or not isinstance(statistics, list):
        return ()
    try:
        read = _scalings([{**bands, "type": kind} for bands in statistics if isinstance(bands, dict)])
    except ValueError:
        return ()
    said = "`norm_type` and `statistics` are of an older MLM; they are written as `value_scaling`."
    log.add("mlm-older", said, "Write `value_scaling`.", field="mlm.input")
    return read


def _resize(value: Any) -> str:
    name = text_of(value, 60).lower()
    if name not in _RESIZE:
        raise ValueError(f"{quoted(value)} is none of {', '.join(sorted(_RESIZE))}")
    return name


def _steps(value: Any) -> tuple[ProcessingExpression, ...]:
    return tuple(_step(entry) for entry in _list(value))


def _step(value: Any) -> ProcessingExpression:
    if not isinstance(value, dict) or value.get("expression") is None:
        raise ValueError("an expression has `format` and `expression`")
    described, kind, expression = value.get("description"), text_of(value.get("format"), 100), value["expression"]
    if kind.lower() == "uri":
        source_of(expression.get("href") if isinstance(expression, dict) else expression)
    return ProcessingExpression(kind, bounded(expression), _long_text(described) if described else None)


def _classes(value: Any) -> tuple[ClassObject, ...]:
    classes = dict.fromkeys(_class(entry) for entry in _list(value))
    return tuple(classes)


def _class(value: Any) -> ClassObject:
    if not isinstance(value, dict):
        raise ValueError("a class is a mapping with `value` and `description`")
    name = text_of(value["name"]) if value.get("name") is not None else None
    described = value.get("description") or value.get("title") or name
    colour = clean_line(str(value.get("color_hint") or ""), 20).removeprefix("#")
    hexadecimal = len(colour) == 6 and all(character in "0123456789abcdefABCDEF" for character in colour)
    number = whole_of(value.get("value"), -(2**53))
    return ClassObject(number, _long_text(described), name, colour.upper() if hexadecimal else None)


def _long_text(value: Any) -> str:
    return text_of(value, 2_000)


def _needed(number: int | float | None, otherwise: str) -> int | float:
    if number is None:
        raise ValueError(otherwise)
    return number


def _list(value: Any) -> list[Any]:
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_PARTS:
        raise ValueError(f"it has more than {MAX_PARTS} entries")
    return entries


def _objects(value: Any, name: str) -> list[dict[str, Any]]:
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{quoted(value)} is no list of mappings with `name` and `{name}`")
    if len(entries) > MAX_ARRAYS:
        raise ValueError(f"it has more than {MAX_ARRAYS} entries")
    return entries


def _optional(entry: dict[str, Any], name: str, read: Callable[[Any], _T], field: str, log: ProblemLog) -> _T | None:
    value = entry.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except ValueError as error:
        log.add("mlm-value", f"`{name}` of `{field}` is left out: {error}.", "Correct it.", field=field)
        return None


def _report_unknown(entry: dict[str, Any], known: frozenset[str], field: str, log: ProblemLog) -> None:
    for key in list(entry)[:MAX_PARTS]:
        if key not in known:
            said = f"MLM v1.5 has no {quoted(key)} in `{field}`; it is left out."
            log.add("mlm-field", said, f"Known are {', '.join(sorted(known - _OLDER))}.", field=field)

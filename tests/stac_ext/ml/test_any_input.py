"""That anything at all under a key that describes a model gives properties that both schemas take."""

import json
import math
from typing import Any

import orjson
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stac_ext.ml.mlm_objects import SCALINGS
from stac_ext.ml.model import Model, read_model
from stac_ext.ml.vocabulary import DATA_TYPES, TASKS
from stac_ext.model import FileEnds, FileText, ModelVersion
from stac_ext.problem_log import ProblemLog
from tests.stac_ext.ml.support import WHEN, errors, make_facts

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            *("U-Net", "image-segmentation", "pytorch", "2.3.0", "2.3", "min-max", "gpu", "bands", "variables", "é"),
            *("a\ud800\x00", "0.93", "1e999", "org/name", "https://x.example/a", "batch", "channel", "float32", -1, 0),
        ]
    )
)
keys = st.text(max_size=6) | st.sampled_from(
    [
        *("name", "input", "bands", "shape", "dim_order", "data_type", "type", "value", "results", "metrics", "task"),
        *("dataset", "expression", "format", "minimum", "maximum", "mean", "stddev", "tasks", "result", "description"),
    ]
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5), max_leaves=10
)


def nearly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what belongs there, now and then anything."""
    return st.integers(0, 24).flatmap(lambda chance: values if chance == 24 else good)


names = nearly(st.text(min_size=1, max_size=10))
dimensions = st.sampled_from(["batch", "bands", "variables", "channel", "height", "width", "time", "Batch 1"])


@st.composite
def drawn_arrays(draw: st.DrawFn) -> dict[str, Any]:
    order = draw(st.lists(dimensions, min_size=1, max_size=4, unique=True))
    sizes = st.sampled_from([-1, 1, 3, 256]) if draw(st.integers(0, 9)) else st.integers(-2, 300)
    return {
        "shape": draw(nearly(st.lists(sizes, min_size=len(order), max_size=len(order)))),
        "dim_order": draw(nearly(st.just(order))),
        "data_type": draw(nearly(st.sampled_from(sorted(DATA_TYPES)))),
    }


arrays = nearly(drawn_arrays())
expressions = st.fixed_dictionaries({"format": names, "expression": values}, optional={"description": values})
bands = nearly(st.lists(names | st.fixed_dictionaries({"name": names}) | expressions, max_size=3))
scalings = st.fixed_dictionaries(
    {"type": st.sampled_from([*SCALINGS, "processing"])},
    optional={
        **dict.fromkeys(("minimum", "maximum", "mean", "stddev", "value"), nearly(st.integers(-9, 9))),
        "format": names,
        "expression": values,
    },
)
inputs = nearly(
    st.fixed_dictionaries(
        {"name": names, "input": arrays},
        optional={
            "bands": bands,
            "variables": bands,
            "description": names,
            "value_scaling": nearly(st.lists(scalings, max_size=3)),
            "resize_type": nearly(st.sampled_from(["crop", "pad"])),
            "pre_processing_function": nearly(expressions | st.lists(expressions, max_size=2)),
            "norm_type": st.sampled_from(["min-max", "z-score", 3]),
            "statistics": nearly(st.lists(st.fixed_dictionaries({"minimum": values, "maximum": values}), max_size=2)),
        },
    )
)
classes = st.fixed_dictionaries(
    {"value": nearly(st.integers(-5, 300))}, optional={"name": names, "description": names, "color_hint": values}
)
outputs = nearly(
    st.fixed_dictionaries(
        {"name": names, "result": arrays},
        optional={
            "tasks": nearly(st.lists(st.sampled_from(sorted(TASKS)), max_size=3)),
            "bands": bands,
            "classification:classes": nearly(st.lists(classes, max_size=3)),
            "post_processing_function": nearly(expressions),
        },
    )
)
mlm_blocks = nearly(
    st.fixed_dictionaries(
        {
            "name": nearly(st.sampled_from(["Wine model", "ab", "modèle 1", "a/b", "1"])),
            "architecture": nearly(st.just("ResNet")),
            "tasks": nearly(st.lists(st.sampled_from(sorted(TASKS)), min_size=1, max_size=3)),
            "input": nearly(st.lists(inputs, max_size=3)),
            "output": nearly(st.lists(outputs, max_size=3)),
        },
        optional={
            **dict.fromkeys(("framework", "accelerator", "accelerator_summary", "artifact_type"), values),
            **dict.fromkeys(("framework_version", "pretrained", "pretrained_source", "compile_method"), values),
            **dict.fromkeys(("memory_size", "total_parameters", "accelerator_count", "batch-size-suggestion"), values),
            **dict.fromkeys(("entrypoint", "accelerator_constrained", "hyperparameters", "colour"), values),
        },
    )
)
front_matters = st.fixed_dictionaries(
    {"mlm": mlm_blocks},
    optional={
        **dict.fromkeys(("ml-model", "ml-model:architecture", "ml-model:type", "ml-model:training-os"), values),
        **dict.fromkeys(("pipeline_tag", "library_name", "tags", "datasets", "base_model", "metrics"), values),
        **dict.fromkeys(("model-index", "hyperparameters", "model_name", "title", "extensions"), values),
        **dict.fromkeys(("mlm:name", "mlm:tasks", "mlm:x", "mlm:framework_version", "mlm:hyperparameters"), values),
    },
)
any_input = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def check(model: Model, log: ProblemLog) -> None:
    properties = model.properties()
    assert orjson.loads(orjson.dumps(properties)) == properties
    assert finite(model.rest)
    assert len(orjson.dumps(properties)) < 2_000_000
    assert errors(model) == []
    assert errors(model, ()) == []
    assert model.provenance()
    assert [problem for problem in log.result() if problem.rule == "internal-error"] == []


def finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(finite(entry) for entry in value.values())
    if isinstance(value, list):
        return all(finite(entry) for entry in value)
    return not isinstance(value, float) or math.isfinite(value)


def finite_only(value: Any) -> Any:
    """The value as the front matter's reader hands it on: JSON-ready, nothing that is not finite."""
    if isinstance(value, dict):
        return {str(key).encode("utf-8", "ignore").decode(): finite_only(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [finite_only(entry) for entry in value]
    if isinstance(value, str):
        return value.encode("utf-8", "ignore").decode()
    return None if isinstance(value, float) and not math.isfinite(value) else value


@any_input
@given(front=front_matters)
@example({"mlm": {"input": {"name": "x", "input": {"shape": [1], "dim_order": ["bands"], "data_type": "int8"}}}})
def test_any_values_under_any_known_key(front: dict[str, Any]) -> None:
    log = ProblemLog()
    check(read_model(finite_only(front), make_facts(), log), log)


@any_input
@given(front=front_matters)
def test_values_that_no_front_matter_has_raise_nothing(front: dict[str, Any]) -> None:
    log = ProblemLog()
    model = read_model(front, make_facts(), log)
    assert errors(model) == []
    assert orjson.dumps(model.properties())


columns = st.fixed_dictionaries(
    {"type": nearly(st.sampled_from(["double", "long", "string", "tensor", "array", "boolean"]))},
    optional={
        "name": names,
        "required": st.booleans(),
        "items": values,
        "tensor-spec": nearly(
            st.fixed_dictionaries(
                {"dtype": nearly(st.sampled_from(["float32", "<U3"])), "shape": st.lists(st.integers(-2, 99))}
            )
        ),
    },
)
schemas = nearly(st.lists(columns, max_size=4)).map(lambda value: json.dumps(finite_only(value))) | values
mlmodels = nearly(
    st.fixed_dictionaries(
        {},
        optional={
            "flavors": nearly(
                st.fixed_dictionaries(
                    {},
                    optional=dict.fromkeys(
                        ("sklearn", "pytorch", "transformers", "xgboost", "python_function"), values
                    ),
                )
            ),
            "signature": nearly(st.fixed_dictionaries({}, optional={"inputs": schemas, "outputs": schemas})),
            **dict.fromkeys(("metadata", "mlflow_version", "model_size_bytes", "saved_input_example_info"), values),
        },
    )
)


@any_input
@given(
    document=mlmodels.map(lambda value: yaml.safe_dump(finite_only(value)).encode()) | st.binary(max_size=200),
    truncated=st.booleans(),
)
def test_any_mlmodel_file(document: bytes, truncated: bool) -> None:
    log = ProblemLog()
    facts = make_facts(texts={"MLmodel": FileText(document, truncated)})
    fields = {"ml-model": {"architecture": "MLP", "prediction_type": "regression"}}
    check(read_model(fields, facts, log), log)


@any_input
@given(
    heads=st.dictionaries(
        st.sampled_from(["model.onnx", "a.safetensors", "b-00001-of-00002.safetensors", "c.ONNX"]),
        st.builds(
            FileEnds,
            head=st.binary(max_size=60),
            tail=st.binary(max_size=20),
            size=st.none() | st.integers(0, 200),
            whole=st.booleans(),
        ),
    )
)
def test_any_bytes_of_model_files(heads: dict[str, FileEnds]) -> None:
    log = ProblemLog()
    check(read_model({}, make_facts(ends=heads), log), log)


@any_input
@given(
    model=st.text(max_size=20),
    version=st.text(max_size=10),
    parameters=st.lists(st.tuples(st.text(max_size=10), st.text(max_size=10)), max_size=5).map(tuple),
    metrics=st.lists(st.tuples(st.text(max_size=10), st.floats()), max_size=5).map(tuple),
)
def test_any_version_in_the_registry(model: str, version: str, parameters: Any, metrics: Any) -> None:
    log = ProblemLog()
    told = ModelVersion(model, version, "", WHEN, parameters=parameters, metrics=metrics)
    check(read_model({}, make_facts(models=(told,)), log), log)

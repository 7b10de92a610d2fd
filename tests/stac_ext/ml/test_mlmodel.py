"""That `MLmodel` files as MLflow writes them tell framework, version, input and output."""

from typing import Any

import pytest

from stac_ext.ml.mlmodel import MlflowModel, read_mlmodel
from stac_ext.model import FileText
from stac_ext.problem_log import ProblemLog

SKLEARN = """
artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    predict_fn: predict
    python_version: 3.11.9
  sklearn:
    code: null
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.5.1
is_signature_from_type_hint: false
mlflow_version: 2.20.1
model_size_bytes: 4211
model_uuid: 0123456789abcdef0123456789abcdef
run_id: fedcba9876543210fedcba9876543210
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  serving_input_path: serving_input_example.json
  type: dataframe
signature:
  inputs: '[{"type": "double", "name": "fixed acidity", "required": true}, {"type":
    "long", "name": "grape", "required": true}, {"type": "string", "name": "region", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
utc_time_created: '2025-02-01 10:00:00.000000'
"""
PYTORCH = """
flavors:
  python_function:
    loader_module: mlflow.pytorch
    pickle_module_name: mlflow.pytorch.pickle_module
  pytorch:
    code: null
    model_data: data
    pytorch_version: 2.3.0+cu121
signature:
  inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 13, 64, 64]}}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 10]}}]'
  params: null
"""
TRANSFORMERS = """
flavors:
  python_function:
    loader_module: mlflow.transformers
  transformers:
    components: [tokenizer]
    framework: pt
    instance_type: TextClassificationPipeline
    model_binary: model
    pipeline_model_type: BertForSequenceClassification
    source_model_name: bert-base-uncased
    task: text-classification
    tokenizer_type: BertTokenizerFast
    torch_dtype: torch.float32
    transformers_version: 4.44.2
signature:
  inputs: '[{"type": "string", "required": true}]'
  outputs: '[{"type": "string", "name": "label", "required": true}, {"type": "double",
    "name": "score", "required": true}]'
  params: null
"""
ONNX = """
flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_version: 1.16.1
    providers: [CUDAExecutionProvider, CPUExecutionProvider]
    save_as_external_data: true
  python_function:
    data: model.onnx
    loader_module: mlflow.onnx
signature:
  inputs: '[{"name": "image", "type": "tensor", "tensor-spec": {"dtype": "uint8", "shape": [1, 3, 224, 224]}}]'
  outputs: '[{"name": "class", "type": "tensor", "tensor-spec": {"dtype": "<U12", "shape": [-1]}}]'
"""
PYFUNC = """
flavors:
  python_function:
    cloudpickle_version: 3.0.0
    code: null
    loader_module: mlflow.pyfunc.model
    python_model: python_model.pkl
    python_version: 3.11.9
signature:
  inputs: '[{"type": "array", "items": {"type": "array", "items": {"type": "float"}}, "name": "series",
    "required": true}]'
  outputs: '[{"type": "object", "properties": {"a": {"type": "long", "required": true}}, "required": true}]'
"""


def read(text: str, path: str = "model/MLmodel", **others: str) -> tuple[MlflowModel, list[str]]:
    log = ProblemLog()
    texts = {path: FileText(text.encode()), **{name: FileText(other.encode()) for name, other in others.items()}}
    return read_mlmodel(texts, log), [problem.rule for problem in log.result()]


def arrays(told: Any) -> list[tuple[Any, ...]]:
    structures = [(entry.name, getattr(entry, "input", None) or entry.result) for entry in told.value]
    return [(name, array.shape, array.dim_order, array.data_type) for name, array in structures]


def test_scikit_learn_with_columns() -> None:
    model, rules = read(SKLEARN)
    facts = model.facts
    assert rules == []
    assert facts.framework is not None
    assert (facts.framework.value, facts.framework.source) == ("scikit-learn", "model/MLmodel")
    assert facts.framework_version is not None
    assert facts.framework_version.value == "1.5.1"
    assert (facts.architecture, facts.tasks) == (None, None)
    assert arrays(facts.inputs) == [
        ("fixed acidity", (-1,), ("batch",), "float64"),
        ("grape", (-1,), ("batch",), "int64"),
        ("region", (-1,), ("batch",), "other"),
    ]
    assert arrays(facts.outputs) == [("output", (-1,), ("batch",), "int64")]
    assert model.notes == (
        ("model/MLmodel", "MLflow 2.20.1 model (scikit-learn), 4211 bytes."),
        ("model/input_example.json", "An example of the model's input."),
    )


def test_pytorch_with_tensors() -> None:
    model, rules = read(PYTORCH)
    assert rules == []
    assert model.facts.framework_version is not None
    assert model.facts.framework_version.value == "2.3.0+cu121"
    dimensions = ("batch", "axis-b", "axis-c", "axis-d")
    assert arrays(model.facts.inputs) == [("input", (-1, 13, 64, 64), dimensions, "float32")]
    assert arrays(model.facts.outputs) == [("output", (-1, 10), ("batch", "axis-b"), "float32")]


def test_transformers_with_its_task() -> None:
    facts = read(TRANSFORMERS)[0].facts
    assert facts.architecture is not None
    assert facts.framework is not None
    assert facts.prediction_type is not None
    assert facts.tasks is not None
    assert facts.architecture.value == "BertForSequenceClassification"
    assert facts.framework.value == "Hugging Face"
    assert facts.prediction_type.value == "classification"
    assert facts.tasks.value == ("classification",)
    assert [name for name, *_ in arrays(facts.inputs)] == ["input"]
    assert [name for name, *_ in arrays(facts.outputs)] == ["label", "score"]


def test_onnx_with_names() -> None:
    facts = read(ONNX)[0].facts
    assert facts.framework is not None
    assert facts.framework.value == "ONNX"
    assert arrays(facts.inputs) == [("image", (1, 3, 224, 224), ("axis-a", "axis-b", "axis-c", "axis-d"), "uint8")]
    assert arrays(facts.outputs) == [("class", (-1,), ("batch",), "other")]


def test_python_function_alone_names_no_framework() -> None:
    facts = read(PYFUNC)[0].facts
    assert (facts.framework, facts.framework_version) == (None, None)
    assert arrays(facts.inputs) == [("series", (-1, -1, -1), ("batch", "axis-b", "axis-c"), "float32")]
    assert arrays(facts.outputs) == [("output", (-1,), ("batch",), "other")]


@pytest.mark.parametrize(
    ("flavour", "framework", "architecture", "task"),
    [
        ("xgboost: {model_class: xgboost.sklearn.XGBClassifier}", "XGBoost", "XGBClassifier", "classification"),
        ("lightgbm: {model_class: lightgbm.sklearn.LGBMRegressor}", "LightGBM", "LGBMRegressor", "regression"),
        ("catboost: {model_type: CatBoostRegressor}", "CatBoost", "CatBoostRegressor", "regression"),
        ("xgboost: {model_class: xgboost.core.Booster, xgb_version: 2.0.3}", "XGBoost", None, None),
        ("tensorflow: {model_type: keras, keras_version: 3.5.0}", "TensorFlow", None, None),
    ],
)
def test_what_a_class_tells(flavour: str, framework: str, architecture: str | None, task: str | None) -> None:
    facts = read(f"flavors:\n  {flavour}\n")[0].facts
    assert facts.framework is not None
    assert facts.framework.value == framework
    assert (facts.architecture and facts.architecture.value) == architecture
    assert (facts.prediction_type and facts.prediction_type.value) == task


def test_many_columns_become_one_array() -> None:
    columns = ", ".join(f'{{"type": "double", "name": "c{n}"}}' for n in range(150))
    facts = read(f"signature: {{inputs: '[{columns}]'}}")[0].facts
    assert arrays(facts.inputs) == [("columns", (-1, 150), ("batch", "column"), "float64")]


@pytest.mark.parametrize(
    "signature",
    [
        *("[]", "'[1]'", "'[['", "7", "'" + "[" * 5_000 + "'", "[{type: tensor}]"),
        *("[{type: tensor, tensor-spec: {dtype: float32, shape: []}}]",),
        *("[{type: tensor, tensor-spec: {dtype: float32, shape: [0, 2]}}]",),
    ],
)
def test_a_signature_that_is_broken_costs_itself(signature: str) -> None:
    model, rules = read(f"flavors: {{sklearn: {{sklearn_version: 1.5.1}}}}\nsignature:\n  inputs: {signature}\n")
    assert rules == ["mlmodel-signature"]
    assert model.facts.inputs is None
    assert model.facts.framework is not None


def test_a_version_of_two_numbers_is_told() -> None:
    model, rules = read("flavors: {sklearn: {sklearn_version: '1.5'}}")
    assert rules == ["mlmodel"]
    assert model.facts.framework_version is None


def test_the_nearest_of_several_counts() -> None:
    model, rules = read(PYTORCH, "MLmodel", **{"a/MLmodel": SKLEARN, "README.md": "x"})
    assert rules == ["mlmodel-several"]
    assert model.facts.framework is not None
    assert model.facts.framework.value == "PyTorch"


def test_metrics_in_the_metadata_of_the_model() -> None:
    [told] = read("metadata: {metrics: {val/acc: 0.93, note: []}}")[0].facts.evaluations
    assert (told.metric, told.value, told.source) == ("val/acc", 0.93, "model/MLmodel")


@pytest.mark.parametrize("start", ["", "---\n"])
def test_a_broken_field_is_told_with_its_line(start: str) -> None:
    log = ProblemLog()
    text = start + "flavors:\n  onnx: {onnx_version: 1.16.1}\nsignature: {inputs: [}\nrun_id: x\n\n"
    model = read_mlmodel({"MLmodel": FileText(text.encode())}, log)
    [problem] = log.result()
    assert (problem.rule, problem.path, problem.line) == ("mlmodel", "MLmodel", 3 + text.startswith("---"))
    assert model.facts.framework is not None


@pytest.mark.parametrize("text", ["", "- a\n- b", "a: b: c", "flavors: 7\nsignature: 8\nmetadata: 9", "\x00\x01"])
def test_what_is_no_mlmodel_file_tells_nothing(text: str) -> None:
    facts = read(text)[0].facts
    assert (facts.framework, facts.inputs, facts.outputs) == (None, None, None)

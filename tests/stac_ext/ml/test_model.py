"""That the facts of all sources meet in one item, the nearer source wins, and each value keeps where it came from."""

from datetime import timedelta
from typing import Any

import pytest
import yaml
from safetensors.numpy import save

from stac_ext.ml.ml_model import MlModel
from stac_ext.model import FileEnds, FileText, ModelVersion
from stac_ext.problem_log import ProblemLog
from tests.stac_ext.ml.support import WHEN, errors, item_of, read
from tests.stac_ext.ml.test_card import SEGMENTATION
from tests.stac_ext.ml.test_mlmodel import PYTORCH, SKLEARN, TRANSFORMERS
from tests.stac_ext.ml.test_onnx import made
from tests.stac_ext.ml.test_safetensors import TENSORS

ML_MODEL = {"learning_approach": "supervised", "prediction_type": "regression", "architecture": "Random forest"}
METRICS = (("val/accuracy", 0.91), ("loss", float("nan")))
OLD = ModelVersion("wine", "1.0.0", "", WHEN, parameters=(("epochs", "5"),), metrics=(("val/accuracy", 0.5),))
NEW = ModelVersion(
    *("wine", "1.1.0", "", WHEN + timedelta(days=1)),
    parameters=(("epochs", "20"), ("optimizer/lr", "0.001"), ("shuffle", "True"), ("name", "sgd"), ("", "x")),
    metrics=METRICS,
)


def whole(data: bytes) -> FileEnds:
    return FileEnds(data, size=len(data), whole=True)


def test_nothing_is_known_and_that_is_said() -> None:
    model, rules = read({})
    assert model.properties() == MlModel().properties()
    assert rules == ["mlm-incomplete", *["ml-model-unknown"] * 3]
    assert (model.consumed, model.rest) == (frozenset(), {})
    assert {row.source for row in model.provenance()} == {"no source tells it"}
    assert errors(model) == []


def test_scikit_learn_from_mlflow_with_ml_model_front_matter() -> None:
    model, rules = read({"ml-model": ML_MODEL}, texts={"MLmodel": FileText(SKLEARN.encode())}, models=(OLD, NEW))
    assert rules == []
    properties = model.properties()
    assert properties["mlm:name"] == "wine"
    assert properties["mlm:architecture"] == "Random forest"
    assert properties["mlm:tasks"] == ["regression"]
    assert properties["mlm:framework"] == "scikit-learn"
    assert properties["mlm:framework_version"] == "1.5.1"
    assert properties["mlm:hyperparameters"] == {"epochs": 20, "optimizer_lr": 0.001, "shuffle": True, "name": "sgd"}
    assert [entry["tasks"] for entry in properties["mlm:output"]] == [["regression"]]
    assert properties["sharinghub:evaluations"] == [
        {"metric": "val/accuracy", "value": 0.91, "source": "model registry wine 1.1.0"}
    ]
    assert properties["sharinghub:metrics"] == {"val_accuracy": 0.91}
    assert errors(model, ("model.pkl",)) == []
    assert model.asset_fields("model/model.pkl") == {"roles": ["mlm:model"], "mlm:artifact_type": "pickle.dump"}
    assert model.asset_note("MLmodel") == "MLflow 2.20.1 model (scikit-learn), 4211 bytes."
    rows = {row.field: (row.value, row.source) for row in model.provenance()}
    assert rows["ml-model:architecture"] == ("Random forest", "README.md front matter ml-model")
    assert rows["mlm:name"] == ("wine", "model registry wine 1.1.0")
    assert rows["mlm:input"] == ("fixed acidity, grape, region", "MLmodel")
    assert rows["mlm:framework"] == ("scikit-learn", "MLmodel")
    assert rows["sharinghub:evaluations"] == ("1 result", "model registry wine 1.1.0")


def test_a_card_and_an_onnx_file() -> None:
    fields = yaml.safe_load(SEGMENTATION) | {"ml-model:architecture": "U-Net"}
    model, rules = read(fields, ends={"model.onnx": whole(made())})
    assert rules == []
    properties = model.properties()
    assert properties["ml-model:prediction_type"] == "segmentation"
    assert properties["mlm:name"] == "fields-vit-small"
    assert properties["mlm:framework"] == "Hugging Face"
    assert "mlm:framework_version" not in properties  # that of the file is PyTorch's
    assert properties["mlm:input"][0]["input"]["shape"] == [-1, 4, 64, 64]
    assert properties["sharinghub:metrics"] == {"mean_iou": 0.71, "accuracy": 93.4, "f1": 0.8}
    assert errors(model) == []
    assert [told.text for told in model.references.train_data] == ["acme/field-boundaries", "landcover"]
    assert [told.text for told in model.references.base_models] == ["acme/vit-small"]
    assert model.consumed == {
        *("library_name", "pipeline_tag", "datasets", "base_model", "model-index", "ml-model:architecture"),
    }
    assert "opset 17" in (model.asset_note("model.onnx") or "")


def test_onnx_alone_tells_the_framework_that_made_it() -> None:
    model, _ = read({"ml-model": ML_MODEL}, ends={"model.onnx": whole(made())})
    assert model.properties()["mlm:framework"] == "PyTorch"
    assert model.properties()["mlm:framework_version"] == "2.3.0"


def test_two_onnx_files_speak_for_themselves_only() -> None:
    ends = {"encoder.onnx": whole(made()), "decoder.onnx": whole(made())}
    model, rules = read({"ml-model": ML_MODEL}, ends=ends)
    assert rules == ["mlm-incomplete"]
    assert model.asset_note("decoder.onnx")


def test_parameters_are_counted_in_safetensors() -> None:
    data = save(TENSORS, metadata={"format": "pt"})
    head = FileEnds(data[:600], size=len(data))
    texts = {"MLmodel": FileText(PYTORCH.encode())}
    model, rules = read({"ml-model": ML_MODEL}, ends={"model.safetensors": head}, texts=texts)
    assert rules == []
    assert model.properties()["mlm:total_parameters"] == 449
    told = model.asset_fields("model.safetensors")
    assert told == {"roles": ["mlm:model", "mlm:weights"], "mlm:artifact_type": "safetensors.torch.save_file"}
    assert errors(model, ("model.safetensors",)) == []
    rows = {row.field: row.value for row in model.provenance()}
    assert rows["weights"] == "float16, float32, int64, uint8"


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors"], 898),
        (["m-00001-of-00002.safetensors"], None),
        (["a.safetensors", "b.safetensors"], None),
        (["m-00001-of-00002.safetensors", "n-00002-of-00002.safetensors"], None),
        (["a.safetensors"], 449),
    ],
)
def test_shards_are_counted_when_all_are_there(names: list[str], count: int | None) -> None:
    ends = {name: whole(save(TENSORS)) for name in names}
    found = read({}, ends=ends)[0].facts.total_parameters
    assert (found and found.value) == count


def test_a_broken_file_is_told_and_a_pointer_is_not() -> None:
    pointer = FileEnds(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", whole=True)
    _, rules = read({"ml-model": ML_MODEL}, ends={"a.safetensors": whole(b"nothing"), "b.onnx": pointer})
    assert rules == ["model-file", "mlm-incomplete"]


def test_each_vocabulary_takes_its_own_words_first() -> None:
    fields: dict[str, Any] = {
        "ml-model": {"architecture": "Net of ours", "prediction_type": "classification"},
        "mlm": {"architecture": "ResNet", "tasks": ["semantic-segmentation"]},
    }
    model, _ = read(fields, texts={"MLmodel": FileText(PYTORCH.encode())})
    properties = model.properties()
    assert properties["ml-model:architecture"] == "Net of ours"
    assert properties["ml-model:prediction_type"] == "classification"
    assert properties["mlm:architecture"] == "ResNet"
    assert properties["mlm:tasks"] == ["semantic-segmentation"]
    assert errors(model) == []


def test_transformers_tell_both_vocabularies() -> None:
    model, rules = read({}, texts={"MLmodel": FileText(TRANSFORMERS.encode())})
    assert rules == ["ml-model-unknown"]
    properties = model.properties()
    assert properties["ml-model:learning_approach"] == "unknown"
    assert properties["ml-model:architecture"] == "BertForSequenceClassification"
    assert properties["mlm:tasks"] == ["classification"]
    assert properties["mlm:name"] == "Crop types"
    assert errors(model) == []


def test_a_library_is_kept_where_mlm_is_left_out() -> None:
    model, _ = read({"library_name": "timm"})
    assert model.rest == {"library_name": "timm"}
    assert model.consumed == {"library_name"}


def test_hyperparameters_are_kept_where_mlm_is_left_out() -> None:
    model, _ = read({}, models=(NEW,))
    assert model.rest == {"hyperparameters": {"epochs": 20, "optimizer_lr": 0.001, "shuffle": True, "name": "sgd"}}
    declared = {"mlm": {"hyperparameters": {"epochs": 3}}}
    assert read(declared)[0].rest == declared


def test_without_its_file_among_the_assets_the_words_are_kept() -> None:
    fields = {"ml-model": ML_MODEL, "mlm": {"framework": "sklearn"}}
    model, _ = read(fields, texts={"MLmodel": FileText(SKLEARN.encode())})
    assert model.mlm is not None
    assert item_of(model, ("model.pkl",))["assets"]["model.pkl"]["mlm:artifact_type"] == "pickle.dump"
    without = model.with_assets([("README.md", ["metadata"])], ProblemLog())
    assert without.mlm is None
    assert without.rest == {"mlm": {"framework": "sklearn"}}
    assert model.with_assets([("https://x.example/m", ["mlm:model"])], ProblemLog()).mlm is not None


def test_evaluations_are_bounded_and_told_once() -> None:
    index = [{"results": [{"metrics": [{"type": f"m{n}", "value": n} for n in range(500)]}]}]
    model, rules = read({"model-index": index, "metrics": {"m1": 7}})
    assert "model-index" in rules
    table = model.properties()["sharinghub:evaluations"]
    assert len(table) == 200
    assert model.properties()["sharinghub:metrics"]["m1"] == 1

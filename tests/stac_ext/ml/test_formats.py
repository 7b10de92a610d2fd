"""That formats which can run code are said so, and that safe ones are not."""

import pytest

from stac_ext.ml.formats import loading_runs_code, safe_alternative


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("model.pkl", "pickle"),
        ("a/MODEL.PICKLE", "pickle"),
        ("rf.joblib", "pickle"),
        ("net.pt", "weights_only"),
        ("net.pth", "weights_only"),
        ("last.ckpt", "weights_only"),
        ("pytorch_model-00001-of-00002.bin", "weights_only"),
        ("adapter_model.bin", "weights_only"),
        ("net.h5", "Lambda"),
        ("net.keras", "Lambda"),
        ("saved_model.pb", "programs"),
    ],
)
def test_formats_that_can_run_code(path: str, word: str) -> None:
    assert word in (loading_runs_code(path) or "")
    assert safe_alternative(path)


@pytest.mark.parametrize(
    "path", ["model.safetensors", "model.onnx", "model.gguf", "data.bin", "a.pkl/readme.md", "pkl", "", "tree.json"]
)
def test_formats_that_cannot(path: str) -> None:
    assert loading_runs_code(path) is None
    assert safe_alternative(path) is None

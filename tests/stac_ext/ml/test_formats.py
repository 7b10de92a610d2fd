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
        ("model.pkl.gz", "pickle"),
        ("rf.joblib.z", "pickle"),
        ("table.PICKLE.zst", "pickle"),
        ("m.pdparams", "pickle"),
        ("densenet.mar", "archive"),
        ("asr.nemo", "archive"),
        ("forest.rds", "promises"),
        ("work.RData", "promises"),
        ("net.t7", "functions"),
        ("udf.jar", "program"),
        ("phi.llamafile", "program"),
        ("resnet.engine", "program"),
    ],
)
def test_formats_that_can_run_code(path: str, word: str) -> None:
    assert word in (loading_runs_code(path) or "")
    assert safe_alternative(path)


@pytest.mark.parametrize(
    "path",
    [
        "model.safetensors",
        "model.onnx",
        "model.gguf",
        "data.bin",
        "a.pkl/readme.md",
        "pkl",
        "",
        "tree.json",
        "a.npy",
        "a.npz",
        "data.csv.gz",
        "x.tar.gz",
        ".pkl",
    ],
)
def test_formats_that_cannot(path: str) -> None:
    assert loading_runs_code(path) is None
    assert safe_alternative(path) is None

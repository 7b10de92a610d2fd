"""That numbers, versions and names are what they write, and that a free value stays small."""

from typing import Any

import pytest

from stac_ext.ml.mlm_declared import model_name_of
from stac_ext.ml.values import MAX_DEPTH, MAX_VALUES, bounded, number_of, semver_of, slug_of, source_of, whole_of
from stac_ext.ml.vocabulary import data_type_of, framework_of


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *((1, 1), (0.5, 0.5), ("0.93", 0.93), (" 7 ", 7), ("-1e-3", -0.001), (".5", 0.5)),
        *(("93 %", None), ("1,5", None), (True, None), (None, None), (float("nan"), None), ("1e999", None)),
        *((2**80, None), ("9" * 40, None), ("", None), ([1], None), ("٣", None)),
    ],
)
def test_numbers(value: Any, number: int | float | None) -> None:
    assert number_of(value) == number


def test_whole_numbers() -> None:
    assert [whole_of(value, -1) for value in (3, 3.0, "12", -1)] == [3, 3, 12, -1]
    for value in (3.5, "x", -2, None, True, 2**60):
        with pytest.raises(ValueError, match="no whole number"):
            whole_of(value, -1)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        *(("2.3.0", "2.3.0"), ("v1.0.0-rc.1", "1.0.0-rc.1"), ("2.3.0+cu121", "2.3.0+cu121"), ("2.0.0b1", "2.0.0-b1")),
        *(("2.6.0.dev20241112+cpu", "2.6.0-dev20241112+cpu"),),
    ],
)
def test_versions(text: str, version: str) -> None:
    assert semver_of(text) == version


@pytest.mark.parametrize("text", ["2.3", "1.2.3.4", "01.2.3", "2.3.0-", "x" * 5_000, "1.0.0.post1", 2.3, None])
def test_what_is_no_full_version(text: Any) -> None:
    with pytest.raises(ValueError, match="no version"):
        semver_of(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("ResNet 18", "ResNet 18"), ("org/Net", "org-Net"), ("Modèle (v2)", "Modele -v2"), ("_a1_", None)),
        *(("网络 net", "net"), ("", None), ("ab", None), ("a" * 900, "a" * 290), ("3D U-Net", "model-3D U-Net")),
    ],
)
def test_names_that_mlm_takes(text: str, name: str | None) -> None:
    assert model_name_of(text) == name


def test_frameworks() -> None:
    names = ["torch", "SKLEARN", "hugging-face", "paddlepaddle", "Hugging Face", "timm", "Tensor Flow"]
    assert [framework_of(name) for name in names] == [
        *("PyTorch", "scikit-learn", "Hugging Face", "Paddle", "Hugging Face", "timm", "TensorFlow"),
    ]
    for name in ("-x", "x.", "", None):
        with pytest.raises(ValueError, match="no"):
            framework_of(name)


def test_data_types() -> None:
    names = ["torch.float32", "DOUBLE", "bool", "complex64", "bfloat16", "int8"]
    assert [data_type_of(name) for name in names] == ["float32", "float64", "other", "cfloat32", "other", "int8"]


def test_slugs() -> None:
    assert [slug_of(text, "_") for text in ("F1 (macro)", "val/Acc", "ROUGE-L", "é", "§§")] == [
        *("f1_macro", "val_acc", "rouge_l", "e", ""),
    ]


def test_sources_may_be_shown_to_everybody() -> None:
    assert source_of("ImageNet") == "ImageNet"
    assert source_of("https://x.example/a") == "https://x.example/a"
    for text in ("javascript:alert(1)", "https://u:p@x.example", "file:///etc/passwd"):
        with pytest.raises(ValueError, match=r"it holds|the scheme"):
            source_of(text)


def test_free_values_are_bounded() -> None:
    assert bounded({"a": [1, "x\x00", None, True, 2**80, 1.5]}) == {"a": [1, "x", None, True, str(2**80), 1.5]}
    deep: Any = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    for value in (deep, [0] * MAX_VALUES, float("inf"), object()):
        with pytest.raises(ValueError, match="it"):
            bounded(value)

"""Which words of other vocabularies mean which of STAC's: tasks, frameworks and data types.

Sources: https://github.com/stac-extensions/mlm (v1.5.2), https://github.com/stac-extensions/ml-model (v1.0.0),
https://huggingface.co/tasks
"""

import re
from typing import Any, Final

from stac_ext.ml.values import slug_of, text_of
from stac_ext.sanitize import quoted

TASKS: Final = frozenset(
    {
        *("regression", "classification", "scene-classification", "detection", "object-detection", "segmentation"),
        *("semantic-segmentation", "instance-segmentation", "panoptic-segmentation", "similarity-search"),
        *("generative", "image-captioning", "super-resolution", "downscaling"),
    }
)
DATA_TYPES: Final = frozenset(
    {
        *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"),
        *("cint16", "cint32", "cfloat32", "cfloat64", "other"),
    }
)
LEARNING_APPROACHES: Final = ("supervised", "unsupervised", "semi-supervised", "reinforcement-learning")

_CLASSIFICATION, _DETECTION = ("classification", "classification"), ("object-detection", "object-detection")
_SEGMENTATION, _REGRESSION = ("segmentation", "segmentation"), ("regression", "regression")

# Tasks of Hugging Face: the recommended `ml-model:prediction_type` (None: the task itself) and the task of MLM.
_PIPELINES: Final[dict[str, tuple[str | None, str | None]]] = {
    "image-classification": _CLASSIFICATION,
    "zero-shot-image-classification": _CLASSIFICATION,
    "video-classification": _CLASSIFICATION,
    "audio-classification": _CLASSIFICATION,
    "text-classification": _CLASSIFICATION,
    "token-classification": _CLASSIFICATION,
    "zero-shot-classification": _CLASSIFICATION,
    "tabular-classification": _CLASSIFICATION,
    "object-detection": _DETECTION,
    "zero-shot-object-detection": _DETECTION,
    "image-segmentation": _SEGMENTATION,
    "mask-generation": _SEGMENTATION,
    "tabular-regression": _REGRESSION,
    "time-series-forecasting": _REGRESSION,
    "sentence-similarity": (None, "similarity-search"),
    "text-generation": (None, "generative"),
    "text2text-generation": (None, "generative"),
    "text-to-image": (None, "generative"),
    "text-to-video": (None, "generative"),
    "text-to-audio": (None, "generative"),
    "text-to-speech": (None, "generative"),
    "text-to-3d": (None, "generative"),
    "image-to-3d": (None, "generative"),
    "image-to-video": (None, "generative"),
    "unconditional-image-generation": (None, "generative"),
    "depth-estimation": (None, None),
    "feature-extraction": (None, None),
    "fill-mask": (None, None),
    "image-feature-extraction": (None, None),
    "image-text-to-text": (None, None),
    "image-to-image": (None, None),
    "image-to-text": (None, None),
    "keypoint-detection": (None, None),
    "question-answering": (None, None),
    "summarization": (None, None),
    "translation": (None, None),
    "automatic-speech-recognition": (None, None),
}
_PREDICTIONS: Final = {
    "scene-classification": "classification",
    "semantic-segmentation": "segmentation",
    "instance-segmentation": "segmentation",
    "panoptic-segmentation": "segmentation",
}
_FRAMEWORKS: Final = {
    **{name.lower().replace(" ", ""): name for name in ("PyTorch", "TensorFlow", "scikit-learn", "Keras", "ONNX")},
    **{name.lower(): name for name in ("rgee", "spatialRF", "JAX", "Flax", "MXNet", "Caffe", "PyMC", "Weka", "Paddle")},
    **dict.fromkeys(("torch", "pt", "pytorch-lightning"), "PyTorch"),
    **dict.fromkeys(("tf", "tf2"), "TensorFlow"),
    **dict.fromkeys(("sklearn", "scikitlearn", "scikit_learn"), "scikit-learn"),
    **dict.fromkeys(("transformers", "huggingface", "hugging-face"), "Hugging Face"),
    **dict.fromkeys(("paddlepaddle", "paddle-paddle"), "Paddle"),
}
_DATA_TYPE_NAMES: Final = {
    "half": "float16",
    "double": "float64",
    "complex64": "cfloat32",
    "complex128": "cfloat64",
    **dict.fromkeys(("bool", "boolean", "str", "string", "object", "bytes", "bfloat16"), "other"),
}
_FRAMEWORK = re.compile(r"(?=[^\s._\-]).*[^\s._\-]")


def pipeline_names(tag: str) -> tuple[str | None, str | None] | None:
    """The prediction type and the MLM task that a task of Hugging Face means; None where it is none of theirs."""
    name = slug_of(tag)
    if name not in _PIPELINES:
        return None
    prediction, task = _PIPELINES[name]
    return prediction or name, task


def prediction_of(tasks: tuple[str, ...]) -> str | None:
    """The `ml-model:prediction_type` that tasks of MLM mean: that of the first."""
    return _PREDICTIONS.get(tasks[0], tasks[0]) if tasks else None


def tasks_of(prediction: str) -> tuple[str, ...]:
    """The tasks of MLM that a prediction type means, none where there is no such task."""
    name = slug_of(prediction)
    if name in TASKS:
        return (name,)
    meant = pipeline_names(name)
    return (meant[1],) if meant and meant[1] else ()


def framework_of(value: Any) -> str:
    """The name of a framework as MLM writes it, any other as it is written. Raises ValueError."""
    text = text_of(value, 100)
    name = _FRAMEWORKS.get(text.lower().replace(" ", ""), text)
    if not _FRAMEWORK.fullmatch(name):
        raise ValueError(f"{quoted(text)} is no name of a framework")
    return name


def tagged_framework(tags: list[str]) -> str | None:
    """The one framework that the tags of a card name, None where they name none or several."""
    found = {_FRAMEWORKS[tag.lower()] for tag in tags if tag.lower() in _FRAMEWORKS}
    return found.pop() if len(found) == 1 else None


def data_type_of(value: Any) -> str:
    """The name of a data type as STAC writes it. Raises ValueError."""
    name = text_of(value, 60).lower().removeprefix("torch.").removeprefix("tf.").removeprefix("numpy.")
    name = _DATA_TYPE_NAMES.get(name, name)
    if name not in DATA_TYPES:
        raise ValueError(f"{quoted(value)} is no data type such as float32 or uint8")
    return name

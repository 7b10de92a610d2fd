"""Which files of a project are its model by MLM, and which kind of artifact each is: roles and `mlm:artifact_type`.

Source: https://github.com/stac-extensions/mlm (v1.5.2, "Model Asset")
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from stac_ext.media_types import is_checkpoint
from stac_ext.ml.mlm import MODEL_ROLE
from stac_ext.sanitize import clean_line

_WEIGHTS: Final = (MODEL_ROLE, "mlm:weights")
_WHOLE: Final = (MODEL_ROLE,)
_TYPES: Final = {
    "pt": "torch.save",
    "pth": "torch.save",
    "pkl": "pickle.dump",
    "pickle": "pickle.dump",
    "joblib": "joblib.dump",
    "keras": "tf.keras.Model.save",
    "onnx": "onnx",
    "tflite": "tflite",
    "gguf": "gguf",
    "mlmodel": "coreml",
    "pmml": "pmml",
    "ckpt": "checkpoint",
    "pt2": "torch.export.save",
    "h5": "hdf5",
    "hdf5": "hdf5",
    "pb": "tensorflow.graph",
    "safetensors": "safetensors",
}
_BY_NAME: Final = {"saved_model.pb": "tf.saved_model.save"}
_SAFETENSORS: Final = {"pt": "torch", "tf": "tensorflow", "flax": "flax", "paddle": "paddle"}
_WEIGHT_FILES: Final = frozenset({"pt", "pth", "ckpt", "safetensors", "bin"})
_TORCH_BIN: Final = re.compile(r"(diffusion_)?pytorch_model(-\d{5}-of-\d{5})?\.bin|adapter_model\.bin")
_MODULE_PATH: Final = re.compile(r"[\w.]+")


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What is known about model files beside their names; `formats` is `format` of safetensors files by path."""

    artifact_type: str | None = None
    compile_method: str | None = None
    entrypoint: str | None = None
    formats: Mapping[str, str] = field(default_factory=dict)

    def fields(self, path: str, roles: Sequence[str] = ()) -> dict[str, Any] | None:
        """The roles that a file gets and its fields of MLM, or None where MLM says nothing about it.

        `roles` are those that it has: where its owner says that it is the model, it is.
        """
        name = path.rpartition("/")[2].lower()
        known = artifact_type_of(path, self.formats)
        if known is not None or MODEL_ROLE in roles:
            suffix = name.rpartition(".")[2]
            kept = _WEIGHTS if suffix in _WEIGHT_FILES else _WHOLE
            compiled = {"mlm:compile_method": self.compile_method} if self.compile_method else {}
            kind = self.artifact_type or known or clean_line(suffix, 50) or "unknown"
            return {"roles": list(kept), "mlm:artifact_type": kind, **compiled}
        if self.entrypoint and path in _entry_files(self.entrypoint):
            return {"roles": ["code"], "mlm:entrypoint": self.entrypoint}
        return None


def artifact_type_of(path: str, formats: Mapping[str, str]) -> str | None:
    """The artifact type of a model file, None where a file's name says that it is none."""
    name = path.rpartition("/")[2].lower()
    if _TORCH_BIN.fullmatch(name):
        return "torch.save"
    suffix = name.rpartition(".")[2]
    if not (is_checkpoint(path) or name.endswith(".pt2")):
        return None
    if suffix == "safetensors" and (framework := _SAFETENSORS.get(formats.get(path, ""))):
        return f"safetensors.{framework}.save_file"
    return _BY_NAME.get(name) or _TYPES.get(suffix)


def _entry_files(entrypoint: str) -> frozenset[str]:
    """The files that an entry point may name: `inference.py`, or the module of `package.module:function`."""
    place = entrypoint.partition(":")[0].removeprefix("./")
    module = place.replace(".", "/")
    modules = {f"{module}.py", f"src/{module}.py", f"{module}/__init__.py"} if _MODULE_PATH.fullmatch(place) else set()
    return frozenset({place, *modules})

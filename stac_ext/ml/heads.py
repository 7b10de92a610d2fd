"""What the first bytes of a project's model files tell about the model, where it is clear which file is the model.

One ONNX file, or one safetensors file or complete set of its shards, speaks for the model; of several, each speaks for
itself only.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from stac_ext.ml.known import Known, ModelFacts, merge
from stac_ext.ml.mlm_objects import ModelInput, ModelOutput
from stac_ext.ml.onnx import OnnxModel, read_onnx
from stac_ext.ml.safetensors import Safetensors, read_safetensors
from stac_ext.ml.values import semver_of
from stac_ext.model import FileEnds
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line

_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_SHARD: Final = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.safetensors", re.IGNORECASE | re.DOTALL)
# Who writes an ONNX file, and the framework that the model was trained with.
_PRODUCERS: Final = {
    "pytorch": "PyTorch",
    "skl2onnx": "scikit-learn",
    "tf2onnx": "TensorFlow",
    "keras2onnx": "Keras",
    "paddlepaddle": "Paddle",
}
# `format` in the metadata of a safetensors file.
_FORMATS: Final = {"pt": "PyTorch", "tf": "TensorFlow", "flax": "Flax", "np": "", "mlx": "MLX", "paddle": "Paddle"}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The facts that model files tell, a sentence about each by its path, and the `format` of safetensors files."""

    facts: ModelFacts = field(default_factory=ModelFacts)
    notes: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)


def read_heads(ends: Mapping[str, FileEnds], log: ProblemLog) -> ModelFiles:
    """Read the heads of the files whose names end in `.safetensors` or `.onnx`; a broken one is told of."""
    tensors = _read(ends, ".safetensors", read_safetensors, log)
    graphs = _read(ends, ".onnx", read_onnx, log)
    described = {**{path: read.describe() for path, read in tensors.items() if read}}
    described |= {path: read.describe() for path, read in graphs.items() if read}
    formats = {path: read.metadata["format"] for path, read in tensors.items() if read and "format" in read.metadata}
    return ModelFiles(merge(_of_tensors(tensors), _of_graph(graphs)), described, formats)


def _read(
    ends: Mapping[str, FileEnds], suffix: str, read: Callable[[FileEnds], _T], log: ProblemLog
) -> dict[str, _T | None]:
    files: dict[str, _T | None] = {}
    for path in sorted(path for path in ends if path.lower().endswith(suffix)):
        files[path] = None
        if ends[path].head.startswith(_LFS_POINTER):
            continue
        try:
            files[path] = read(ends[path])
        except ValueError as error:
            said = f"This is no {suffix[1:]} file that can be read: {error}."
            log.add("model-file", said, "Store it again.", path=clean_line(path))
    return files


def _of_tensors(files: dict[str, Safetensors | None]) -> ModelFacts:
    read = [head for head in files.values() if head is not None]
    if not read or len(read) < len(files) or not _one_model(list(files)):
        return ModelFacts()
    paths = list(files)
    source = clean_line(paths[0]) if len(paths) == 1 else f"{clean_line(paths[0])} and {len(paths) - 1} more"
    metadata: dict[str, str] = {}
    for head in read:
        metadata = {**head.metadata, **metadata}
    framework = _FORMATS.get(metadata.get("format", ""))
    architecture = metadata.get("modelspec.architecture")
    types = tuple(sorted({name for head in read for name in head.types}))
    return ModelFacts(
        architecture=Known(architecture, source) if architecture else None,
        framework=Known(framework, source) if framework else None,
        total_parameters=Known(sum(head.parameters for head in read), source),
        weights_types=Known(types, source) if types else None,
    )


def _one_model(paths: list[str]) -> bool:
    """Whether the files are one, or all the shards of one."""
    if len(paths) == 1 and not _SHARD.fullmatch(paths[0]):
        return True
    shards = [_SHARD.fullmatch(path) for path in paths]
    found = {(shard[1], int(shard[3])) for shard in shards if shard}
    return None not in shards and len(found) == 1 and found.pop()[1] == len(paths)


def _of_graph(files: dict[str, OnnxModel | None]) -> ModelFacts:
    if len(files) != 1:
        return ModelFacts()
    (path, head), *_ = files.items()
    if head is None:
        return ModelFacts()
    source = clean_line(path)
    framework = _PRODUCERS.get((head.producer or "").lower(), "ONNX")
    version = None
    if framework == "PyTorch" and head.producer_version:  # the others write the converter's version
        try:
            version = Known(semver_of(head.producer_version), source)
        except ValueError:
            version = None
    inputs = tuple(ModelInput(name, array) for name, array in head.inputs) if head.inputs else None
    outputs = tuple(ModelOutput(name, array) for name, array in head.outputs) if head.outputs else None
    return ModelFacts(
        framework=Known(framework, source),
        framework_version=version,
        inputs=Known(inputs, source) if inputs else None,
        outputs=Known(outputs, source) if outputs else None,
    )

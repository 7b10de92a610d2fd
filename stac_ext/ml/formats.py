"""Which formats of model files can run code when they are loaded, judged by the name of the file alone.

Sources: https://docs.python.org/3/library/pickle.html, https://docs.pytorch.org/docs/stable/generated/torch.load.html,
https://keras.io/api/models/model_saving_apis/model_saving_and_loading/, https://joblib.readthedocs.io/en/stable/persistence.html,
https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md, https://github.com/pytorch/serve/tree/master/model-archiver,
https://docs.nvidia.com/nemo-framework, https://www.kb.cert.org/vuls/id/238194 (R)

NumPy's files are not among them: since version 1.16.3 it loads no pickled objects unless it is told to.
"""

import re
from typing import Final

_PICKLE: Final = "It is a pickle: loading it runs whatever code its author put into it."
_TORCH: Final = "PyTorch stores it as a pickle, which can run code when it is loaded without `weights_only=True`."
_LAMBDA: Final = "Keras can store layers of arbitrary Python code in it (Lambda), which run when it is loaded unsafely."
_PADDLE: Final = "PaddlePaddle stores it as a pickle, which can run code when it is loaded."
_ARCHIVE: Final = "It is an archive with pickled weights or Python code of its author, which run when it is served."
_R: Final = "R can store promises in it: code that runs as soon as the loaded value is looked at."
_LUA: Final = "Torch 7 can store functions in it, which run when it is loaded."
_PROGRAM: Final = "It is a program, or holds one: loading it runs whatever its author put into it."
_GRAPH: Final = "TensorFlow graphs are programs: they can read and write files when they run."

_PICKLES: Final = frozenset({"pkl", "pickle", "joblib", "dill", "cloudpickle"})
_BY_SUFFIX: Final = {
    **dict.fromkeys(_PICKLES, _PICKLE),
    **dict.fromkeys(("pt", "pth", "ckpt"), _TORCH),
    **dict.fromkeys(("h5", "hdf5", "keras"), _LAMBDA),
    "pb": _GRAPH,
    **dict.fromkeys(("pdparams", "pdopt", "pdmodel"), _PADDLE),
    **dict.fromkeys(("mar", "nemo"), _ARCHIVE),
    **dict.fromkeys(("rds", "rda", "rdata"), _R),
    "t7": _LUA,
    **dict.fromkeys(("jar", "pyc", "so", "dll", "dylib", "exe", "llamafile", "engine", "pt2"), _PROGRAM),
}
# Around a pickle these change nothing: joblib and pandas open them by themselves.
_COMPRESSED: Final = frozenset({"gz", "bz2", "xz", "lzma", "zst", "lz4", "z", "zip"})
_TORCH_BIN: Final = re.compile(
    r"(diffusion_)?pytorch_model(-\d{5}-of-\d{5})?\.bin|adapter_model\.bin|(optimizer|training_args)\.bin"
)
_ALTERNATIVES: Final = {
    _PICKLE: "Store weights as safetensors or the whole model as ONNX, and scikit-learn models with skops.",
    _TORCH: "Store weights as safetensors, or the whole model as ONNX.",
    _LAMBDA: "Store the model as ONNX, or its weights as safetensors.",
    _GRAPH: "Store the model as ONNX.",
    _PADDLE: "Store the model as ONNX, or its weights as safetensors.",
    _ARCHIVE: "Store the model as ONNX, or its weights as safetensors, and the code beside it.",
    _R: "Store tables as CSV or Parquet, and models as ONNX or PMML.",
    _LUA: "Store the model as ONNX, or its weights as safetensors.",
    _PROGRAM: "Store the model as ONNX, or its weights as safetensors.",
}


def loading_runs_code(path: str) -> str | None:
    """Why loading this file can run code, as one sentence; None where nothing of the kind is well known."""
    name = path.rpartition("/")[2].lower()
    if _TORCH_BIN.fullmatch(name):
        return _TORCH
    stem, _, suffix = name.rpartition(".")
    if suffix in _COMPRESSED and "." in stem:
        suffix = stem.rpartition(".")[2]
        return _BY_SUFFIX.get(suffix) if suffix in _PICKLES else None
    return _BY_SUFFIX.get(suffix) if stem else None


def safe_alternative(path: str) -> str | None:
    """What to store instead of a file whose loading can run code, as one sentence."""
    reason = loading_runs_code(path)
    return _ALTERNATIVES[reason] if reason else None

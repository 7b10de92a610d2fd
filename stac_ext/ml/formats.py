"""Which formats of model files can run code when they are loaded, judged by the name of the file alone.

Sources: https://docs.python.org/3/library/pickle.html, https://docs.pytorch.org/docs/stable/generated/torch.load.html,
https://keras.io/api/models/model_saving_apis/model_saving_and_loading/, https://joblib.readthedocs.io/en/stable/persistence.html,
https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md
"""

import re
from typing import Final

_PICKLE: Final = "It is a pickle: loading it runs whatever code its author put into it."
_TORCH: Final = "PyTorch stores it as a pickle, which can run code when it is loaded without `weights_only=True`."
_LAMBDA: Final = "Keras can store layers of arbitrary Python code in it (Lambda), which run when it is loaded unsafely."
_GRAPH: Final = "TensorFlow graphs are programs: they can read and write files when they run."

_BY_SUFFIX: Final = {
    **dict.fromkeys(("pkl", "pickle", "joblib", "dill", "cloudpickle"), _PICKLE),
    **dict.fromkeys(("pt", "pth", "ckpt"), _TORCH),
    **dict.fromkeys(("h5", "hdf5", "keras"), _LAMBDA),
    "pb": _GRAPH,
}
_TORCH_BIN: Final = re.compile(
    r"(diffusion_)?pytorch_model(-\d{5}-of-\d{5})?\.bin|adapter_model\.bin|(optimizer|training_args)\.bin"
)
_ALTERNATIVES: Final = {
    _PICKLE: "Store weights as safetensors or the whole model as ONNX, and scikit-learn models with skops.",
    _TORCH: "Store weights as safetensors, or the whole model as ONNX.",
    _LAMBDA: "Store the model as ONNX, or its weights as safetensors.",
    _GRAPH: "Store the model as ONNX.",
}


def loading_runs_code(path: str) -> str | None:
    """Why loading this file can run code, as one sentence; None where nothing of the kind is well known."""
    name = path.rpartition("/")[2].lower()
    if _TORCH_BIN.fullmatch(name):
        return _TORCH
    return _BY_SUFFIX.get(name.rpartition(".")[2]) if "." in name else None


def safe_alternative(path: str) -> str | None:
    """What to store instead of a file whose loading can run code, as one sentence."""
    reason = loading_runs_code(path)
    return _ALTERNATIVES[reason] if reason else None

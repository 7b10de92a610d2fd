"""What an `MLmodel` file, which MLflow writes beside a model, says about it: its flavour, its signature, its example.

Source: https://mlflow.org/docs/latest/ml/model/
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stac_ext.items.front_matter import read_front_matter
from stac_ext.ml.evaluations import read_metrics
from stac_ext.ml.known import Known, ModelFacts
from stac_ext.ml.mlm_objects import Array, ModelInput, ModelOutput
from stac_ext.ml.signature import read_schema
from stac_ext.ml.values import semver_of, slug_of
from stac_ext.ml.vocabulary import pipeline_names
from stac_ext.model import FileText, Problem
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, line_of

NAME: Final = "MLmodel"

# Each flavour of MLflow: the framework as MLM names it, and the field with its version.
_FLAVOURS: Final = {
    "transformers": ("Hugging Face", "transformers_version"),
    "sentence_transformers": ("sentence-transformers", "sentence_transformers_version"),
    "sklearn": ("scikit-learn", "sklearn_version"),
    "pytorch": ("PyTorch", "pytorch_version"),
    "keras": ("Keras", "keras_version"),
    "tensorflow": ("TensorFlow", "tensorflow_version"),
    "onnx": ("ONNX", "onnx_version"),
    "xgboost": ("XGBoost", "xgb_version"),
    "lightgbm": ("LightGBM", "lgb_version"),
    "catboost": ("CatBoost", "catboost_version"),
    "paddle": ("Paddle", "paddle_version"),
    "fastai": ("fastai", "fastai_version"),
    "spacy": ("spaCy", "spacy_version"),
    "statsmodels": ("statsmodels", "statsmodels_version"),
    "prophet": ("Prophet", "prophet_version"),
    "h2o": ("H2O", "h2o_version"),
    "spark": ("Spark MLlib", "pyspark_version"),
}
_CLASS_ENDS: Final = {"Classifier": "classification", "Regressor": "regression"}


@dataclass(frozen=True, slots=True)
class MlflowModel:
    """The facts of one `MLmodel` file; `notes` say what other files are, by their path in the repository."""

    facts: ModelFacts = field(default_factory=ModelFacts)
    notes: tuple[tuple[str, str], ...] = ()


def read_mlmodel(texts: Mapping[str, FileText], log: ProblemLog) -> MlflowModel:
    """Read the `MLmodel` file that is nearest to the root; others are told of."""
    paths = sorted((p for p in texts if posixpath.basename(p) == NAME), key=lambda p: (p.count("/"), p))
    if not paths:
        return MlflowModel()
    path = paths[0]
    if len(paths) > 1:
        said = f"The repository has {len(paths)} MLmodel files; the item describes the model of `{path}`."
        log.add("mlmodel-several", said, "Make a project of each model.", path=clean_line(path))
    return _MlmodelFile(path, texts[path], log).read()


class _MlmodelFile:
    def __init__(self, path: str, text: FileText, log: ProblemLog) -> None:
        self.path = path
        self.shown = clean_line(path)
        self.log = log
        self.fields = self._fields(text)

    def read(self) -> MlflowModel:
        flavours = self.fields.get("flavors")
        flavours = flavours if isinstance(flavours, dict) else {}
        name = next((name for name in _FLAVOURS if isinstance(flavours.get(name), dict)), None)
        flavour: dict[str, Any] = flavours[name] if name else {}
        signature = self.fields.get("signature")
        signature = signature if isinstance(signature, dict) else {}
        inputs, outputs = self._arrays(signature, "input"), self._arrays(signature, "output")
        architecture = _architecture(flavour)
        prediction, task = _predicts(flavour, architecture)
        metadata = self.fields.get("metadata")
        metrics = metadata.get("metrics") if isinstance(metadata, dict) else None
        facts = ModelFacts(
            architecture=self._known(architecture),
            prediction_type=self._known(prediction),
            tasks=self._known((task,) if task else None),
            framework=self._known(_FLAVOURS[name][0] if name else None),
            framework_version=self._version(flavour.get(_FLAVOURS[name][1])) if name else None,
            inputs=self._known(inputs and tuple(ModelInput(key, array) for key, array in inputs)),
            outputs=self._known(outputs and tuple(ModelOutput(key, array) for key, array in outputs)),
            evaluations=read_metrics(metrics if isinstance(metrics, dict) else None, self.shown),
        )
        return MlflowModel(facts, self._notes(name))

    def _fields(self, text: FileText) -> dict[str, Any]:
        """The file's fields, read with the limits that hold for front matter."""
        data = text.data.removeprefix(b"\xef\xbb\xbf").removeprefix(b"---\n").rstrip()
        above = text.data.count(b"\n") - data.count(b"\n") - text.data[len(text.data.rstrip()) :].count(b"\n")
        front = read_front_matter(b"---\n" + data + b"\n---\n", path=self.shown)
        for problem in front.problems:
            said = problem.message.replace("The README", "The file").replace("The front matter", "The file")
            line = problem.line and max(1, problem.line - 1 + above)
            self.log.extend([Problem("mlmodel", said, problem.fix, self.shown, line)])
        if text.truncated:
            self.log.add("mlmodel", "The file is too large; only its head is read.", path=self.shown)
        return front.fields

    def _arrays(self, signature: dict[str, Any], kind: str) -> tuple[tuple[str, Array], ...] | None:
        value = signature.get(f"{kind}s")
        if value is None:
            return None
        try:
            return read_schema(value, kind)
        except ValueError as error:
            said = f"`signature.{kind}s` is not used: {error}."
            self.log.add("mlmodel-signature", said, "Log the model with a signature.", path=self.shown)
            return None

    def _version(self, value: Any) -> Known[str] | None:
        if value is None:
            return None
        try:
            return Known(semver_of(value), self.shown)
        except ValueError as error:
            self.log.add("mlmodel", f"The framework's version is not used: {error}.", path=self.shown)
            return None

    def _notes(self, flavour: str | None) -> tuple[tuple[str, str], ...]:
        version, size = line_of(self.fields.get("mlflow_version"), 60), self.fields.get("model_size_bytes")
        what = f"MLflow {version} model" if version else "MLflow model"
        what += f" ({_FLAVOURS[flavour][0]})" if flavour else ""
        what += f", {size} bytes" if isinstance(size, int) and not isinstance(size, bool) and size > 0 else ""
        notes = [(self.path, f"{what}.")]
        example = self.fields.get("saved_input_example_info")
        place = line_of(example.get("artifact_path"), 500) if isinstance(example, dict) else None
        if place:
            notes.append((posixpath.join(posixpath.dirname(self.path), place), "An example of the model's input."))
        return tuple(notes)

    def _known(self, value: Any) -> Known[Any] | None:
        return Known(value, self.shown) if value else None


def _architecture(flavour: dict[str, Any]) -> str | None:
    """The class of the model, where the flavour tells one that stands for an architecture."""
    told = line_of(flavour.get("pipeline_model_type"), 200)
    named = line_of(flavour.get("model_class"), 200) or line_of(flavour.get("model_type"), 200) or ""
    name = named.rpartition(".")[2]
    return told or (name if name.endswith((*_CLASS_ENDS, "Ranker")) else None)


def _predicts(flavour: dict[str, Any], architecture: str | None) -> tuple[str | None, str | None]:
    task = line_of(flavour.get("task"), 100)
    if task and (meant := pipeline_names(slug_of(task))):
        return meant
    prediction = next((what for end, what in _CLASS_ENDS.items() if (architecture or "").endswith(end)), None)
    return prediction, prediction

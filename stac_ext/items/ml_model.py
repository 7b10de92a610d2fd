"""What an item says by the ml-model extension, from the front matter alone: the names that the builder uses."""

from stac_ext.ml.ml_model import EXTENSION, PREFIX, UNKNOWN, MlModel, is_ml_model_key, read_ml_model

__all__ = ["EXTENSION", "PREFIX", "UNKNOWN", "MlModel", "is_ml_model_key", "read_ml_model"]

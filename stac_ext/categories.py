"""Which GitLab topics make a project part of the catalogue, and what is an asset by default in each collection."""

from dataclasses import dataclass
from typing import Final

_DOCUMENTS = ("/README*", "/LICENSE*", "/LICENCE*", "/COPYING*", "/CITATION.cff")
_DVC = ("*.dvc", "dvc.yaml", "dvc.lock")
COMMON_RULES: Final = (*_DOCUMENTS, *_DVC)
_ZARR = ("*.zarr/.zmetadata", "*.zarr/zarr.json", "*.zarr.zip")


@dataclass(frozen=True, slots=True)
class Localised:
    """What a category is called in another language; `language` is a tag such as `fr` or `pt-BR`."""

    language: str
    title: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A collection of the catalogue: the projects that carry `topic`.

    `asset_rules` are globs, in any letter case, for the files that are assets unasked. `ml_model` says that its items
    carry the ml-model extension. `extensions` are the prefixes that a README need not declare for their blocks to be
    meant as extensions. `logo` and `icon` are web addresses of a large and a small picture.
    """

    id: str
    topic: str
    title: str
    description: str
    keywords: tuple[str, ...] = ()
    asset_rules: tuple[str, ...] = ()
    ml_model: bool = False
    extensions: tuple[str, ...] = ()
    logo: str | None = None
    icon: str | None = None
    locales: tuple[Localised, ...] = ()

    def in_language(self, language: str) -> Localised:
        """Title and description in this language, else in the language that it is a variant of, else as they are."""
        tags = {one.language.lower(): one for one in self.locales}
        wanted = language.lower()
        found = tags.get(wanted) or tags.get(wanted.partition("-")[0]) or Localised(language)
        return Localised(found.language, found.title or self.title, found.description or self.description)


AI_MODEL: Final = Category(
    id="ai-model",
    topic="sharinghub:aimodel",
    title="AI models",
    description="Machine learning models: GitLab projects with the topic `sharinghub:aimodel`.",
    keywords=("machine learning", "model", "ai"),
    asset_rules=(
        *COMMON_RULES,
        *("*.onnx", "*.pt", "*.pth", "*.ckpt", "*.safetensors", "*.pkl", "*.pickle", "*.joblib", "*.h5", "*.hdf5"),
        *("*.keras", "*.tflite", "*.pb", "*.gguf", "*.npz", "*.mlmodel", "*.pmml"),
        *("MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "environment.yml", "environment.yaml"),
        *("pyproject.toml", "Dockerfile", "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"),
        *("pytorch_model*.bin", "model*.bin", "diffusion_pytorch_model*.bin", "*.msgpack", "*.ubj", "*.pt2", "*.mar"),
        *("*.ipynb", "/config.json", "/tokenizer.json"),
    ),
    ml_model=True,
)

DATASET: Final = Category(
    id="dataset",
    topic="sharinghub:dataset",
    title="Datasets",
    description="Datasets: GitLab projects with the topic `sharinghub:dataset`.",
    keywords=("dataset",),
    asset_rules=(
        *COMMON_RULES,
        *_ZARR,
        *("*.tif", "*.tiff", "*.jp2", "*.nc", "*.grib", "*.grib2", "*.h5", "*.hdf5", "*.npy", "*.npz"),
        *("*.geojson", "*.gpkg", "*.shp", "*.dbf", "*.shx", "*.prj", "*.fgb", "*.kml", "*.gml", "*.pmtiles"),
        *("*.las", "*.laz", "*.json", "*.jsonl", "*.ndjson", "*.csv", "*.tsv", "*.xlsx", "*.xml"),
        *("*.parquet", "*.geoparquet", "*.arrow", "*.feather", "*.avro", "*.sqlite", "*.tfrecord"),
        *("*.zip", "*.tar", "*.tar.gz", "*.tgz", "*.gz", "*.7z"),
    ),
    extensions=("eo", "label"),
)

DEFAULT_CATEGORIES: Final = (AI_MODEL, DATASET)

"""What a file is by its name: its media type and the STAC role it has as an asset unless its owner says otherwise.

The type is what the file is, not what is safe to show: HTML and SVG keep theirs, and whoever serves them takes care.
"""

import re
from dataclasses import dataclass
from typing import Final

COG: Final = "image/tiff; application=geotiff; profile=cloud-optimized"
COMPOSE: Final = "text/x-yaml; application=compose"  # as the ml-model extension writes it
GEOTIFF: Final = "image/tiff; application=geotiff"
NOTEBOOK: Final = "application/x-ipynb+json"
YAML: Final = "application/yaml"
BINARY: Final = "application/octet-stream"

# The short names of SharingHub's `type-as`.
TYPE_AS: Final = {
    "text": "text/plain",
    "json": "application/json",
    "xml": "application/xml",
    "yaml": YAML,
    "zip": "application/zip",
    "geotiff": GEOTIFF,
    "cog": COG,
    "geojson": "application/geo+json",
    "compose": COMPOSE,
    "notebook": NOTEBOOK,
}

_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+_-]*(\s*;\s*[\x21-\x7e][\x20-\x7e]*)?", re.IGNORECASE | re.ASCII)

_DATA, _METADATA, _CODE, _DOCUMENT = ("data",), ("metadata",), ("code",), ("documentation",)

_NAMES: Final = {
    "license": ("text/plain", ("license",)),
    "licence": ("text/plain", ("license",)),
    "copying": ("text/plain", ("license",)),
    "readme": ("text/plain", _METADATA),
    "citation.cff": (YAML, ("citation",)),
    "mlmodel": (YAML, _METADATA),
    "dockerfile": ("text/plain", _CODE),
    "requirements.txt": ("text/plain", _CODE),
    "conda.yaml": (YAML, _CODE),
    "python_env.yaml": (YAML, _CODE),
    "environment.yml": (YAML, _CODE),
    "environment.yaml": (YAML, _CODE),
    "pyproject.toml": ("application/toml", _CODE),
    "dvc.yaml": (YAML, _METADATA),
    "dvc.lock": (YAML, _METADATA),
    ".zmetadata": ("application/json", _METADATA),
    "zarr.json": ("application/json", _METADATA),
    **{f"{stem}.{suffix}": (COMPOSE, _CODE) for stem in ("docker-compose", "compose") for suffix in ("yml", "yaml")},
}

_WEIGHTS: Final = {
    "onnx": "application/onnx",
    "pt": "application/octet-stream; application=pytorch",
    "pth": "application/octet-stream; application=pytorch",
    "ckpt": BINARY,
    "safetensors": "application/octet-stream; application=safetensors",
    "pkl": "application/octet-stream; application=pickle",
    "pickle": "application/octet-stream; application=pickle",
    "joblib": "application/octet-stream; application=joblib",
    "keras": "application/zip; application=keras",
    "tflite": "application/octet-stream; application=tflite",
    "pb": "application/octet-stream; application=tensorflow",
    "gguf": "application/octet-stream; application=gguf",
    "mlmodel": "application/octet-stream; application=coreml",
    "pmml": "application/xml; application=pmml",
}

_SUFFIXES: Final = {
    **{suffix: (kind, _DATA) for suffix, kind in _WEIGHTS.items()},
    "h5": ("application/x-hdf5", _DATA),
    "hdf5": ("application/x-hdf5", _DATA),
    "nc": ("application/netcdf", _DATA),
    "npy": ("application/octet-stream; application=numpy", _DATA),
    "npz": ("application/zip; application=numpy", _DATA),
    "tif": (GEOTIFF, _DATA),
    "tiff": (GEOTIFF, _DATA),
    "cog.tif": (COG, _DATA),
    "cog.tiff": (COG, _DATA),
    "jp2": ("image/jp2", _DATA),
    "grib": ("application/wmo-GRIB2", _DATA),
    "grib2": ("application/wmo-GRIB2", _DATA),
    "geojson": ("application/geo+json", _DATA),
    "gpkg": ("application/geopackage+sqlite3", _DATA),
    "shp": ("application/vnd.shp", _DATA),
    "shx": ("application/vnd.shx", _DATA),
    "dbf": ("application/vnd.dbf", _DATA),
    "prj": ("text/plain", _METADATA),
    "fgb": ("application/vnd.flatgeobuf", _DATA),
    "kml": ("application/vnd.google-earth.kml+xml", _DATA),
    "gml": ("application/gml+xml", _DATA),
    "pmtiles": ("application/vnd.pmtiles", _DATA),
    "las": ("application/vnd.las", _DATA),
    "laz": ("application/vnd.laszip", _DATA),
    "parquet": ("application/vnd.apache.parquet", _DATA),
    "geoparquet": ("application/vnd.apache.parquet", _DATA),
    "arrow": ("application/vnd.apache.arrow.file", _DATA),
    "feather": ("application/vnd.apache.arrow.file", _DATA),
    "avro": ("application/vnd.apache.avro", _DATA),
    "sqlite": ("application/vnd.sqlite3", _DATA),
    "tfrecord": (BINARY, _DATA),
    "csv": ("text/csv", _DATA),
    "tsv": ("text/tab-separated-values", _DATA),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _DATA),
    "json": ("application/json", _DATA),
    "jsonl": ("application/jsonl", _DATA),
    "ndjson": ("application/x-ndjson", _DATA),
    "xml": ("application/xml", _DATA),
    "yaml": (YAML, _METADATA),
    "yml": (YAML, _METADATA),
    "toml": ("application/toml", _METADATA),
    "dvc": (YAML, _METADATA),
    "zarr.zip": ("application/zip", _DATA),
    "zip": ("application/zip", _DATA),
    "tar": ("application/x-tar", _DATA),
    "tar.gz": ("application/gzip", _DATA),
    "tgz": ("application/gzip", _DATA),
    "gz": ("application/gzip", _DATA),
    "7z": ("application/x-7z-compressed", _DATA),
    "ipynb": (NOTEBOOK, _CODE),
    "py": ("text/x-python", _CODE),
    "r": ("text/plain", _CODE),
    "sh": ("application/x-sh", _CODE),
    "md": ("text/markdown", _METADATA),
    "rst": ("text/x-rst", _METADATA),
    "txt": ("text/plain", _DATA),
    "html": ("text/html", _DOCUMENT),
    "htm": ("text/html", _DOCUMENT),
    "pdf": ("application/pdf", _DOCUMENT),
    "png": ("image/png", _DATA),
    "jpg": ("image/jpeg", _DATA),
    "jpeg": ("image/jpeg", _DATA),
    "gif": ("image/gif", _DATA),
    "webp": ("image/webp", _DATA),
    "svg": ("image/svg+xml", _DATA),
    "mp4": ("video/mp4", _DATA),
    "wav": ("audio/wav", _DATA),
}

_THUMBNAILS: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_CHECKPOINTS: Final = frozenset({*_WEIGHTS, "h5", "hdf5"})


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is; `media_type` is None where its name does not tell."""

    media_type: str | None
    roles: tuple[str, ...]


def file_kind(path: str) -> FileKind:
    """The media type and the default roles of a file, by its name alone."""
    name = path.rpartition("/")[2].lower()
    stem = name.partition(".")[0]
    if name in _NAMES:
        return FileKind(*_NAMES[name])
    if stem in ("readme", "license", "licence", "copying"):
        media_type = _SUFFIXES[_suffix(name)][0] if _suffix(name) in ("md", "rst", "html") else "text/plain"
        return FileKind(media_type, _NAMES[stem][1])
    for suffix in (".".join(name.split(".")[-2:]), _suffix(name)):
        if "." in name and suffix in _SUFFIXES:
            return FileKind(*_SUFFIXES[suffix])
    return FileKind(None, _DATA)


def is_media_type(text: str) -> bool:
    """Whether a text that an owner wrote has the form of a media type."""
    return len(text) <= 200 and _MEDIA_TYPE.fullmatch(text) is not None


def is_thumbnail(path: str) -> bool:
    """Whether a browser shows the file as a picture, without anything in it that runs."""
    return file_kind(path).media_type in _THUMBNAILS


def is_checkpoint(path: str) -> bool:
    """Whether the file holds the weights of a model."""
    name = path.rpartition("/")[2]
    return "." in name and name != "MLmodel" and _suffix(name.lower()) in _CHECKPOINTS


def _suffix(name: str) -> str:
    return name.rpartition(".")[2]

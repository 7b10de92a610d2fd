"""What of a README's front matter is kept although no rule reads it: `sharinghub:extra`, bounded."""

from typing import Any, Final

import orjson

from stac_ext.extensions.known import EXTENSIONS
from stac_ext.items.ml_model import is_ml_model_key
from stac_ext.problem_log import ProblemLog

MAX_EXTRA: Final = 16 * 1024

_READ = frozenset(
    {
        *("title", "license", "license-url", "license_url", "license-link", "license_link", "providers", "extent"),
        *("preview", "assets", "links", "keywords", "tags", "doi", "citation", "sci:doi", "sci:citation"),
        *(
            "platform",
            "instruments",
            "constellation",
            "mission",
            "gsd",
            "license_name",
            "sci:publications",
            "pretty_name",
        ),
        # Links for those who may see what they lead to; here everybody would read of it.
        *("related", "datasets", "base_model", "source_datasets"),
    }
)
_RESERVED = frozenset(
    {
        *("id", "bbox", "geometry", "collection", "stac_version", "stac_extensions", "sharinghub"),
        *("datetime", "start_datetime", "end_datetime", "created", "updated"),
    }
)
_EXTENSIONS = frozenset(
    {
        *("eo", "label", "mlm", "sci", "raster", "proj", "projection", "view", "sar", "sat", "cube", "table"),
        *("processing", "file", "version", "storage", "auth", "alternate", "classification", "ml-aoi", "ml-model"),
        *("datacube", "grid"),
    }
)


def keep_extra(fields: dict[str, Any], unread: dict[str, Any], log: ProblemLog) -> dict[str, Any]:
    """The fields that nothing reads, and `unread`: the parts that those who read a field could not take."""
    kept: dict[str, Any] = {}
    for key, value in fields.items():
        if key in _RESERVED or key.startswith("sharinghub:"):
            said = f"`{key}` is decided by GitLab and the catalogue; it is not used."
            log.add("reserved-field", said, "Remove it.", field=key)
        elif key not in _READ and not _is_citation(key, value):
            _report_extension(key, value, fields.get("extensions"), log)
            kept[key] = value
    return _fitting({**kept, **unread}, log)


def _is_citation(key: str, value: Any) -> bool:
    return key == "sci" and isinstance(value, dict) and set(value) <= {"doi", "citation", "publications"}


def _report_extension(key: str, value: Any, extensions: Any, log: ProblemLog) -> None:
    prefix, colon, _ = key.partition(":")
    named = prefix in _EXTENSIONS or (isinstance(extensions, dict) and prefix in extensions)
    if not named or not (colon or isinstance(value, dict)):
        return
    if is_ml_model_key(key):
        fix = "Remove it, or give the project the topic of AI models."
        log.add("ml-model-elsewhere", f"`{key}` is kept in `sharinghub:extra`: this is no model.", fix, field=key)
        return
    said = f"The catalogue does not know the extension `{prefix}` this way; `{key}` is kept in `sharinghub:extra`."
    log.add("extension-unknown", said, _fix(prefix, extensions), field=key)


def _fix(prefix: str, extensions: Any) -> str:
    other = next((one.prefix for one in EXTENSIONS if one.name == prefix and one.prefix != prefix), None)
    if other is not None:
        return f"Its prefix is `{other}`."
    known = next((one for one in EXTENSIONS if one.prefix == prefix), None)
    if known is not None and isinstance(extensions, dict) and prefix in extensions:
        return f"The prefix `{prefix}` is that of {known.schema}."
    return "Those who run the catalogue can configure its schema."


def _fitting(kept: dict[str, Any], log: ProblemLog) -> dict[str, Any]:
    fitting: dict[str, Any] = {}
    left = MAX_EXTRA - 2
    for key, value in kept.items():
        size = len(orjson.dumps({key: value}))
        if size > left:
            said = f"`{key}` does not fit into the 16 KiB that `sharinghub:extra` holds."
            log.add("extra-size", said, "Shorten it.", field=key)
            continue
        left -= size
        fitting[key] = value
    return fitting

"""What SharingHub's configuration file is in ours, and what of it has no counterpart.

Source: https://github.com/csgroup-oss/sharinghub-server/blob/main/CONFIGURATION.md
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from pydantic import ValidationError

from sharinghub_ext.categories import CategorySettings, place_of
from stac_ext.categories import DEFAULT_CATEGORIES
from stac_ext.extensions.known import BY_PREFIX

MAX_BYTES: Final = 4 * 1024 * 1024

_OTHERS_KNOWN = frozenset({"sci", "ml-model", "mlm"})
_LEVELS = {"critical": "error", "error": "error", "warning": "warning", "info": "info", "debug": "debug"}
_PAGES: Final = "the pages of the hub have no such part"
_INDEX: Final = "the hub answers from its index, which webhooks keep fresh"
# Why a part has no counterpart, by the path of the part.
_WITHOUT: Final[Mapping[str, str]] = {
    "alerts": _PAGES,
    "docs": _PAGES,
    "external-urls": _PAGES,
    "jupyterlab": _PAGES,
    "spaces": _PAGES,
    "tags": "every keyword can be searched and counted as it is",
    "wizard": _PAGES,
    "mlflow": "metrics and models are read from `MLmodel` files and GitLab's model registry",
    "s3": "the hub keeps objects in a folder only so far (SHARINGHUB_STORE_URL=file:///…)",
    "services": "the hub keeps objects in a folder only so far (SHARINGHUB_STORE_URL=file:///…)",
    "gitlab.allow-public": "everybody sees what GitLab shows to everybody",
    "gitlab.ignore": "every topic but those of categories is a keyword",
    "gitlab.oauth.client-secret": "a secret: set SHARINGHUB_OAUTH_CLIENT_SECRET, or give it as a file",
    "gitlab.oauth.default-token": "a secret: visitors see what is public; see SHARINGHUB_VISITOR_TOKEN",
    "server.cache": _INDEX,
    "server.prefix": "SHARINGHUB_PUBLIC_URL may have a path",
    "server.session": "sessions are kept by the hub; see SHARINGHUB_SECRET_KEY",
    "server.statics": _PAGES,
    "server.statics-ui": _PAGES,
    "stac.projects": _INDEX,
    "stac.root.id": "the catalogue's id is fixed",
    "stac.root.locales": "title and description of the catalogue have one language",
    "stac.root.logo": _PAGES,
    "stac.search": _INDEX,
}


class NotSharingHubError(ValueError):
    """The text is no configuration of SharingHub; the message says why."""


@dataclass(slots=True)
class Converted:
    """Our settings, as they stand in a YAML file, and a line for each part that is not in them."""

    settings: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def leave_out(self, path: str, why: str) -> None:
        self.left_out.append(f"{path}: {why}")


def convert(text: str) -> Converted:
    """Our settings from SharingHub's YAML, or from the Helm values that hold it below `config`.

    Raises NotSharingHubError.
    """
    document = _document(text)
    result = Converted()
    for path, value in _parts(document, ""):
        _take(path, value, result)
    debug = _at(document, "server.debug")
    if debug is True:
        result.settings["log_level"] = "debug"
    if not result.settings and not result.left_out:
        raise NotSharingHubError("it holds no setting of SharingHub")
    return result


def _document(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise NotSharingHubError("it is larger than 4 MiB")
    try:
        document = yaml.safe_load(text)
        if isinstance(document, dict) and isinstance(document.get("config"), str):
            document = yaml.safe_load(document["config"])
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotSharingHubError(f"it is not YAML: {error}") from None
    if not isinstance(document, dict):
        raise NotSharingHubError("it holds no lines such as `stac:`")
    return document


_DEEPER = frozenset({"gitlab", "gitlab.oauth", "server", "server.http_client", "stac", "stac.root", "stac.catalogs"})


def _parts(value: Mapping[Any, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, entry in value.items():
        below = f"{path}.{key}" if path else str(key)
        if below in _DEEPER and isinstance(entry, dict):
            yield from _parts(entry, below)
        else:
            yield below, entry


def _at(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _take(path: str, value: Any, result: Converted) -> None:
    settings = result.settings
    match path, value:
        case "gitlab.url", str():
            settings["gitlab_url"] = value
        case "gitlab.oauth.client-id", str():
            settings["oauth_client_id"] = value
        case "server.allowed-origins", list():
            settings["cors_origins"] = [str(origin) for origin in value]
        case "server.log-level", str() if value.lower() in _LEVELS:
            settings["log_level"] = _LEVELS[value.lower()]
        case "server.debug", bool():
            pass
        case "server.http_client.timeout", int() | float() if value > 0:
            settings["gitlab_timeout"] = min(float(value), 300.0)
        case "stac.root.title", str():
            settings["title"] = value
        case "stac.root.description", str():
            settings["description"] = value
        case "stac.extensions", dict():
            _extensions(value, result)
        case "stac.categories" | "stac.catalogs.topics", list() | dict():
            _categories(path, value, result)
        case _:
            result.leave_out(path, _WITHOUT.get(path, "the hub has no such setting"))


def _extensions(declared: Mapping[Any, Any], result: Converted) -> None:
    for prefix, address in declared.items():
        if str(prefix) not in BY_PREFIX and str(prefix) not in _OTHERS_KNOWN:
            why = f"the hub does not know {address}; its fields go to `sharinghub:extra`; see SHARINGHUB_EXTENSIONS"
            result.leave_out(f"stac.extensions.{prefix}", why)


def _categories(path: str, declared: Any, result: Converted) -> None:
    entries = _by_id(declared)
    written = [
        entry
        for name, value in entries.items()
        if (entry := _category(f"{path}.{name}", str(name), value, result)) is not None
    ]
    if written:
        result.settings["categories"] = written


def _by_id(declared: Any) -> dict[Any, Any]:
    """Categories by their ids: a list of mappings with one key each, a mapping, or one below `definitions`."""
    if isinstance(declared, list):
        return {name: value for entry in declared if isinstance(entry, dict) for name, value in entry.items()}
    if isinstance(declared.get("definitions"), dict):
        return dict(declared["definitions"])
    return dict(declared)


def _category(path: str, name: str, value: Any, result: Converted) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        result.leave_out(path, "it is no mapping")
        return None
    entry: dict[str, Any] = {"id": name}
    for key, said in value.items():
        below = f"{path}.{key}"
        if key in ("gitlab_topic", "gitlab_name"):
            entry["topic"] = said
        elif key in ("title", "description", "logo", "icon") and said is not None:
            entry[key] = said
        elif key == "assets" and isinstance(said, list):
            entry["assets"] = _assets(below, said, result)
        elif key == "locales" and isinstance(said, dict):
            entry["locales"] = _locales(below, said, result)
        elif key == "features":
            result.leave_out(below, _PAGES)
        elif said is not None:
            result.leave_out(below, "a category has no such setting")
    if any(one.ml_model and one.topic == entry.get("topic") for one in DEFAULT_CATEGORIES):
        entry["ml_model"] = True
    return _valid(path, entry, result)


def _assets(path: str, rules: list[Any], result: Converted) -> list[str]:
    globs: list[str] = []
    for index, rule in enumerate(rules):
        glob = (rule.get("glob") or rule.get("path")) if isinstance(rule, dict) else rule
        if not isinstance(glob, str):
            result.leave_out(f"{path}[{index}]", "it names no files of the repository")
            continue
        globs.append(glob)
        if isinstance(rule, dict) and (more := [str(key) for key in rule if key not in ("glob", "path")]):
            why = f"a category only names files; {', '.join(more)} can be said in a README"
            result.leave_out(f"{path}[{index}]", why)
    return globs


def _locales(path: str, declared: Mapping[Any, Any], result: Converted) -> dict[str, Any]:
    locales: dict[str, Any] = {}
    for language, value in declared.items():
        if not isinstance(value, dict):
            result.leave_out(f"{path}.{language}", "it is no mapping")
            continue
        locales[str(language)] = {key: value[key] for key in ("title", "description") if value.get(key) is not None}
        for key in value:
            if key not in ("title", "description"):
                result.leave_out(f"{path}.{language}.{key}", "only title and description have languages")
    return locales


def _valid(path: str, entry: dict[str, Any], result: Converted) -> dict[str, Any] | None:
    """The entry without the fields that our settings refuse; None where it is no category without them."""
    for _ in range(len(entry)):
        try:
            CategorySettings.model_validate(entry)
        except ValidationError as error:
            refused = {str(one["loc"][0]) if one["loc"] else "": one for one in error.errors()}
            for name, one in refused.items():
                why = str(one["msg"]).removeprefix("Value error, ")
                result.leave_out(f"{path}.{place_of(one['loc']) or name}", f"{why[:1].lower()}{why[1:]}")
            if not refused.keys() <= entry.keys() - {"id", "topic"}:
                return None
            entry = {key: value for key, value in entry.items() if key not in refused}
        else:
            return entry
    return None

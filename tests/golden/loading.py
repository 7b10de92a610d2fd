"""How a golden project is written down: `project.yaml` says what GitLab says, `repository/` holds its files.

Everything in `project.yaml` has a default but `about` and `kind` (`model`, `dataset`, `both`). `files` lists what the
repository holds besides: a path with its size in bytes (null: not known), or with a maker of
`tests/golden/making.py` (`make: onnx`, its arguments, `size` to state another one); `lfs: true` stores it in Git LFS,
`count: 350` with `{n}` in the path makes many. `versions: true` builds the items of the releases, too. `variants` are
front matters; each makes a project of its own with this README, numbered from `id`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import yaml

from stac_ext.categories import AI_MODEL, DATASET, DEFAULT_CATEGORIES, Category
from stac_ext.model import (
    ContainerImage,
    DetectedLicence,
    FileEnds,
    FileText,
    ModelVersion,
    OmittedFacet,
    Package,
    ProjectFacts,
    Release,
    RepositoryFile,
    Visibility,
)
from stac_ext.sources import HEAD_BYTES, MAX_WHOLE_BYTES, TAIL_BYTES, wanted_ends, wanted_texts
from tests.golden.making import MAKERS

PROJECTS: Final = Path(__file__).parent / "projects"
GITLAB: Final = "https://gitlab.example"
README_BYTES: Final = 1024 * 1024
_KINDS: Final = {
    "model": (AI_MODEL.topic,),
    "dataset": (DATASET.topic,),
    "both": (AI_MODEL.topic, DATASET.topic),
}
_LISTS: Final[dict[str, Any]] = {
    "releases": Release,
    "packages": Package,
    "images": ContainerImage,
    "models": ModelVersion,
    "omitted": OmittedFacet,
}
_PLAIN: Final = frozenset({"id", "name", "description", "visibility", "archived", "stars", "issues_enabled"})
_KEYS: Final = (
    _PLAIN
    | _LISTS.keys()
    | {
        *("about", "kind", "path", "topics", "created", "committed", "branch", "empty", "licence", "files", "versions"),
        *("files_truncated", "variants"),
    }
)


@dataclass(frozen=True, slots=True)
class GoldenProject:
    """A golden project: its facts (of each variant), its categories, and the releases to build items of."""

    name: str
    folder: Path
    heads: tuple[ProjectFacts, ...]
    categories: tuple[Category, ...]
    releases: tuple[Release, ...] = ()


def names() -> list[str]:
    return sorted(folder.name for folder in PROJECTS.iterdir() if (folder / "project.yaml").exists())


def load(name: str) -> GoldenProject:
    """Read a golden project. Raises where `project.yaml` has a key that means nothing."""
    folder = PROJECTS / name
    said = yaml.safe_load((folder / "project.yaml").read_text("utf-8"))
    assert said["about"]
    assert said.keys() <= _KEYS, said.keys() - _KEYS
    path = said.get("path", f"earth/{name}")
    page = f"{GITLAB}/{path}"
    topics = (*_KINDS[said["kind"]], *said.get("topics", ()))
    empty = said.get("empty", False)
    visibility = said.get("visibility", "public")
    told: dict[str, Any] = {
        "id": 42,
        "name": path.rpartition("/")[2],
        "description": "",
        "visibility": visibility,
        **{key: said[key] for key in _PLAIN if key in said},
        **{key: tuple(_made(kind, entry) for entry in said.get(key, ())) for key, kind in _LISTS.items()},
        **({} if empty else _repository(folder / "repository", said)),
    }
    facts = ProjectFacts(
        path=path,
        web_url=page,
        http_url_to_repo=f"{page}.git",
        topics=topics,
        effective_visibility=Visibility[visibility.upper()],
        created_at=_moment(said.get("created", "2024-01-15T09:00:00Z")),
        default_branch=None if empty else said.get("branch", "main"),
        head_sha=None if empty else hashlib.sha1(name.encode()).hexdigest(),
        head_committed_at=None if empty else _moment(said.get("committed", "2024-06-30T16:45:00Z")),
        licence=_licence(said.get("licence"), page),
        files_truncated=said.get("files_truncated", False),
        **told,
    )
    categories = tuple(one for one in DEFAULT_CATEGORIES if one.topic in topics)
    releases = tuple(one for one in facts.releases if one.sha and not one.upcoming) if said.get("versions") else ()
    return GoldenProject(name, folder, tuple(_variants(facts, said.get("variants"))), categories, releases)


def _variants(facts: ProjectFacts, front_matters: list[str] | None) -> Iterator[ProjectFacts]:
    if front_matters is None:
        yield facts
        return
    for number, text in enumerate(front_matters):
        readme = f"---\n{text}\n---\n".encode()
        yield replace(facts, id=facts.id + number, readme_path="README.md", readme=readme)


def _repository(folder: Path, said: dict[str, Any]) -> dict[str, Any]:
    """What the repository holds, as far as the catalogue reads it from GitLab."""
    contents: dict[str, bytes] = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    stated: dict[str, tuple[int | None, str | None]] = {}
    for path, told in _listed(said.get("files", {})):
        if isinstance(told, dict):
            arguments = {key: value for key, value in told.items() if key not in ("make", "size", "lfs", "count")}
            if "make" in told:
                contents[path] = MAKERS[told["make"]](**arguments)
            size = told.get("size", len(contents.get(path, b"")))
            stated[path] = (size, hashlib.sha256(path.encode()).hexdigest() if told.get("lfs") else None)
        else:
            stated[path] = (told, None)
    files = []
    for path in sorted({*contents, *stated}):
        size, lfs = stated.get(path) or (len(contents[path]), None)
        blob = contents.get(path, path.encode())
        blob_id = hashlib.sha1(b"blob %d\0" % len(blob) + blob).hexdigest()
        files.append(RepositoryFile(path, blob_id, size, lfs))
    readme = next((path for path in ("README.md", "readme.md", "README.rst", "README") if path in contents), None)
    data = contents.get(readme or "", b"")
    return {
        "files": tuple(files),
        "readme_path": readme,
        "readme": data[:README_BYTES] if readme else None,
        "readme_truncated": len(data) > README_BYTES,
        "texts": {
            path: FileText(contents[path][:most], len(contents[path]) > most)
            for path, most in wanted_texts(files)
            if path in contents
        },
        "ends": {path: _ends(contents[path]) for path in wanted_ends(files) if path in contents},
    }


def _listed(files: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for path, told in files.items():
        count = told.get("count") if isinstance(told, dict) else None
        yield from [(path, told)] if count is None else [(path.format(n=n), told) for n in range(1, count + 1)]


def _ends(data: bytes) -> FileEnds:
    if len(data) <= MAX_WHOLE_BYTES:
        return FileEnds(data, size=len(data), whole=True)
    return FileEnds(data[:HEAD_BYTES], data[-TAIL_BYTES:], len(data))


def _licence(said: Any, page: str) -> DetectedLicence | None:
    if said is None:
        return None
    told = {"key": said} if isinstance(said, str) else said
    return DetectedLicence(told["key"], told.get("name", told["key"]), told.get("url", f"{page}/-/blob/main/LICENSE"))


def _moment(written: Any) -> datetime:
    """A time or a day as YAML reads it, or as text."""
    moment = datetime.fromisoformat(str(written))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _made(kind: Any, said: dict[str, Any]) -> Any:
    """A value of the model from what YAML says; what is left out is empty, or numbered where it has to be a number."""
    hints = get_type_hints(kind)
    known = {one.name for one in fields(kind)}
    assert said.keys() <= known, said.keys() - known
    defaults: dict[Any, Any] = {str: "", int: 1, datetime: datetime(2024, 3, 1, tzinfo=UTC)}
    values = {name: _value(hints[name], value) for name, value in said.items()}
    missing = {
        one.name: defaults[hints[one.name]]
        for one in fields(kind)
        if one.name not in said and hints[one.name] in defaults and one.default is MISSING
    }
    return kind(**{**missing, **values})


def _value(hint: Any, value: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        if is_dataclass(inner):
            return tuple(_made(inner, entry) for entry in value)
        return tuple(tuple(entry) for entry in (value.items() if isinstance(value, dict) else value))
    if is_dataclass(hint):
        return _made(hint, value)
    return _moment(value) if hint is datetime else value

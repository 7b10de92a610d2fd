"""What `dvc.yaml` says of its stages that `dvc.lock` does not: where each works, and how each of its outputs is kept.

A stage of the lock is `name`, or `name@item` where `foreach` or `matrix` makes several of one. An output written with
`${…}` stands for every path that has the same text around it; one that is written out counts first.
Source: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files
"""

from dataclasses import dataclass, field
from typing import Any, Final

_LISTS: Final = ("outs", "metrics", "plots")
_FLAGS: Final = frozenset({"cache", "push", "remote", "desc", "type", "labels"})
_MAX_STAGES = 10_000
_MAX_OUTS = 1_000
_MAX_TEMPLATES = 20


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `wdir` is as it is written; `written` and `templates` map an output's path to its flags."""

    wdir: str | None = None
    written: dict[str, dict[str, Any]] = field(default_factory=dict)
    templates: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = ()

    def flags(self, path: str) -> dict[str, Any]:
        """What is said of one output: some of `cache`, `push`, `remote`, `desc`, `type`, `labels`."""
        if path in self.written:
            return self.written[path]
        return next((flags for pieces, flags in self.templates if _fits(pieces, path)), {})


def read_stages(document: Any) -> dict[str, Stage]:
    """The stages of a `dvc.yaml` by name; what is no stage is left out."""
    stages = document.get("stages") if isinstance(document, dict) else None
    entries = list(stages.items())[:_MAX_STAGES] if isinstance(stages, dict) else []
    return {name: _stage(entry) for name, entry in entries if isinstance(entry, dict)}


def stage_named(stages: dict[str, Stage], name: str) -> Stage:
    """The stage that a name of the lock stands for; an empty one where `dvc.yaml` has none."""
    return stages.get(name) or stages.get(name.partition("@")[0]) or Stage()


def working_folder(stage: Stage, name: str) -> str:
    """The stage's `wdir` with `${item}` filled in. Raises ValueError where it needs other values than that."""
    wdir = (stage.wdir or "").strip() or "."
    item = name.partition("@")[2]
    filled = wdir.replace("${item}", item).replace("${key}", item) if item else wdir
    if "${" in filled:
        raise ValueError("it has a parameter that is not known here")
    return filled


def _stage(entry: dict[str, Any]) -> Stage:
    below = entry.get("do")
    if isinstance(below, dict):
        entry = below
    written: dict[str, dict[str, Any]] = {}
    templates: list[tuple[tuple[str, ...], dict[str, Any]]] = []
    for name in _LISTS:
        outs = entry.get(name)
        for out in outs[:_MAX_OUTS] if isinstance(outs, list) else []:
            for path, flags in _flagged(out):
                if "${" not in path:
                    written[path] = flags
                elif len(templates) < _MAX_TEMPLATES:
                    templates.append((_pieces(path), flags))
    wdir = entry.get("wdir")
    return Stage(wdir if isinstance(wdir, str) else None, written, tuple(templates))


def _flagged(out: Any) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(out, str):
        return [(out, {})]
    found = []
    for path, flags in list(out.items())[:1] if isinstance(out, dict) else []:
        known = {key: flags[key] for key in _FLAGS & flags.keys()} if isinstance(flags, dict) else {}
        found.append((path, known))
    return found


def _pieces(template: str) -> tuple[str, ...]:
    """The texts around the `${…}` of a template."""
    first, *rest = template.split("${")
    return (first, *(piece.partition("}")[2] for piece in rest))


def _fits(pieces: tuple[str, ...], path: str) -> bool:
    """Whether the pieces stand in `path` in their order, the first and the last at its ends; linear in the path."""
    at = len(pieces[0])
    end = len(path) - len(pieces[-1])
    if not path.startswith(pieces[0]) or not path.endswith(pieces[-1]) or end < at:
        return False
    for piece in pieces[1:-1]:
        found = path.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True

"""Which outputs a `dvc.lock` names: those of every stage, seen from where the stage works.

Schema 2.0 holds the stages below `stages`; DVC 1 wrote them at the top.
Source: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#dvclock-file
"""

import posixpath
import re
from typing import Any

from stac_ext.dvc.outputs import MAX_OUTPUTS, DvcOutput, inside, read_output
from stac_ext.dvc.pipelines import Stage, stage_named, working_folder
from stac_ext.dvc.plain_yaml import PlainMapping, line_in
from stac_ext.dvc.secrets import shown
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line

_STAGE = re.compile(rb"\n {0,2}[^\s#\-]")


def whole_stages(head: bytes) -> bytes:
    """The head of a lock that was cut somewhere, without the stage that the cut may have torn."""
    found = [match.start() for match in _STAGE.finditer(head)]
    return head[: found[-1] + 1] if found else b""


def read_lock(
    document: Any, source: str, stages: dict[str, Stage], log: ProblemLog, *, root: str = ""
) -> list[DvcOutput]:
    """The outputs of one `dvc.lock`: `document` is its YAML, `stages` those of the `dvc.yaml` beside it."""
    where = clean_line(source)
    locked = document.get("stages") if isinstance(document, dict) and "schema" in document else document
    if locked is None and (document is None or isinstance(document, dict)):
        return []  # a lock without stages, as DVC leaves it when the last one is removed
    if not isinstance(locked, dict):
        log.add(
            "dvc-file-type",
            "The lock holds no stages; it is not used.",
            "Write it with `dvc repro`.",
            path=where,
            line=1,
        )
        return []
    found: list[DvcOutput] = []
    for name, entry in locked.items():
        outs = entry.get("outs") if isinstance(entry, dict) else None
        if isinstance(outs, list) and len(found) <= MAX_OUTPUTS:
            left = outs[: MAX_OUTPUTS + 1 - len(found)]
            stage = stage_named(stages, name)
            found += _stage_outputs(name, left, stage, source, log, root, line_in(entry))
    return found


def _stage_outputs(
    name: str, outs: list[Any], stage: Stage, source: str, log: ProblemLog, root: str, line: int | None
) -> list[DvcOutput]:
    try:
        folder = inside(posixpath.dirname(source), working_folder(stage, name))
    except ValueError as error:
        said = f"The outputs of the stage {shown(name)} are not used: of its `wdir` {shown(stage.wdir)}, {error}."
        fix = "Write a folder of the repository, without parameters."
        log.add("dvc-wdir", said, fix, path=clean_line(source), line=line)
        return []
    merged = [_with_flags(out, stage) for out in outs]
    return [out for out in (read_output(each, folder, source, log, root=root) for each in merged) if out is not None]


def _with_flags(out: Any, stage: Stage) -> Any:
    if not isinstance(out, dict) or not isinstance(out.get("path"), str):
        return out
    return PlainMapping({**out, **stage.flags(out["path"])}, line_in(out))

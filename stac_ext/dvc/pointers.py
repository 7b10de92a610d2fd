"""Which outputs a `.dvc` file names, and where an imported one comes from.

Source: https://dvc.org/doc/user-guide/project-structure/dvc-files
"""

import posixpath
import re
from typing import Any

from stac_ext.dvc.outputs import MAX_OUTPUTS, DvcOrigin, DvcOutput, inside, read_output
from stac_ext.dvc.secrets import CleanUrl, clean_repository_url, clean_url, holds_secret, report_secret
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, clean_text, line_of, quoted

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)
_MAX_SETTINGS = 50


def read_pointer(document: Any, source: str, log: ProblemLog, *, root: str = "") -> list[DvcOutput]:
    """The outputs of one `.dvc` file, `document` being its YAML and `source` its path in the repository."""
    shown = clean_line(source)
    outs = document.get("outs") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(outs, list):
        said = "The file has no list `outs`, as a `.dvc` file has; it is not used."
        log.add(
            "dvc-file-type", said, "Write it with `dvc add` or `dvc import`, or give it another suffix.", path=shown
        )
        return []
    wdir = document.get("wdir")
    try:
        folder = inside(posixpath.dirname(source), wdir if isinstance(wdir, str) and wdir.strip() else ".")
    except ValueError:
        said = f"The outputs are not used: `wdir` is {quoted(wdir)}, which is outside of the repository."
        log.add("dvc-wdir", said, "Write a folder of the repository.", path=shown)
        return []
    origin = _origin(document, outs, shown, log)
    read = [read_output(out, folder, source, log, root=root, origin=origin) for out in outs[: MAX_OUTPUTS + 1]]
    return [out for out in read if out is not None]


def _origin(document: dict[str, Any], outs: list[Any], shown: str, log: ProblemLog) -> DvcOrigin | None:
    """An import has one dependency, one output and no command."""
    deps = document.get("deps")
    if document.get("cmd") is not None or not isinstance(deps, list) or len(deps) != 1 or len(outs) != 1:
        return None
    dependency = deps[0]
    if not isinstance(dependency, dict):
        return None
    repository = dependency.get("repo")
    if isinstance(repository, dict):
        found = _shown(clean_repository_url(repository.get("url")), "The URL of `repo`", shown, log)
        _report_settings(repository, "repo", shown, log)
        revision = line_of(repository.get("rev_lock"), 200) or line_of(repository.get("rev"), 200)
        return DvcOrigin("repository", found.url, _path(dependency.get("path")), revision)
    written = dependency.get("path")
    _report_settings(dependency, "deps", shown, log)
    checksum = next((dependency[key] for key in ("etag", "checksum", "md5") if dependency.get(key)), None)
    if not isinstance(written, str) or not _URL.match(written):
        return DvcOrigin("url", None, None, None, line_of(checksum, 200)) if isinstance(written, str) else None
    found = _shown(clean_url(written), "The URL of the import", shown, log)
    return DvcOrigin("url", found.url, None, None, line_of(checksum, 200))


def _shown(found: CleanUrl, what: str, shown: str, log: ProblemLog) -> CleanUrl:
    if found.secret:
        report_secret(log, f"{what} holds a user name, a password or a query, which", shown)
    return found


def _path(written: Any) -> str | None:
    return clean_text(written, 1_000).replace("\n", " ") or None if isinstance(written, str) else None


def _report_settings(block: dict[str, Any], where: str, shown: str, log: ProblemLog) -> None:
    """Secrets among the settings that an import may carry: `config`, `remote` and `fs_config`, and below `config`."""
    left = [(where, name, block.get(name)) for name in ("config", "remote", "fs_config")]
    for _ in range(_MAX_SETTINGS):
        if not left:
            return
        parent, name, value = left.pop()
        if isinstance(value, dict):
            left += [(f"{parent}.{name}", key, each) for key, each in list(value.items())[:_MAX_SETTINGS]]
        elif isinstance(value, str) and (holds_secret(name, value) or (_URL.match(value) and clean_url(value).secret)):
            report_secret(log, f"A secret in `{clean_line(parent, 100)}`", shown)

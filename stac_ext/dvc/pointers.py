"""Which outputs a `.dvc` file names, and where an imported one comes from.

Source: https://dvc.org/doc/user-guide/project-structure/dvc-files
"""

import posixpath
import re
from typing import Any

from stac_ext.dvc.outputs import MAX_OUTPUTS, DvcOrigin, DvcOutput, inside, read_output, words
from stac_ext.dvc.plain_yaml import line_in
from stac_ext.dvc.secrets import (
    CleanUrl,
    clean_repository_url,
    clean_url,
    cut_secrets,
    holds_secret,
    report_secret,
    shown,
)
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)
_MAX_SETTINGS = 50


def read_pointer(document: Any, source: str, log: ProblemLog, *, root: str = "") -> list[DvcOutput]:
    """The outputs of one `.dvc` file, `document` being its YAML and `source` its path in the repository."""
    file = clean_line(source)
    outs = document.get("outs") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(outs, list):
        said = "The file has no list `outs`, as a `.dvc` file has; it is not used."
        fix = "Write it with `dvc add` or `dvc import`, or give it another suffix."
        log.add("dvc-file-type", said, fix, path=file, line=1)
        return []
    wdir = document.get("wdir")
    try:
        folder = inside(posixpath.dirname(source), wdir if isinstance(wdir, str) and wdir.strip() else ".")
    except ValueError:
        said = f"The outputs are not used: `wdir` is {shown(wdir)}, which is outside of the repository."
        log.add("dvc-wdir", said, "Write a folder of the repository.", path=file, line=line_in(document))
        return []
    origin = _origin(document, outs, file, log)
    read = [read_output(out, folder, source, log, root=root, origin=origin) for out in outs[: MAX_OUTPUTS + 1]]
    return [out for out in read if out is not None]


def _origin(document: dict[str, Any], outs: list[Any], file: str, log: ProblemLog) -> DvcOrigin | None:
    """An import has one dependency, one output and no command."""
    deps = document.get("deps")
    if document.get("cmd") is not None or not isinstance(deps, list) or len(deps) != 1 or len(outs) != 1:
        return None
    dependency = deps[0]
    if not isinstance(dependency, dict):
        return None
    repository = dependency.get("repo")
    if isinstance(repository, dict):
        url = _told(clean_repository_url(repository.get("url")), "The URL of `repo`", file, log, line_in(repository))
        _report_settings(repository, "repo", file, log)
        revision = words(repository.get("rev_lock")) or words(repository.get("rev"))
        return DvcOrigin("repository", url, words(dependency.get("path"), 1_000), revision)
    written = dependency.get("path")
    _report_settings(dependency, "deps", file, log)
    if not isinstance(written, str):
        return None
    checksum = next((words(dependency[key]) for key in ("etag", "checksum", "md5") if dependency.get(key)), None)
    url = (
        _told(clean_url(written), "The URL of the import", file, log, line_in(dependency))
        if _URL.match(written)
        else None
    )
    return DvcOrigin("url", url, checksum=checksum)


def _told(found: CleanUrl, what: str, file: str, log: ProblemLog, line: int | None) -> str | None:
    if found.secret:
        report_secret(log, f"{what} holds a user name, a password or a query, which", file, line)
    return found.url


def _report_settings(block: dict[str, Any], where: str, file: str, log: ProblemLog) -> None:
    """Tell the secrets among the settings that an import may carry: `config`, `remote` and `fs_config`."""
    left = [(where, name, block.get(name)) for name in ("config", "remote", "fs_config")]
    for _ in range(_MAX_SETTINGS):
        if not left:
            return
        parent, name, value = left.pop()
        if isinstance(value, dict):
            left += [(f"{parent[:100]}.{name[:50]}", key, each) for key, each in list(value.items())[:_MAX_SETTINGS]]
        elif isinstance(value, str) and (holds_secret(name, value) or (_URL.match(value) and clean_url(value).secret)):
            report_secret(log, f"A secret in `{cut_secrets(clean_line(parent, 100))}`", file, line_in(block))

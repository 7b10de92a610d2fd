"""Which remotes a `.dvc/config` names, of what kind each is, and which of them holds an output.

An output lies in the remote that it names, else in the default one, else in the only one. Nothing of a remote is shown
that a user name, a password, a query or a folder of somebody's machine may be read from.
Source: https://dvc.org/doc/user-guide/data-management/remote-storage
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from stac_ext.dvc.config import read_config
from stac_ext.dvc.secrets import clean_name, clean_url, holds_secret, report_secret
from stac_ext.model import Problem
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, quoted

MAX_REMOTES: Final = 50

_KINDS: Final = {
    "s3": "s3",
    "http": "http",
    "https": "http",
    "gs": "gs",
    "azure": "azure",
    "ssh": "ssh",
    "file": "local",
}
_SECTION = re.compile(r"remote\s*\"(.*)\"")
_REFERENCE = re.compile(r"remote://([^/]{1,100})/?(.*)")
_PACKAGES = re.compile(r"/api/v4/projects/[^/]+/packages/generic/[^/]+/[^/]+")
_WORD = re.compile(r"[A-Za-z0-9-]{1,63}", re.ASCII)
_MAX_REFERENCES = 5


@dataclass(frozen=True, slots=True)
class DvcRemote:
    """One remote. `kind` is `s3`, `http`, `gitlab-package`, `gs`, `azure`, `ssh`, `local` or `other`.

    `url` is without secrets and without a slash at its end, None where there is none to show. `endpoint` is the URL of
    an S3 service other than AWS, `account` Azure's. `versioned`: it keeps files under their own paths, not by hash.
    """

    name: str
    kind: str
    url: str | None
    default: bool = False
    endpoint: str | None = None
    region: str | None = None
    account: str | None = None
    versioned: bool = False


@dataclass(frozen=True, slots=True)
class DvcConfig:
    """The remotes of one DVC project, by their order, and the name of the default one, which may be none of them.

    `unread` says that there is a configuration whose content is not known.
    """

    path: str = ".dvc/config"
    remotes: tuple[DvcRemote, ...] = ()
    default: str | None = None
    unread: bool = False

    def named(self, name: str | None) -> DvcRemote | None:
        return next((remote for remote in self.remotes if remote.name == name), None)

    def holder(self, name: str | None) -> DvcRemote | None:
        """The remote of an output that names `name` itself, or None. None where the configuration does not tell."""
        wanted = name or self.default
        if wanted is not None:
            return self.named(wanted)
        return self.remotes[0] if len(self.remotes) == 1 else None


def read_remotes(data: bytes, log: ProblemLog, path: str = ".dvc/config") -> DvcConfig:
    """Read a `.dvc/config`. Secrets in it are reported as leaked and are nowhere in the result."""
    shown = clean_line(path)
    sections, wrong = read_config(data)
    _report_secrets(sections, shown, log)
    if wrong is not None:
        said = "DVC cannot read its configuration, so where the data lies is not known."
        fix = "Write `[section]` or `key = value`, or let `dvc remote add` write it."
        log.extend([Problem("dvc-config", said, fix, shown, wrong)])
    settings: dict[str, dict[str, str]] = {}
    for section, entries in sections.items():
        match = _SECTION.fullmatch(section)
        name = clean_name(match[1]) if match else None
        if name is not None:
            settings[name] = entries
    if len(settings) > MAX_REMOTES:
        log.add("dvc-remotes", f"Only the first {MAX_REMOTES} remotes are used.", "Remove those of no use.", path=shown)
    default = clean_name(sections.get("core", {}).get("remote"))
    names = list(settings)[:MAX_REMOTES]
    remotes = tuple(_remote(name, settings, name == default, shown, log) for name in names)
    if default is not None and default not in settings:
        said = f"The default remote {quoted(default)} is not configured here, so where the data lies is not known."
        log.add("dvc-remote-unknown", said, "Add it with `dvc remote add`, without its credentials.", path=shown)
    if default is None and len(remotes) > 1:
        said = "There are several remotes and none is the default, so where the data lies is not known."
        log.add("dvc-remote-default", said, "Say which it is with `dvc remote default NAME`.", path=shown)
    return DvcConfig(shown, remotes, default, unread=wrong is not None)


def _report_secrets(sections: Mapping[str, Mapping[str, str]], shown: str, log: ProblemLog) -> None:
    for section, entries in sections.items():
        where = "a remote" if _SECTION.fullmatch(section) else "a section"
        for key, value in entries.items():
            if key != "url" and holds_secret(key, value):
                report_secret(log, f"`{clean_line(key, 50)}` of {where}", shown)
            elif "://" in value and clean_url(value).secret:
                said = f"`{clean_line(key, 50)}` of {where} holds a user name, a password or a query, which"
                report_secret(log, said, shown)


def _remote(
    name: str, settings: Mapping[str, Mapping[str, str]], default: bool, shown: str, log: ProblemLog
) -> DvcRemote:
    entries = _resolved(name, settings)
    written = entries.get("url", "")
    if "://" not in written:
        if not written:
            said = f"The remote {quoted(name)} has no URL that can be used."
            log.add("dvc-remote-url", said, "Give it with `dvc remote modify NAME url URL`.", path=shown)
        return DvcRemote(name, "local" if written else "other", None, default)
    url = clean_url(written).url
    parts = urlsplit(url or "")
    kind = _KINDS.get(written.partition("://")[0].lower(), "other")
    if kind == "http" and _PACKAGES.match(parts.path.partition("/api/v4/")[1] + parts.path.partition("/api/v4/")[2]):
        kind = "gitlab-package"
    if url is None and kind != "local":
        said = f"The URL of the remote {quoted(name)} cannot be used."
        log.add("dvc-remote-url", said, "Write it without user name, password and query.", path=shown)
    return DvcRemote(
        name,
        kind,
        None if kind == "local" else url,
        default,
        endpoint=_endpoint(entries),
        region=_word(entries.get("region")),
        account=_word(entries.get("account_name")),
        versioned=any(entries.get(key, "").lower() == "true" for key in ("version_aware", "worktree")),
    )


def _resolved(name: str, settings: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The settings of a remote, over those of the remote that its URL refers to as `remote://name/path`."""
    entries = dict(settings[name])
    for _ in range(_MAX_REFERENCES):
        match = _REFERENCE.fullmatch(entries.get("url", ""))
        if match is None:
            return entries
        base = settings.get(match[1].lower(), {})
        url = f"{base['url'].rstrip('/')}/{match[2].lstrip('/')}" if base.get("url") else ""
        entries = {**base, **entries, "url": url}
    return {**entries, "url": ""}


def _endpoint(entries: Mapping[str, str]) -> str | None:
    url = clean_url(entries.get("endpointurl")).url
    return url if url and url.startswith(("http://", "https://")) else None


def _word(written: Any) -> str | None:
    return written if isinstance(written, str) and _WORD.fullmatch(written) else None

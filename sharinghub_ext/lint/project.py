"""What is known of a project beside its files where GitLab is not asked: from its CI job, its remote, or its folder.

The variables of GitLab CI are believed in a job that runs for this very checkout, and nowhere else.
Source: https://docs.gitlab.com/ci/variables/predefined_variables/
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from stac_ext.sanitize import clean_line
from stac_ext.urls import safe_url

PLACEHOLDER_GITLAB: Final = "https://gitlab.example.org"

_SCP = re.compile(r"(?:[^@/\s]{1,100}@)?([A-Za-z0-9.-]{1,253}):(?!//)/?([^\s]{1,1000})", re.ASCII)
_VISIBILITIES = ("public", "internal", "private")


@dataclass(frozen=True, slots=True)
class KnownProject:
    """What is known of a project; `topics` is None where nobody tells. `id` is 0 where only GitLab knows it."""

    path: str
    gitlab_url: str = PLACEHOLDER_GITLAB
    id: int = 0
    title: str | None = None
    description: str = ""
    visibility: str = "private"
    topics: tuple[str, ...] | None = None
    default_branch: str | None = None
    sha: str | None = None
    committed_at: datetime | None = None

    @property
    def web_url(self) -> str:
        return f"{self.gitlab_url}/{self.path}"


def known_project(root: Path, remote: str | None, environment: Mapping[str, str]) -> KnownProject:
    """What the CI job tells, else the address of the remote, else the name of the folder."""
    if environment.get("GITLAB_CI") == "true" and _same(environment.get("CI_PROJECT_DIR"), root):
        found = _of_job(environment)
        if found is not None:
            return found
    place = place_of_remote(remote)
    if place is not None:
        return KnownProject(place[1], place[0])
    return KnownProject(clean_line(root.name.replace("/", "-"), 200) or "project")


def place_of_remote(remote: str | None) -> tuple[str, str] | None:
    """The address of the GitLab and the path of the project that a remote names; None for a folder and the like.

    Users, passwords and ports of SSH are cut.
    """
    if not remote:
        return None
    try:
        parts = urlsplit(remote)
        if "://" not in remote:
            match = _SCP.fullmatch(remote)
            return _place("https", match[1], match[2]) if match else None
        if parts.scheme in ("http", "https"):
            return _place(parts.scheme, parts.netloc.rpartition("@")[2], parts.path)
        if parts.scheme in ("ssh", "git+ssh", "git"):
            return _place("https", parts.hostname or "", parts.path)
    except ValueError:
        return None
    return None


def _place(scheme: str, host: str, path: str) -> tuple[str, str] | None:
    path = clean_line(path).strip("/").removesuffix(".git")
    try:
        url = safe_url(f"{scheme}://{host}")
        safe_url(f"{url}/{path}")
    except ValueError:
        return None
    return (url, path) if "/" in path else None


def _of_job(environment: Mapping[str, str]) -> KnownProject | None:
    path = clean_line(environment.get("CI_PROJECT_PATH", ""))
    try:
        gitlab_url = safe_url(environment.get("CI_SERVER_URL", "")).rstrip("/")
    except ValueError:
        return None
    if "/" not in path:
        return None
    topics = environment.get("CI_PROJECT_TOPICS")
    written = environment.get("CI_PROJECT_ID", "")
    visibility = environment.get("CI_PROJECT_VISIBILITY", "")
    return KnownProject(
        path=path,
        gitlab_url=gitlab_url,
        id=int(written) if re.fullmatch(r"[0-9]{1,15}", written, re.ASCII) else 0,
        title=environment.get("CI_PROJECT_TITLE") or None,
        description=environment.get("CI_PROJECT_DESCRIPTION", ""),
        visibility=visibility if visibility in _VISIBILITIES else "private",
        topics=None if topics is None else tuple(one.strip() for one in topics.split(",") if one.strip()),
        default_branch=environment.get("CI_DEFAULT_BRANCH") or None,
        sha=_sha(environment.get("CI_COMMIT_SHA", "")),
        committed_at=_moment(environment.get("CI_COMMIT_TIMESTAMP", "")),
    )


def _same(folder: str | None, root: Path) -> bool:
    return bool(folder) and os.path.realpath(folder or "") == os.path.realpath(root)


def _sha(text: str) -> str | None:
    return text if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", text) else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None

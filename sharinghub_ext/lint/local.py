"""A folder of the machine as a project of the catalogue: what its item would be made of, without asking anybody.

What only GitLab knows has a stand-in: the id 0, placeholder addresses, and the topics of the category that is linted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gitlab_hooks.reading.ends import read_ends
from gitlab_hooks.reading.files import MAX_FILES, FileReader
from gitlab_hooks.reading.memory import BlobMemory
from sharinghub_ext.api.links import Urls
from sharinghub_ext.lint.checkout import Checkout
from sharinghub_ext.lint.folder import Folder
from sharinghub_ext.lint.git import Git, GitError
from sharinghub_ext.lint.project import KnownProject, known_project
from sharinghub_ext.lint.subject import Subject, named_categories, tagged_categories
from stac_ext.categories import Category
from stac_ext.model import ProjectFacts, Visibility
from stac_ext.urls import BuildContext

PLACEHOLDER_HUB: Final = Urls("https://hub.example.org")
NO_COMMIT: Final = "0" * 40

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MEMORY = 512 * 1024 * 1024
_GUESSED = "It is not known which collection the project is for, so it is linted for each; --category says it."
_NO_TOPIC = "The project has none of the topics {topics}, so it is not in the catalogue; it is linted for each."
_NO_GIT = "This is no checkout of git, or git is not installed: every file is read that no .gitignore names."
_NOTHING = "There are no files here that git tracks; those that are to be linted must be added: git add FILE."


def read_folder(
    path: Path, known: Sequence[Category], wanted: Sequence[str], environment: Mapping[str, str]
) -> Subject:
    """The project in a folder, as it is in the working tree now. Raises UnknownCategoryError; opens no connection."""
    folder = Folder(path)
    git = _git(folder)
    project = known_project(folder.path, git.remote() if git else None, environment)
    categories, certain, tagged = _categories(known, wanted, project.topics)
    checkout = Checkout(folder, git)
    topics = project.topics if project.topics is not None and tagged else tuple(one.topic for one in categories)
    facts = _with_files(_facts(project, git, topics), checkout)
    gitlab = project.gitlab_url
    return Subject(
        facts,
        BuildContext(PLACEHOLDER_HUB.stac, PLACEHOLDER_HUB.assets, urlsplit(gitlab).netloc, gitlab),
        categories,
        certain,
        tagged,
        tuple(_notes(git, checkout, known, certain=certain, tagged=tagged)),
    )


def top_of(path: Path) -> Path:
    """The checkout that a folder lies in, else the folder itself."""
    try:
        return Git(path).root
    except GitError:
        return path


def _git(folder: Folder) -> Git | None:
    """git, where it tracks files in this folder; one that lies in a foreign checkout and is ignored is none of it."""
    try:
        git = Git(folder.path)
        return git if git.root == folder.path or git.tracked() else None
    except GitError:
        return None


def _categories(
    known: Sequence[Category], wanted: Sequence[str], topics: tuple[str, ...] | None
) -> tuple[tuple[Category, ...], bool, bool]:
    if wanted:
        return named_categories(known, wanted), True, True
    if topics is None:
        return tuple(known), len(known) == 1, True
    found = tagged_categories(known, topics)
    return found or tuple(known), bool(found), bool(found)


def _facts(project: KnownProject, git: Git | None, topics: tuple[str, ...]) -> ProjectFacts:
    head = git.head() if git else None
    sha, committed = head or (project.sha or NO_COMMIT, project.committed_at or _BEGINNING)
    return ProjectFacts(
        id=project.id,
        path=project.path,
        name=project.title or project.path.rpartition("/")[2],
        description=project.description,
        web_url=project.web_url,
        visibility=project.visibility,
        effective_visibility=Visibility.PRIVATE,
        topics=topics,
        created_at=committed,
        default_branch=project.default_branch or (git.branch() if git else None) or "main",
        head_sha=sha,
        head_committed_at=committed,
        http_url_to_repo=f"{project.web_url}.git",
    )


def _with_files(facts: ProjectFacts, checkout: Checkout) -> ProjectFacts:
    """What the repository holds, read by what reads it at GitLab."""
    memory = BlobMemory(_MEMORY)
    reader = FileReader(checkout.as_gitlab, memory, facts.id, facts.head_sha or NO_COMMIT)
    files = reader.files()
    readme = reader.readme(files)
    ends, _ = read_ends(checkout.as_gitlab, memory, facts.id, facts.head_sha or NO_COMMIT, files)
    return replace(
        facts,
        files=files,
        files_truncated=len(files) >= MAX_FILES,
        readme_path=readme.path if readme else None,
        readme=readme.data if readme else None,
        readme_truncated=readme.truncated if readme else False,
        texts=reader.texts(files),
        ends=ends,
    )


def _notes(git: Git | None, checkout: Checkout, known: Sequence[Category], *, certain: bool, tagged: bool) -> list[str]:
    notes = []
    if git is None:
        notes.append(_NO_GIT)
    elif not len(checkout):
        notes.append(_NOTHING)
    if not tagged:
        notes.append(_NO_TOPIC.format(topics=" and ".join(one.topic for one in known)))
    elif not certain:
        notes.append(_GUESSED)
    return notes

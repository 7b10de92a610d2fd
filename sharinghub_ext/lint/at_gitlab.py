"""A project at GitLab as the catalogue would read it, with the configured service token; tagged or not."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from gitlab_hooks.gateway.errors import GitLabError, NotFound
from gitlab_hooks.gateway.service import Connection, ServiceClient
from gitlab_hooks.reading import Absent, ProjectReader, Read, topics_of
from sharinghub_ext.api.links import Urls
from sharinghub_ext.checks import GitLabCheckFailed, check_gitlab
from sharinghub_ext.config import Settings, SettingsError
from sharinghub_ext.dvc.building import object_place
from sharinghub_ext.extensions import load_extensions
from sharinghub_ext.lint.subject import Subject, named_categories, tagged_categories
from stac_ext.categories import Category
from stac_ext.extensions.schema_file import SchemaExtension
from stac_ext.urls import BuildContext

_DEFAULT_HUB: Final = "http://localhost:8080"
_UNREAD: Final = "GitLab gave no usable answer about {parts}: the item is without them."


def project_reference(target: str, settings: Settings) -> str:
    """The id or the path of the project that is meant by an id, a path, or an address. Raises SettingsError."""
    if "://" not in target:
        return target.strip("/").removesuffix(".git")
    parts = urlsplit(target)
    for base in (settings.gitlab_url, settings.api_url):
        address = f"{parts.scheme}://{parts.netloc}{parts.path}"
        if address.startswith(f"{base}/"):
            path = address.removeprefix(f"{base}/").partition("/-/")[0]
            return unquote(path).strip("/").removesuffix(".git")
    raise SettingsError(f"SHARINGHUB_GITLAB_URL: {parts.netloc} is not the GitLab at {settings.gitlab_url}")


def read_project(settings: Settings, target: str, known: Sequence[Category], wanted: Sequence[str]) -> Subject:
    """The facts of a project. A project without a topic is read as if it had those of the categories linted.

    Raises SettingsError, UnknownCategoryError, and GitLabCheckFailed where GitLab does not let it be read.
    """
    reference = project_reference(target, settings)
    named, extensions = named_categories(known, wanted), _extensions(settings)
    client = _Retagging(settings)
    check_gitlab(settings, client)
    try:
        project = client.found(reference)
        found = named or tagged_categories(known, topics_of(project))
        client.topics = tuple(one.topic for one in found or known)
        reader = ProjectReader(client, client.topics, "lint")
        reading = reader.read(int(project["id"]), None, None, lambda visibility: None)
    except NotFound as error:
        raise GitLabCheckFailed(_hidden(reference, settings), fatal=True) from error
    except GitLabError as error:
        raise GitLabCheckFailed(f"{settings.api_url}: {error}", fatal=False) from error
    if isinstance(reading, Absent) or not isinstance(reading, Read):
        raise GitLabCheckFailed(f"{reference}: {getattr(reading, 'reason', 'it cannot be read')}", fatal=True)
    unread = reading.fingerprint.partition(" without ")[2]
    return Subject(
        reading.facts,
        _context(settings),
        found or tuple(known),
        certain=bool(found),
        tagged=bool(found),
        notes=(_UNREAD.format(parts=unread),) if unread else (),
        extensions=extensions,
    )


class _Retagging(ServiceClient):
    """The service client, but that projects have the topics that they are linted for."""

    topics: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        connection = Connection(
            url=settings.api_url,
            ca_file=str(settings.gitlab_ca_file) if settings.gitlab_ca_file else None,
            timeout=settings.gitlab_timeout,
            retries=settings.gitlab_retries,
        )
        try:
            super().__init__(connection, settings.gitlab_token.get_secret_value() if settings.gitlab_token else None)
        except OSError as error:
            raise SettingsError(f"SHARINGHUB_GITLAB_CA_FILE: {connection.ca_file} holds no certificates") from error

    def project(self, project_id: int) -> dict[str, Any]:
        """The project's attributes, with the topics added that it lacks."""
        project = super().project(project_id)
        return {**project, "topics": list(dict.fromkeys([*topics_of(project), *self.topics]))}


def _hidden(reference: str, settings: Settings) -> str:
    if settings.gitlab_token is None:
        return f"{reference}: GitLab shows no such project without a token: set SHARINGHUB_GITLAB_TOKEN"
    return f"{reference}: GitLab shows no such project to the service account (SHARINGHUB_GITLAB_TOKEN)"


def _context(settings: Settings) -> BuildContext:
    urls = Urls(settings.public_url or _DEFAULT_HUB)
    return BuildContext(
        stac_url=urls.stac,
        assets_url=urls.assets,
        gitlab_host_name=urlsplit(settings.gitlab_url).netloc,
        gitlab_url=settings.gitlab_url,
        dvc_url=f"{urls.public}/dvc" if object_place(settings) else None,
    )


def _extensions(settings: Settings) -> tuple[SchemaExtension, ...]:
    try:
        return load_extensions(settings.extensions)
    except ValueError as error:
        raise SettingsError("\n".join(f"SHARINGHUB_EXTENSIONS: {line}" for line in str(error).splitlines())) from error

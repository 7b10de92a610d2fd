"""What the attributes of a project say by themselves: its topics, its effective visibility, its licence, whether to
show it; and which of them the fingerprint is made of.
"""

from typing import Any, Final

from stac_ext.model import DetectedLicence, Visibility

SOURCES: Final = (
    "id",
    "path_with_namespace",
    "name",
    "description",
    "web_url",
    "http_url_to_repo",
    "topics",
    "tag_list",
    "visibility",
    "repository_access_level",
    "issues_access_level",
    "releases_access_level",
    "package_registry_access_level",
    "container_registry_access_level",
    "model_registry_access_level",
    "archived",
    "default_branch",
    "star_count",
)


def topics_of(project: dict[str, Any]) -> tuple[str, ...]:
    """The project's topics; GitLab before 14.0 called them tags."""
    topics = project.get("topics", project.get("tag_list"))
    return tuple(topic for topic in topics if isinstance(topic, str)) if isinstance(topics, list) else ()


def effective_visibility(project: dict[str, Any], *, anonymous: bool) -> Visibility:
    """min(project visibility, repository access level); what is not stated counts as the narrowest.

    An anonymous reader gets no such fields, and whatever code it can read is public.
    Source: https://docs.gitlab.com/api/projects/ (`visibility`, `repository_access_level`)
    """
    if anonymous:
        return Visibility.PUBLIC
    if project.get("repository_access_level") != "enabled":
        return Visibility.PRIVATE
    levels = {"public": Visibility.PUBLIC, "internal": Visibility.INTERNAL}
    return levels.get(str(project.get("visibility")), Visibility.PRIVATE)


def why_absent(project: dict[str, Any], topics: frozenset[str]) -> str | None:
    """Why a project whose code can be read is not to be shown, None for one that is."""
    if not topics & set(topics_of(project)):
        return "it has none of the topics"
    marked = project.get("marked_for_deletion_on") or project.get("marked_for_deletion_at")
    if marked or str(project["path_with_namespace"]).endswith(f"-deletion_scheduled-{project['id']}"):
        return "it is scheduled for deletion"
    if project.get("repository_access_level") == "disabled":
        return "its repository is disabled, so nobody may download code"
    return None


def licence_of(project: dict[str, Any]) -> DetectedLicence | None:
    """The licence that GitLab detected."""
    found = project.get("license")
    if not isinstance(found, dict) or not found.get("key"):
        return None
    url = project.get("license_url") or found.get("html_url")
    return DetectedLicence(str(found["key"]), str(found.get("name") or found["key"]), str(url) if url else None)

"""Who provides a project: whom its README names, the GitLab that hosts it, and its group where no producer is named."""

from typing import Any, Final
from urllib.parse import quote

from stac_ext.model import ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, clean_text, line_of, lines_of, quoted
from stac_ext.urls import BuildContext, safe_url

MAX_PROVIDERS: Final = 50
ROLES: Final = ("producer", "licensor", "processor", "host")

_FIX = "Write `- {name: …, roles: [producer], url: https://…}`."


def build_providers(
    declared: Any, facts: ProjectFacts, context: BuildContext, log: ProblemLog, field: str = "providers"
) -> list[dict[str, Any]]:
    """The providers of an item: the declared ones, then a default producer, then the host."""
    entries = declared if isinstance(declared, list) else [] if declared is None else [declared]
    if len(entries) > MAX_PROVIDERS:
        log.add("providers", f"Only the first {MAX_PROVIDERS} providers are used.", field=field)
    providers = []
    for number, entry in enumerate(entries[:MAX_PROVIDERS]):
        provider = _provider(entry, log, f"{field}.{number}")
        if provider is not None and provider not in providers:
            providers.append(provider)
    named = {role for provider in providers for role in provider.get("roles", ())}
    group = clean_line(facts.path.partition("/")[0]) if "/" in facts.path else ""
    if "producer" not in named and group:
        providers.append(_with_url({"name": group, "roles": ["producer"]}, f"{context.gitlab_url}/{quote(group)}"))
    return [*providers, host_provider(context)]


def host_provider(context: BuildContext) -> dict[str, Any]:
    """The GitLab that holds the projects."""
    name = clean_line(context.gitlab_host_name) or "GitLab"
    return _with_url({"name": name, "roles": ["host"]}, context.gitlab_url)


def _provider(entry: Any, log: ProblemLog, field: str) -> dict[str, Any] | None:
    if isinstance(entry, str):
        entry = {"name": entry}
    name = line_of(entry.get("name")) if isinstance(entry, dict) else None
    if name is None:
        log.add("provider", f"A provider is not used: {quoted(entry)} has no name.", _FIX, field=field)
        return None
    provider: dict[str, Any] = {"name": name}
    roles, whole = lines_of(entry.get("roles"), 100)
    known = [role.lower() for role in roles if role.lower() in ROLES]
    if not whole or len(known) < len(roles):
        said = f"A role of the provider {quoted(name)} is not used."
        log.add("provider-role", said, f"Known are {', '.join(ROLES)}.", field=field)
    if known:
        provider["roles"] = known
    if isinstance(entry.get("description"), str) and (text := clean_text(entry["description"], 10_000).strip()):
        provider["description"] = text
    if entry.get("url") is not None:
        try:
            provider["url"] = safe_url(entry["url"])
        except ValueError as error:
            said = f"The URL of the provider {quoted(name)} is not used: {error}."
            log.add("provider-url", said, "Write an https URL.", field=field)
    return provider


def _with_url(provider: dict[str, Any], url: str) -> dict[str, Any]:
    try:
        return {**provider, "url": safe_url(url.rstrip("/"))}
    except ValueError:
        return provider

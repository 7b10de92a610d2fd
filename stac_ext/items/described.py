"""What a project is called and how it is described: title, description, keywords, providers, instruments."""

from typing import Any, Final

from stac_ext.items.providers import build_providers
from stac_ext.model import ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import TITLE_LIMIT, clean_line, clean_text, line_of, lines_of, quoted
from stac_ext.urls import BuildContext

MAX_DESCRIPTION: Final = 100_000
MAX_KEYWORDS: Final = 200
CONSUMED: Final = frozenset(
    {
        *("title", "description", "keywords", "tags", "providers"),
        *("platform", "constellation", "mission", "instruments", "gsd"),
    }
)


def describe(
    fields: dict[str, Any], body: str, facts: ProjectFacts, context: BuildContext, log: ProblemLog
) -> dict[str, Any]:
    """The descriptive common metadata as STAC Item properties.

    Source: https://github.com/radiantearth/stac-spec/blob/v1.1.0/commons/common-metadata.md
    """
    described: dict[str, Any] = {"title": _title(fields, facts, log)}
    if description := _description(fields.get("description"), body, facts, log):
        described["description"] = description
    if keywords := _keywords(fields, facts, log):
        described["keywords"] = keywords
    described["providers"] = build_providers(fields.get("providers"), facts, context, log)
    for name in ("platform", "constellation", "mission"):
        if text := line_of(fields.get(name), TITLE_LIMIT):
            described[name] = text
    instruments, _ = lines_of(fields.get("instruments"))
    if instruments:
        described["instruments"] = instruments[:MAX_KEYWORDS]
    gsd = fields.get("gsd")
    if isinstance(gsd, int | float) and not isinstance(gsd, bool) and gsd > 0:
        described["gsd"] = gsd
    elif gsd is not None:
        log.add("gsd", f"`gsd` is {quoted(gsd)}, no positive number.", "Write metres.", field="gsd")
    return described


def is_description_read(fields: dict[str, Any], body: str) -> bool:
    """Whether the front matter's `description` describes the item: it does where the README has no text below it."""
    return not body.strip() and isinstance(fields.get("description"), str)


def _title(fields: dict[str, Any], facts: ProjectFacts, log: ProblemLog) -> str:
    """`title`, else what Hugging Face's cards of data sets call the name to show, else the project's name."""
    declared = fields.get("title")
    title = line_of(declared, TITLE_LIMIT)
    if title is None and declared is not None:
        said = f"`title` is {quoted(declared)}; the project's name is used."
        log.add("title", said, "Write text.", field="title")
    title = title or line_of(fields.get("pretty_name"), TITLE_LIMIT)
    return title or clean_line(facts.name, TITLE_LIMIT) or clean_line(facts.path, TITLE_LIMIT) or str(facts.id)


def _description(declared: Any, body: str, facts: ProjectFacts, log: ProblemLog) -> str:
    fallback = clean_text(declared, MAX_DESCRIPTION) if isinstance(declared, str) else ""
    text = body.strip()
    if len(text) > MAX_DESCRIPTION:
        said = f"The description is cut after {MAX_DESCRIPTION} characters."
        log.add("description-size", said, "Move text to other files.")
        text = text[:MAX_DESCRIPTION].rstrip()
    return text or fallback.strip() or clean_text(facts.description or "", MAX_DESCRIPTION).strip()


def _keywords(fields: dict[str, Any], facts: ProjectFacts, log: ProblemLog) -> list[str]:
    words = [clean_line(topic, TITLE_LIMIT) for topic in facts.topics]
    words = [word for word in words if word and not word.lower().startswith("sharinghub:")]
    for name in ("keywords", "tags"):
        declared, whole = lines_of(fields.get(name))
        words += declared
        if not whole:
            said = f"A part of `{name}` is not text."
            log.add("keywords", said, f"Write `{name}: [one, two]`.", field=name)
    once: dict[str, str] = {}
    for word in words:
        once.setdefault(word.casefold(), word)
    return list(once.values())[:MAX_KEYWORDS]

"""What a project is as a STAC Item: each field by its own rule, GitLab's facts above what a README says.

Whatever a project holds costs at most the field that it stands in: `build_item` raises for none of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import pystac

from stac_ext.categories import Category
from stac_ext.items import citation, ml_model
from stac_ext.items.assets import FILE_EXTENSION, AssetGatherer
from stac_ext.items.citation import Citation, read_citation
from stac_ext.items.extent import read_spatial
from stac_ext.items.extra import keep_extra
from stac_ext.items.front_matter import FrontMatter, read_front_matter
from stac_ext.items.licence import Licence, resolve_licence
from stac_ext.items.links import catalogue_links, declared_links, gitlab_links
from stac_ext.items.ml_model import MlModel, is_ml_model_key, read_ml_model
from stac_ext.items.providers import build_providers
from stac_ext.items.temporal import Interval, read_temporal
from stac_ext.model import BuiltItem, ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import TITLE_LIMIT, clean_line, clean_text, line_of, lines_of, quoted
from stac_ext.times import format_rfc3339
from stac_ext.urls import BuildContext

__all__ = ["MAX_DESCRIPTION", "BuildContext", "build_item"]

MAX_DESCRIPTION: Final = 100_000
MAX_KEYWORDS: Final = 200
STAC_VERSION: Final = "1.1.0"

_LICENCE_URL_KEYS = ("license-url", "license_url", "license-link", "license_link")
_T = TypeVar("_T")


def build_item(facts: ProjectFacts, category: Category, context: BuildContext) -> BuiltItem:
    """The STAC 1.1.0 Item of one project in one collection, JSON-ready, with what was wrong with its sources.

    The item passes the schemas of STAC and of every extension that it declares. Nothing is fetched.
    """
    return _Build(facts, category, context).result()


class _Build:
    """One build: the facts, what the README says, and the problems found so far."""

    def __init__(self, facts: ProjectFacts, category: Category, context: BuildContext) -> None:
        self.facts = facts
        self.category = category
        self.context = context
        self.log = ProblemLog(clean_line(facts.readme_path or "") or "README.md")
        front = self._guard("readme", self._front_matter, FrontMatter())
        self.fields, self.body = front.fields, front.body
        self.log.know_lines(front.lines)
        self.unread: dict[str, Any] = {}

    def result(self) -> BuiltItem:
        extent = self.fields.get("extent")
        if extent is not None and not isinstance(extent, dict):
            said = f"`extent` is {quoted(extent)}, not a mapping."
            self.log.add("extent", said, "Write `spatial` and `temporal` below it.", field="extent")
        declared = extent if isinstance(extent, dict) else {}
        spatial = self._guard("extent", lambda: read_spatial(declared.get("spatial"), self.log), None)
        interval = self._guard("extent", lambda: read_temporal(declared.get("temporal"), self.log), None)
        licence = self._guard("license", self._licence, Licence())
        model = self._guard("ml-model", self._ml_model, MlModel() if self.category.ml_model else None)
        cited = self._guard("doi", lambda: read_citation(self.fields, self.body, self.log), Citation())
        gatherer = AssetGatherer(self.facts, self.category, self.context, self.log)
        self._guard("assets", lambda: self._gather(gatherer), None)
        links = [*catalogue_links(self.facts, self.category, self.context), *gitlab_links(self.facts)]
        links += self._guard("links", lambda: self._links(licence, cited, gatherer), [])
        nothing: dict[str, Any] = {}
        properties = {
            **self._guard("properties", self._described, nothing),
            **self._times(interval),
            **({"license": licence.id} if licence.id else {}),
            **(model.properties() if model else {}),
            **cited.properties(),
            **self._of_gitlab(),
        }
        if licence.written:
            self.unread["license"] = licence.written
        if extra := self._guard("extra", lambda: keep_extra(self.fields, self.unread, self.log), nothing):
            properties["sharinghub:extra"] = extra
        extensions = [
            *([ml_model.EXTENSION] if model else []),
            *([citation.EXTENSION] if cited.properties() else []),
            *([FILE_EXTENSION] if gatherer.uses_file_extension else []),
        ]
        item = pystac.Item(
            str(self.facts.id),
            spatial.geometry if spatial else None,
            spatial.bbox if spatial else None,
            self._updated(),
            dict(properties),
            stac_extensions=extensions,
            collection=self.category.id,
            assets=gatherer.assets,
        )
        item.links = links
        written = item.to_dict(include_self_link=True, transform_hrefs=False)
        written["stac_version"] = STAC_VERSION
        written["properties"] = properties  # pystac fills in `datetime` where an interval has none
        return BuiltItem(written, self.log.result())

    def _guard(self, field: str, build: Callable[[], _T], otherwise: _T) -> _T:
        """The last defence of "broken costs the field": a fault of ours in reading one field, told as such."""
        try:
            return build()
        except Exception as error:
            said = f"`{field}` could not be read ({type(error).__name__}); this is a fault of the catalogue."
            self.log.add("internal-error", said, "Report it to those who run the catalogue.", field=field)
            return otherwise

    def _front_matter(self) -> FrontMatter:
        facts = self.facts
        path = clean_line(facts.readme_path or "") or "README.md"
        front = read_front_matter(facts.readme, path=path, truncated=facts.readme_truncated)
        self.log.extend(front.problems)
        if facts.readme_truncated:
            self.log.add("readme-size", "The README is too large; only its head is read.", "Move text to other files.")
        return front

    def _licence(self) -> Licence:
        url = next((self.fields[key] for key in _LICENCE_URL_KEYS if self.fields.get(key)), None)
        return resolve_licence(self.fields.get("license"), url, self.facts.licence, self.log)

    def _ml_model(self) -> MlModel | None:
        if not self.category.ml_model:
            return None
        model = read_ml_model(self.fields, self.log)
        self.fields = {key: value for key, value in self.fields.items() if not is_ml_model_key(key)}
        if model.rest:
            self.unread[ml_model.PREFIX] = model.rest
        return model

    def _gather(self, gatherer: AssetGatherer) -> None:
        gatherer.gather(self.fields.get("assets"), self.fields.get("preview"), self.body)

    def _links(self, licence: Licence, cited: Citation, gatherer: AssetGatherer) -> list[pystac.Link]:
        links = [pystac.Link("license", url, title=title) for url, title in licence.links]
        if cited.url:
            links.append(pystac.Link("cite-as", cited.url))
        if gatherer.preview:
            url, media_type = gatherer.preview
            links.append(pystac.Link("preview", url, media_type))
        declared, references = declared_links(self.fields.get("links"), self.facts, self.context, self.log)
        if references:
            self.unread["links"] = references
        return links + declared

    def _described(self) -> dict[str, Any]:
        described: dict[str, Any] = {"title": self._title()}
        if description := self._description():
            described["description"] = description
        if keywords := self._keywords():
            described["keywords"] = keywords
        described["providers"] = build_providers(self.fields.get("providers"), self.facts, self.context, self.log)
        for name in ("platform", "constellation", "mission"):
            if text := line_of(self.fields.get(name), TITLE_LIMIT):
                described[name] = text
        instruments, _ = lines_of(self.fields.get("instruments"))
        if instruments:
            described["instruments"] = instruments[:MAX_KEYWORDS]
        gsd = self.fields.get("gsd")
        if isinstance(gsd, int | float) and not isinstance(gsd, bool) and gsd > 0:
            described["gsd"] = gsd
        elif gsd is not None:
            self.log.add("gsd", f"`gsd` is {quoted(gsd)}, no positive number.", "Write metres.", field="gsd")
        return described

    def _title(self) -> str:
        declared = self.fields.get("title")
        title = line_of(declared, TITLE_LIMIT)
        if title is None and declared is not None:
            said = f"`title` is {quoted(declared)}; the project's name is used."
            self.log.add("title", said, "Write text.", field="title")
        facts = self.facts
        return title or clean_line(facts.name, TITLE_LIMIT) or clean_line(facts.path, TITLE_LIMIT) or str(facts.id)

    def _description(self) -> str:
        declared = self.fields.get("description")
        fallback = clean_text(declared, MAX_DESCRIPTION) if isinstance(declared, str) else ""
        text = self.body.strip()
        if len(text) > MAX_DESCRIPTION:
            said = f"The description is cut after {MAX_DESCRIPTION} characters."
            self.log.add("description-size", said, "Move text to other files.")
            text = text[:MAX_DESCRIPTION].rstrip()
        if not text and fallback.strip():
            self.fields = {key: value for key, value in self.fields.items() if key != "description"}
        return text or fallback.strip() or clean_text(self.facts.description or "", MAX_DESCRIPTION).strip()

    def _keywords(self) -> list[str]:
        words = [clean_line(topic, TITLE_LIMIT) for topic in self.facts.topics]
        words = [word for word in words if word and not word.lower().startswith("sharinghub:")]
        for name in ("keywords", "tags"):
            declared, whole = lines_of(self.fields.get(name))
            words += declared
            if not whole:
                said = f"A part of `{name}` is not text."
                self.log.add("keywords", said, f"Write `{name}: [one, two]`.", field=name)
        once: dict[str, str] = {}
        for word in words:
            once.setdefault(word.casefold(), word)
        return list(once.values())[:MAX_KEYWORDS]

    def _times(self, interval: Interval | None) -> dict[str, Any]:
        updated = self._updated()
        times: dict[str, Any] = {"datetime": format_rfc3339(interval.start if interval else updated)}
        if interval and not interval.is_instant:
            start, end = format_rfc3339(interval.start), format_rfc3339(interval.end)
            times = {"datetime": None, "start_datetime": start, "end_datetime": end}
        return {
            **times,
            "created": format_rfc3339(_utc(self.facts.created_at)),
            "updated": format_rfc3339(updated),
        }

    def _updated(self) -> datetime:
        return _utc(self.facts.head_committed_at or self.facts.created_at)

    def _of_gitlab(self) -> dict[str, Any]:
        facts = self.facts
        branch = {"sharinghub:default_branch": clean_line(facts.default_branch)} if facts.default_branch else {}
        return {
            "sharinghub:id": facts.id,
            "sharinghub:path": clean_line(facts.path),
            "sharinghub:stars": max(0, facts.stars),
            **branch,
            "sharinghub:visibility": clean_line(facts.visibility),
            "sharinghub:archived": facts.archived,
            "sharinghub:topics": [topic for topic in map(clean_line, facts.topics) if topic],
        }


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

"""What a project is as a STAC Item: each field by its own rule, GitLab's facts above what a README says.

Whatever a project holds costs at most the field that it stands in: `build_item` raises for none of it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import pystac

from stac_ext.cards.citation_file import CitationFile, read_citation_file
from stac_ext.categories import Category
from stac_ext.dvc.assets import DvcAssets
from stac_ext.extensions.reading import Extensions, read_extensions
from stac_ext.extensions.schema_file import SchemaExtension
from stac_ext.headers.reading import HeaderFacts, read_headers, report_partial
from stac_ext.items import citation, versions
from stac_ext.items.assets import AssetGatherer, gather_assets
from stac_ext.items.authentication import with_authentication
from stac_ext.items.citation import Citation, read_citation
from stac_ext.items.described import describe, is_description_read
from stac_ext.items.extent import Spatial, read_spatial
from stac_ext.items.extra import keep_extra
from stac_ext.items.front_matter import FrontMatter, read_front_matter
from stac_ext.items.leaks import clean_item, report_body, without_leaks
from stac_ext.items.licence import FRONT_MATTER, Licence, LicenceFiles, resolve_licence
from stac_ext.items.links import catalogue_links, declared_links, gitlab_links
from stac_ext.items.of_gitlab import gitlab_properties, times, updated
from stac_ext.items.referring import Referred, refer
from stac_ext.items.temporal import Interval, read_temporal
from stac_ext.items.told import tell
from stac_ext.ml.model import Model, read_model
from stac_ext.ml.references import References
from stac_ext.model import BuiltItem, ProjectFacts, Release, Told
from stac_ext.problem_log import ProblemLog
from stac_ext.references import Reference
from stac_ext.sanitize import clean_line, quoted
from stac_ext.urls import BuildContext

__all__ = ["BuildContext", "build_item"]

STAC_VERSION: Final = "1.1.0"

_LICENCE_URL_KEYS = ("license-url", "license_url", "license-link", "license_link")
_T = TypeVar("_T")


def build_item(
    facts: ProjectFacts,
    category: Category,
    context: BuildContext,
    release: Release | None = None,
    configured: Sequence[SchemaExtension] = (),
) -> BuiltItem:
    """The STAC 1.1.0 Item of one project in one collection, JSON-ready, with what was wrong with its sources.

    `release` makes it the item of that version: `facts` are those at its commit then. `configured` are extensions
    beside those that the hub knows. The item passes the schemas of STAC and of every extension that it declares.
    Nothing is fetched.
    """
    return _Build(facts, category, context, release, configured).result()


class _Build:
    """One build: the facts, what the README says, and the problems found so far."""

    def __init__(
        self,
        facts: ProjectFacts,
        category: Category,
        context: BuildContext,
        release: Release | None,
        configured: Sequence[SchemaExtension],
    ) -> None:
        self.facts = facts
        self.category = category
        self.context = context
        self.release = release
        self.configured = configured
        self.log = ProblemLog(clean_line(facts.readme_path or "") or "README.md")
        front = self._guard("readme", self._front_matter, FrontMatter())
        self.body, self.body_line = front.body, front.body_line
        self.log.know_lines(front.lines)
        self.fields = without_leaks(front.fields, self.log)
        report_body(self.body, self.body_line, self.log)

    def result(self) -> BuiltItem:
        spatial, interval = self._extent()
        headers = self._guard("headers", self._headers, HeaderFacts())
        if spatial is None and headers.spatial is not None:
            spatial = headers.spatial
            self._guard("headers", lambda: report_partial(self.facts, headers, self.log), None)
        cited_file = self._guard("CITATION.cff", lambda: read_citation_file(self.facts.texts, self.log), None)
        licence = self._guard("license", lambda: self._licence(cited_file), Licence())
        cited = self._guard(
            "doi",
            lambda: read_citation(self.fields, self.body, self.log, file=cited_file, body_line=self.body_line),
            Citation(),
        )
        model = self._guard("ml-model", self._model, Model() if self.category.ml_model else None)
        extended = self._guard("extensions", lambda: self._extensions(model), Extensions(left=dict(self.fields)))
        gatherer = AssetGatherer(self.facts, self.category, self.context, self.log)
        dvc = self._guard("assets", lambda: self._gather(gatherer), DvcAssets())
        if model is not None:
            model = self._with_assets(model, gatherer)
        extended = self._with_bands(extended, model, gatherer)
        for path, asset in gatherer.files():
            asset.extra_fields = {**headers.assets.get(path, {}), **asset.extra_fields}
        nowhere: tuple[list[pystac.Link], tuple[Reference, ...]] = ([], ())
        links, references = self._guard("links", lambda: self._links(licence, cited, gatherer, model, dvc), nowhere)
        nothing: dict[str, Any] = {}
        properties = {
            **self._guard("properties", self._described, nothing),
            **times(self.facts, interval),
            **({"license": licence.id} if licence.id else {}),
            **headers.properties,
            **extended.properties(),
            **(model.properties() if model else {}),
            **cited.properties(),
            **dvc.properties,
            **({"version": clean_line(self.release.tag)} if self.release else {}),
            **gitlab_properties(self.facts),
        }
        if extra := self._guard("extra", lambda: self._extra(licence, model, extended), nothing):
            properties["sharinghub:extra"] = extra
        extensions = [
            *(model.extensions() if model else []),
            *extended.schemas,
            *headers.schemas,
            *([citation.EXTENSION] if cited.properties() else []),
            *([versions.EXTENSION] if self.release else []),
            *gatherer.extensions(),
        ]
        written = self._written(spatial, properties, extensions, gatherer, links)
        untold: tuple[Told, ...] = ()
        told = self._guard("provenance", lambda: self._told(written, spatial is headers.spatial, licence), untold)
        provenance = (*told, *(model.provenance() if model else ()))
        return BuiltItem(written, self.log.result(), references, provenance)

    def _written(
        self,
        spatial: Spatial | None,
        properties: dict[str, Any],
        extensions: list[str],
        gatherer: AssetGatherer,
        links: list[pystac.Link],
    ) -> dict[str, Any]:
        item = pystac.Item(
            self._id(),
            spatial.geometry if spatial else None,
            spatial.bbox if spatial else None,
            updated(self.facts),
            dict(properties),
            stac_extensions=list(dict.fromkeys(extensions)),
            collection=self.category.id,
            assets=gatherer.assets,
        )
        item.links = [*catalogue_links(self._id(), self.category, self.context), *gitlab_links(self.facts), *links]
        written = item.to_dict(include_self_link=True, transform_hrefs=False)
        written["stac_version"] = STAC_VERSION
        written["properties"] = properties  # pystac fills in `datetime` where an interval has none
        return with_authentication(clean_item(written), self.facts, self.context)

    def _guard(self, field: str, build: Callable[[], _T], otherwise: _T) -> _T:
        """The last defence of "broken costs the field": a fault of ours in reading one field, told as such."""
        try:
            return build()
        except Exception as error:
            said = f"`{field}` could not be read ({type(error).__name__}); this is a fault of the catalogue."
            self.log.add("internal-error", said, "Report it to those who run the catalogue.", field=field)
            return otherwise

    def _id(self) -> str:
        return versions.version_id(self.facts.id, self.release.tag) if self.release else str(self.facts.id)

    def _front_matter(self) -> FrontMatter:
        facts = self.facts
        path = clean_line(facts.readme_path or "") or "README.md"
        front = read_front_matter(facts.readme, path=path, truncated=facts.readme_truncated)
        self.log.extend(front.problems)
        if facts.readme_truncated:
            self.log.add("readme-size", "The README is too large; only its head is read.", "Move text to other files.")
        return front

    def _extent(self) -> tuple[Spatial | None, Interval | None]:
        extent = self.fields.get("extent")
        if extent is not None and not isinstance(extent, dict):
            said = f"`extent` is {quoted(extent)}, not a mapping."
            self.log.add("extent", said, "Write `spatial` and `temporal` below it.", field="extent")
        declared = extent if isinstance(extent, dict) else {}
        return (
            self._guard("extent", lambda: read_spatial(declared.get("spatial"), self.log), None),
            self._guard("extent", lambda: read_temporal(declared.get("temporal"), self.log), None),
        )

    def _headers(self) -> HeaderFacts:
        """A picture in a model's repository does not say where the model is valid."""
        return HeaderFacts() if self.category.ml_model else read_headers(self.facts, self.log)

    def _licence(self, cited: CitationFile | None) -> Licence:
        url = next((self.fields[key] for key in _LICENCE_URL_KEYS if self.fields.get(key)), None)
        return resolve_licence(
            self.fields.get("license"),
            url,
            self.facts.licence,
            self.log,
            name=self.fields.get("license_name"),
            cited=cited,
            files=LicenceFiles.of(self.facts, self.context),
        )

    def _model(self) -> Model | None:
        facts = versions.with_models_of(self.release, self.facts) if self.release else self.facts
        return read_model(self.fields, facts, self.log) if self.category.ml_model else None

    def _extensions(self, model: Model | None) -> Extensions:
        fields = {key: value for key, value in self.fields.items() if model is None or key not in model.consumed}
        return read_extensions(fields, self.log, defaults=self.category.extensions, configured=self.configured)

    def _with_bands(self, extended: Extensions, model: Model | None, gatherer: AssetGatherer) -> Extensions:
        """The bands stand on the images, too; those of a model's input count where it names them."""
        images = [(asset, extended.of_asset(asset.media_type)) for _, asset in gatherer.files()]
        if not any(fields for _, fields in images) or (model and "bands" in model.properties()):
            return extended.without_bands(self.log)
        for asset, fields in images:
            asset.extra_fields.update(fields)
        return extended

    def _extra(self, licence: Licence, model: Model | None, extended: Extensions) -> dict[str, Any]:
        fields = dict(extended.left)
        if is_description_read(fields, self.body):
            del fields["description"]
        listed = fields.get("extensions")
        if model and isinstance(listed, dict):  # declared for what the model has read
            fields["extensions"] = {key: value for key, value in listed.items() if key not in ("ml-model", "mlm")}
            fields = {key: value for key, value in fields.items() if key != "extensions" or value}
        unread = {**(model.rest if model else {}), **extended.unread}
        return keep_extra(fields, {**unread, **({"license": licence.written} if licence.written else {})}, self.log)

    def _gather(self, gatherer: AssetGatherer) -> DvcAssets:
        return gather_assets(gatherer, self.fields.get("assets"), self.fields.get("preview"), self.body, self.release)

    def _with_assets(self, model: Model, gatherer: AssetGatherer) -> Model:
        """The model once its files are known, and what it says about each of them."""
        files = gatherer.files()
        model = model.with_assets([(path, asset.roles or []) for path, asset in files], self.log)
        for path, asset in files:
            told = model.asset_fields(path, asset.roles or []) or {}
            asset.roles = list(dict.fromkeys([*(asset.roles or []), *told.pop("roles", ())]))
            asset.extra_fields.update(told)
            if asset.description is None:
                asset.description = model.asset_note(path)
        return model

    def _links(
        self, licence: Licence, cited: Citation, gatherer: AssetGatherer, model: Model | None, dvc: DvcAssets
    ) -> tuple[list[pystac.Link], tuple[Reference, ...]]:
        links = [pystac.Link("license", url, title=title) for url, title in licence.links]
        links += [pystac.Link("cite-as", url) for url in cited.urls]
        if gatherer.preview:
            url, media_type = gatherer.preview
            links.append(pystac.Link("preview", url, media_type))
        declared, items = declared_links(self.fields.get("links"), self.facts, self.context, self.log)
        of_model = model.references if model else References()
        named: Referred = refer(self.fields, items, of_model, dvc.imported, self.facts, self.context, self.log)
        tags = [one.tag for one in versions.in_order(self.facts.releases)]
        release = self.release.tag if self.release else None
        beside = versions.beside(self.facts.id, release, tags, self.category.id)
        return [*links, *declared, *named.links], (*named.references, *beside)

    def _described(self) -> dict[str, Any]:
        return describe(self.fields, self.body, self.facts, self.context, self.log)

    def _told(self, item: dict[str, Any], by_headers: bool, licence: Licence) -> tuple[Told, ...]:
        front = f"{self.log.path} front matter"
        place = "headers of files" if by_headers else front
        source = front if licence.source == FRONT_MATTER else clean_line(licence.source)
        return tuple(tell(self.fields, self.body, item, self.log.path, place=place, licence=source))

"""Which files of a repository are assets of its item, under which key, and what is said about each.

First the files and URLs that the README names, then its preview, then its globs, then the globs of the category. A
file is an asset once: what is said first counts. Without a key of its own, an asset's key is the path of its file.
"""

import functools
import posixpath
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import pystac

from stac_ext.cards.overview import overview_asset
from stac_ext.categories import Category
from stac_ext.dvc.assets import ALTERNATE_EXTENSION, FILE_EXTENSION, DvcAssets, dvc_assets
from stac_ext.dvc.repository import read_dvc
from stac_ext.dvc.secrets import shown as safely_shown
from stac_ext.globs import Glob, GlobSet
from stac_ext.items.asset_rules import AssetRule, read_rules
from stac_ext.items.published import Published, published
from stac_ext.media_types import file_kind, is_checkpoint, is_thumbnail
from stac_ext.ml.formats import loading_runs_code, safe_alternative
from stac_ext.model import ProjectFacts, Release, RepositoryFile
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import MAX_INTEGER, clean_line, quoted
from stac_ext.urls import DATA, BuildContext, is_local, repository_path, safe_url

MAX_ASSETS: Final = 2_000

_CHECKPOINT = "ml-model:checkpoint"
_LFS_POINTER = 1_024  # a Git LFS pointer is smaller: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MULTIHASH_SHA256 = "1220"
_PREVIEW_NAME = re.compile(r"preview\.(png|jpe?g)", re.IGNORECASE)
_PREVIEW_IMAGE = re.compile(r"!\[ {0,9}preview {0,9}\]\( {0,9}<?([^\s<>()]{1,2048})", re.IGNORECASE)


class AssetGatherer:
    """Gathers the assets of one project in the order in which they count."""

    def __init__(self, facts: ProjectFacts, category: Category, context: BuildContext, log: ProblemLog) -> None:
        self.assets: dict[str, pystac.Asset] = {}
        self.preview: tuple[str, str | None] | None = None
        self.facts = facts
        self.category = category
        self.context = context
        self.log = log
        self._keys: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._schemas: dict[str, None] = {}
        self._repeats: defaultdict[str, int] = defaultdict(lambda: 1)
        self._left_out = 0
        files = facts.files if facts.head_sha else ()
        self._files = {file.path: file for file in sorted(files, key=lambda file: file.path) if _is_path(file.path)}

    def extensions(self) -> list[str]:
        """The extensions that the assets use."""
        used = {key for asset in self.assets.values() for key in asset.extra_fields}
        return [
            *([FILE_EXTENSION] if any(key.startswith("file:") for key in used) else []),
            *([ALTERNATE_EXTENSION] if "alternate" in used else []),
            *self._schemas,
        ]

    def files(self) -> list[tuple[str, pystac.Asset]]:
        """Every asset that stands for a file, with the path or name of it."""
        return [(name, self.assets[key]) for key, name in self._names.items()]

    def add(self, one: Published) -> None:
        """Add what is published beside the files."""
        rule = AssetRule(one.key, title=one.title)
        roles = self._with_checkpoint(one.name, one.roles)
        placed = self._put(one.key, rule, "", one.href, one.media_type, roles, dict(one.fields))
        if placed and one.name:
            self._names[placed] = one.name

    def adopt(self, assets: Mapping[str, pystac.Asset]) -> None:
        """Add assets that are made already, under keys that are not taken."""
        for key, asset in assets.items():
            if len(self.assets) >= MAX_ASSETS:
                self._left_out += 1
            else:
                self.assets[key] = asset
                self._names[key] = key

    def close(self) -> None:
        """Tell what was left out, and which files can run code when they are loaded."""
        for name, asset in self.files():
            if reason := loading_runs_code(name):
                asset.extra_fields["sharinghub:unsafe"] = reason
                said = f"{quoted(name)}: {reason}"
                self.log.add("unsafe-format", said, safe_alternative(name) or "", path=name)
        if self._left_out:
            self.log.add(
                "too-many-assets",
                f"The item has its first {MAX_ASSETS} assets; {self._left_out} are left out.",
                "Name fewer files, or pack them into archives.",
                field="assets",
            )

    def gather(self, rules: Any, preview: Any, body: str) -> None:
        """Gather all: `rules` and `preview` as the front matter has them, `body` the README's text."""
        read = read_rules(rules, self.log)
        for rule in read:
            if rule.glob is None:
                self._apply(rule)
        self._gather_preview(preview, body)
        for rule in read:
            if rule.glob is not None:
                self._apply(rule)
        defaults = _category_globs(self.category.asset_rules)
        for file in self._files.values():
            if file.path not in self._keys and defaults.matches(file.path):
                self._add_file(file, None)

    # What the rules name

    def _apply(self, rule: AssetRule) -> None:
        if rule.href is not None and not is_local(rule.href):
            self._add_url(rule, rule.href)
            return
        files = self._named_by(rule)
        if not files:
            said = f"No file of the repository is {quoted(rule.wanted)}."
            self.log.add("asset-missing", said, "Correct it, or add the file.", field=rule.declared_at)
        if rule.key and len(files) > 1 and "{path}" not in rule.key:
            said = f"The key {quoted(rule.key)} names {len(files)} files, so their keys are numbered."
            self.log.add("asset-key", said, "Write `{path}` in the key.", field=rule.declared_at)
        for file in files:
            self._add_file(file, rule)

    def _named_by(self, rule: AssetRule) -> list[RepositoryFile]:
        glob = rule.glob
        try:
            if glob is None:
                path = repository_path(rule.wanted) if rule.href else rule.wanted.removeprefix("./").lstrip("/")
                if path in self._files:
                    return [self._files[path]]
                if rule.href is not None:
                    return []
                glob = Glob(rule.wanted)
        except ValueError:
            return []
        return [file for file in self._files.values() if glob.matches(file.path)]

    def _add_url(self, rule: AssetRule, href: str) -> None:
        try:
            url = safe_url(href, DATA)
        except ValueError as error:
            self.log.add("asset-url", f"An asset is not used: {error}.", "Write an https URL.", field=rule.declared_at)
            return
        name = clean_line(posixpath.basename(urlsplit(url).path), 200)
        kind = file_kind(name)
        key = rule.key or name or "asset"
        roles = self._with_checkpoint(name, rule.roles or kind.roles)
        placed = self._put(key, rule, "", url, rule.media_type or kind.media_type, roles, {})
        if placed and name:
            self._names[placed] = name

    def _add_file(self, file: RepositoryFile, rule: AssetRule | None) -> None:
        if file.path in self._keys:
            return
        kind = file_kind(file.path)
        shown = clean_line(file.path) or "file"
        roles = self._with_checkpoint(file.path, rule.roles if rule and rule.roles else kind.roles)
        key = (rule.key.replace("{path}", shown) if rule and rule.key else shown)[:1_000]
        media_type = (rule.media_type if rule else None) or kind.media_type
        url = self.context.asset_url(self.facts, file.path)
        if placed := self._put(key, rule, shown, url, media_type, roles, _file_fields(file)):
            self._keys[file.path] = placed
            self._names[placed] = file.path

    def _with_checkpoint(self, name: str, roles: Sequence[str]) -> list[str]:
        """The roles of a file; the weights of a model are its checkpoint unless they have a role of ml-model."""
        weights = self.category.ml_model and is_checkpoint(name)
        return [*roles, _CHECKPOINT] if weights and not any(r.startswith("ml-model:") for r in roles) else list(roles)

    def _put(
        self,
        key: str,
        rule: AssetRule | None,
        path: str,
        href: str,
        media_type: str | None,
        roles: list[str],
        extra: dict[str, Any],
    ) -> str | None:
        if len(self.assets) >= MAX_ASSETS:
            self._left_out += 1
            return None
        unique = key
        while unique in self.assets:
            self._repeats[key] += 1
            unique = f"{key}-{self._repeats[key]}"
        self.assets[unique] = pystac.Asset(
            href,
            title=_filled(rule.title if rule else None, unique, path, 300),
            description=_filled(rule.description if rule else None, unique, path, 1_000),
            media_type=media_type,
            roles=roles,
            extra_fields={**_declared(rule, path), **extra},
        )
        self._schemas.update(dict.fromkeys(rule.extended.schemas if rule else ()))
        return unique

    # The picture

    def _gather_preview(self, declared: Any, body: str) -> None:
        if declared is not None and not isinstance(declared, str):
            self.log.add("preview", "`preview` is not text.", "Write the path of a picture.", field="preview")
            declared = None
        if declared and self._take_preview(declared, "", True):
            return
        base = posixpath.dirname(self.facts.readme_path or "")
        for match in _PREVIEW_IMAGE.finditer(body):
            if self._take_preview(match[1], base, False):
                return
        for path in self._files:
            if _PREVIEW_NAME.fullmatch(path) and self._take_preview(f"/{path}", "", False):
                return

    def _take_preview(self, href: str, base: str, declared: bool) -> bool:
        href = href.strip()
        try:
            if not is_local(href):
                url = safe_url(href)
                suffix = posixpath.splitext(urlsplit(url).path)[1].lower()
                kind = file_kind(f"preview{suffix}").media_type if is_thumbnail(f"x{suffix}") else None
                self._put("preview", None, "", url, kind, ["thumbnail"], {})
                self.preview = (url, kind)
                return True
            path = repository_path(href if href.startswith("/") else posixpath.join(base, href))
            if path not in self._files:
                raise ValueError("the repository has no such file")
            if not is_thumbnail(path):
                raise ValueError("it is no PNG, JPEG, GIF or WebP")
        except ValueError as error:
            if declared:
                said = f"The preview {safely_shown(href)} is not used: {error}."
                self.log.add("preview", said, "Name a PNG, JPEG, GIF or WebP file.", field="preview")
            return False
        self._add_file(self._files[path], None)
        if path in self._keys:
            asset = self.assets[self._keys[path]]
            asset.roles = list(dict.fromkeys([*(r for r in asset.roles or [] if r != "data"), "thumbnail"]))
            asset.title = asset.title or "Preview"
        self.preview = (self.context.asset_url(self.facts, path), file_kind(path).media_type)
        return True


def gather_assets(
    gatherer: AssetGatherer, rules: Any, preview: Any, body: str, release: Release | None = None
) -> DvcAssets:
    """All assets of an item: the page of its README, files, what is published, and what DVC tracks."""
    facts, context, log = gatherer.facts, gatherer.context, gatherer.log
    gatherer.gather(rules, preview, body)
    for one in published(facts, context, log, release):
        gatherer.add(one)
    repository = read_dvc(facts, log)
    found = dvc_assets(
        repository, facts, context, context.dvc_url, gatherer.assets, log, ml_model=gatherer.category.ml_model
    )
    gatherer.adopt(found.assets)
    if page := overview_asset(facts, context):
        gatherer.adopt({_free("overview", gatherer.assets): pystac.Asset.from_dict(page)})
    gatherer.close()
    return found


def _free(key: str, used: Mapping[str, Any]) -> str:
    return key if key not in used else _free(f"{key}-page", used)


@functools.lru_cache(maxsize=64)
def _category_globs(rules: tuple[str, ...]) -> GlobSet:
    return GlobSet(rules)


def _file_fields(file: RepositoryFile) -> dict[str, Any]:
    """Size and checksum as far as they are those of the file and not of a Git LFS pointer to it."""
    fields: dict[str, Any] = {}
    if file.size is not None and 0 <= file.size <= MAX_INTEGER and not (file.lfs_sha256 and file.size < _LFS_POINTER):
        fields["file:size"] = file.size
    if file.lfs_sha256 and _SHA256.fullmatch(file.lfs_sha256):
        fields["file:checksum"] = f"{_MULTIHASH_SHA256}{file.lfs_sha256}"
    return fields


def _declared(rule: AssetRule | None, path: str) -> dict[str, Any]:
    """What a rule says by extensions; of a file in the repository, size and checksum are the catalogue's to say."""
    fields = rule.extended.properties() if rule else {}
    return {key: value for key, value in fields.items() if not (path and key.startswith("file:"))}


def _filled(template: str | None, key: str, path: str, limit: int) -> str | None:
    if template is None:
        return None
    return template.replace("{key}", key).replace("{path}", path)[:limit]


def _is_path(path: str) -> bool:
    return 0 < len(path) <= 4_096 and all(part not in ("", ".", "..") for part in path.split("/"))

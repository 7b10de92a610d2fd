"""What a README's `assets` asks for: SharingHub's rules, read into values.

A rule is a glob, or a mapping with `glob`, `path` or `href`, and with `key`, `type`, `type-as`, `title`, `description`
and `roles`. In `key`, `title` and `description`, `{path}` and `{key}` stand for those of each match. Fields of known
extensions (`proj:code`) and `bands` are taken into each asset.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from stac_ext.extensions.reading import Extensions, read_asset_fields
from stac_ext.globs import Glob
from stac_ext.media_types import TYPE_AS, is_media_type
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_text, line_of, lines_of, quoted

MAX_RULES: Final = 100
_KEYS: Final = frozenset({"glob", "path", "href", "key", "type", "type-as", "title", "description", "roles"})
_FIX = "Write a glob, or a mapping with `glob`, `path` or `href`."


@dataclass(frozen=True, slots=True)
class AssetRule:
    """One rule; exactly one of `glob`, `path` and `href` is set, the others but `declared_at` where they are given."""

    declared_at: str
    glob: Glob | None = None
    path: str | None = None
    href: str | None = None
    key: str | None = None
    title: str | None = None
    description: str | None = None
    media_type: str | None = None
    roles: tuple[str, ...] | None = None
    extended: Extensions = field(default_factory=Extensions)

    @property
    def wanted(self) -> str:
        return self.path or self.href or (self.glob.pattern if self.glob else "")


def read_rules(value: Any, log: ProblemLog, field: str = "assets") -> list[AssetRule]:
    """The usable rules, those for one file before globs, so that what is said of one file counts."""
    if value is None:
        return []
    if isinstance(value, dict):
        value = [_keyed(key, entry) for key, entry in value.items()]
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_RULES:
        log.add("asset-rules", f"Only the first {MAX_RULES} asset rules are used.", "Use wider globs.", field=field)
    rules: list[AssetRule] = []
    for number, entry in enumerate(entries[:MAX_RULES]):
        try:
            rules.append(_rule(entry, f"{field}.{number}", log))
        except ValueError as error:
            log.add("asset-rule", f"Asset rule {number + 1} is not used: {error}.", _FIX, field=f"{field}.{number}")
    return sorted(rules, key=lambda rule: rule.glob is not None)


def _keyed(key: str, entry: Any) -> Any:
    if isinstance(entry, dict):
        return {"key": key, **entry}
    return {"key": key, "href": entry} if isinstance(entry, str) else entry


def _rule(entry: Any, field: str, log: ProblemLog) -> AssetRule:
    if isinstance(entry, str):
        entry = {"glob": entry}
    if not isinstance(entry, dict):
        raise ValueError(f"it is {quoted(entry)}")
    extended = read_asset_fields({key: value for key, value in entry.items() if key not in _KEYS}, log, field)
    if unknown := sorted(str(key) for key in extended.left):
        names = ", ".join(f"`{name}`" for name in unknown[:5])
        log.add("asset-field", f"Asset rules have no {names}.", f"Known are {', '.join(sorted(_KEYS))}.", field=field)
    target = next((name for name in ("glob", "path", "href") if entry.get(name)), None)
    if target is None or not isinstance(entry[target], str):
        raise ValueError("it has no `glob`, `path` or `href` that is text")
    text = clean_text(entry[target], 4_096).strip()
    description = entry.get("description")
    return AssetRule(
        declared_at=field,
        glob=Glob(text) if target == "glob" else None,
        path=text if target == "path" else None,
        href=text if target == "href" else None,
        key=line_of(entry.get("key"), 300),
        title=line_of(entry.get("title"), 300),
        description=(clean_text(description, 1_000).strip() or None) if isinstance(description, str) else None,
        media_type=_media_type(entry, field, log),
        roles=_roles(entry.get("roles"), field, log),
        extended=extended,
    )


def _media_type(entry: dict[str, Any], field: str, log: ProblemLog) -> str | None:
    short, written = entry.get("type-as"), entry.get("type")
    if isinstance(short, str) and short in TYPE_AS:
        return TYPE_AS[short]
    if short is not None:
        names = ", ".join(TYPE_AS)
        log.add("asset-type", f"`type-as: {quoted(short)}` is not known.", f"Known are {names}.", field=field)
    if isinstance(written, str) and is_media_type(written.strip()):
        return written.strip()
    if written is not None:
        log.add("asset-type", f"{quoted(written)} is no media type.", "Write one as `image/tiff`.", field=field)
    return None


def _roles(value: Any, field: str, log: ProblemLog) -> tuple[str, ...] | None:
    if value is None:
        return None
    roles, whole = lines_of(value, 100)
    if not whole:
        log.add("asset-roles", "A role of an asset is not text.", "Write `roles: [data]`.", field=field)
    return tuple(roles[:20]) or None

"""How the outcome of a lint is written: lines for a person, JSON for a program, GitLab's code quality report.

Sources: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from sharinghub_ext.lint.findings import Finding, Linted
from stac_ext.model import Told
from stac_ext.rules import Severity
from stac_ext.sanitize import clean_line

VERSION: Final = 1
_GITLAB: Final = {Severity.INFO: "info", Severity.WARNING: "minor", Severity.ERROR: "critical"}
_MAX_PATH = 4_096


class Format(StrEnum):
    """The formats of a report."""

    TEXT = "text"
    JSON = "json"
    GITLAB = "gitlab"


def text_report(linted: Linted) -> str:
    """One or two lines for each finding, `path:line: severity rule: what is wrong`, and a last line that counts."""
    return "".join(f"{line}\n" for line in _lines(linted))


def json_report(linted: Linted, *, items: bool = False, provenance: bool = False) -> str:
    """All of it as one JSON object; `items` and `provenance` by collection where they are asked for."""
    marks = _fingerprints(linted)
    found = [
        {
            "rule": one.problem.rule,
            "severity": one.severity.word,
            "path": _path(one),
            "line": one.problem.line,
            "message": one.problem.message,
            "fix": one.problem.fix,
            "collections": list(one.collections or linted.items),
            "fingerprint": mark,
        }
        for one, mark in zip(linted.findings, marks, strict=True)
    ]
    document: dict[str, Any] = {
        "version": VERSION,
        "project": linted.path,
        "revision": linted.revision,
        "collections": list(linted.items),
        "counts": {severity.word: count for severity, count in _counts(linted).items()},
        "problems": found,
    }
    if items:
        document["items"] = linted.items
    if provenance:
        document["provenance"] = {
            collection: [{"field": one.field, "value": one.value, "source": one.source} for one in told]
            for collection, told in linted.provenance.items()
        }
    return _json(document)


def gitlab_report(linted: Linted) -> str:
    """A code quality report; what concerns the project as a whole is shown at the head of its README."""
    return _json(
        [
            {
                "description": " ".join(filter(None, (one.problem.message, one.problem.fix))),
                "check_name": one.problem.rule,
                "fingerprint": mark,
                "severity": _GITLAB[one.severity],
                "location": {"path": _path(one) or "README.md", "lines": {"begin": one.problem.line or 1}},
            }
            for one, mark in zip(linted.findings, _fingerprints(linted), strict=True)
        ]
    )


def item_document(linted: Linted) -> str:
    """The item that would result as JSON; a feature collection of them where there are several."""
    items = list(linted.items.values())
    return _json(items[0] if len(items) == 1 else {"type": "FeatureCollection", "features": items})


def provenance_table(linted: Linted) -> str:
    """Where the values of the item come from: field, value and source, one a line."""
    several = len(linted.provenance) > 1
    lines: list[str] = []
    for collection, told in linted.provenance.items():
        lines += [f"Where the values of {collection} come from:"] if several else ["Where the values come from:"]
        wide = max((len(one.field) for one in told), default=0)
        lines += [_told(one, wide) for one in told] or ["  nothing is declared"]
    return "".join(f"{line}\n" for line in lines)


def _told(one: Told, wide: int) -> str:
    return f"  {one.field:{wide}}  {clean_line(one.value, 80)}  ({clean_line(one.source, 200)})"


def _lines(linted: Linted) -> Iterator[str]:
    for one in linted.findings:
        place = _path(one) or "project"
        at = f"{place}:{one.problem.line}" if one.problem.line else place
        only = f" (as {', '.join(one.collections)})" if one.collections else ""
        yield f"{at}: {one.severity.word} {one.problem.rule}: {one.problem.message}{only}"
        if one.problem.fix:
            yield f"    {one.problem.fix}"
    counts = _counts(linted)
    said = ", ".join(_number(counts[severity], severity) for severity in sorted(Severity, reverse=True))
    yield f"{linted.path} as {', '.join(linted.items)}: {said}"


def _number(count: int, severity: Severity) -> str:
    plural = "" if count == 1 or severity is Severity.INFO else "s"
    return f"{count} {severity.word}{plural}"


def _counts(linted: Linted) -> dict[Severity, int]:
    counted = Counter(one.severity for one in linted.findings)
    return {severity: counted[severity] for severity in sorted(Severity, reverse=True)}


def _fingerprints(linted: Linted) -> list[str]:
    """One for each finding, without its line, so that a problem stays the same one when text is added above it."""
    seen: Counter[tuple[str, str, str]] = Counter()
    marks = []
    for one in linted.findings:
        key = (one.problem.rule, _path(one), one.problem.message)
        marks.append(hashlib.sha256("\0".join((*key, str(seen[key]))).encode("utf-8", "replace")).hexdigest())
        seen[key] += 1
    return marks


def _path(one: Finding) -> str:
    return clean_line(one.problem.path, _MAX_PATH)


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

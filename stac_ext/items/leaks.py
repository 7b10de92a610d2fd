"""Which secrets a project's own words hold: told to its owners by field and line, and shown to nobody."""

from collections.abc import Iterator
from typing import Any, Final

from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line
from stac_ext.secrets import MAX_DEPTH, cut_all, cut_secrets

FIX: Final = "Withdraw it where it was issued, for git keeps it in the history; then remove it here."
MAX_TOLD: Final = 20

_BODY: Final = "the text of the README"


def without_leaks(fields: dict[str, Any], log: ProblemLog) -> dict[str, Any]:
    """Front matter without the secrets in it, each of which is reported. The very same where there is none."""
    leaking = list(_leaking(fields, ""))
    for field in leaking[:MAX_TOLD]:
        log.add(
            "leaked-secret",
            f"{_named(field)} holds a secret, which everybody reads who reads the code.",
            FIX,
            field=field,
        )
    if not leaking:
        return fields
    cut: dict[str, Any] = cut_all(fields)
    return cut


def report_body(body: str, body_line: int, log: ProblemLog) -> None:
    """Tell the first secret in the README's text."""
    for number, line in enumerate(body.splitlines()):
        if cut_secrets(line) != line:
            log.know_lines({_BODY: body_line + number})
            said = "The text of the README holds a secret, which everybody reads who reads the code."
            log.add("leaked-secret", said, FIX, field=_BODY)
            return


def clean_item(item: dict[str, Any]) -> dict[str, Any]:
    """A finished item without the secrets in what it tells; addresses of assets and links were looked at before."""
    return {
        **item,
        "properties": cut_all(item["properties"]),
        "assets": {key: _told(asset) for key, asset in item["assets"].items()},
        "links": [_told(link) for link in item["links"]],
    }


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value if key == "href" else cut_all(value) for key, value in entry.items()}


def _named(field: str) -> str:
    """The field, without what of its own name is a secret."""
    return f"`{cut_secrets(clean_line(field, 100))}`"


def _leaking(value: Any, field: str, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        if cut_secrets(value) != value:
            yield field
    elif depth > MAX_DEPTH:
        return
    elif isinstance(value, dict):
        for key, entry in value.items():
            if isinstance(key, str) and cut_secrets(key) != key:
                yield field or "a key"
            yield from _leaking(entry, f"{field}.{key}" if field else str(key), depth + 1)
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _leaking(entry, f"{field}.{number}", depth + 1)

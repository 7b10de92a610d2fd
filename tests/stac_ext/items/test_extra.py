"""That what nothing reads is kept beside the item, within bounds, and that extensions in it are told with a way out."""

from typing import Any

import pytest

from stac_ext.items.extra import MAX_EXTRA, keep_extra
from stac_ext.problem_log import ProblemLog


def keep(fields: dict[str, Any], unread: dict[str, Any] | None = None) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    log = ProblemLog()
    kept = keep_extra(fields, unread or {}, log)
    return kept, [(problem.rule, problem.fix) for problem in log.result()]


def test_what_is_read_elsewhere_and_what_is_reserved_is_not_kept() -> None:
    kept, problems = keep({"title": "x", "team": "a", "datetime": "never", "sharinghub:stars": 9}, {"label": {"a": 1}})
    assert kept == {"team": "a", "label": {"a": 1}}
    assert [rule for rule, _ in problems] == ["reserved-field", "reserved-field"]


@pytest.mark.parametrize(
    ("fields", "fix"),
    [
        ({"projection": {"epsg": 4326}}, "Its prefix is `proj`."),
        ({"datacube:dimensions": {}}, "Its prefix is `cube`."),
        (
            {"eo": {"a": 1}, "extensions": {"eo": "https://x.example/s.json"}},
            "The prefix `eo` is that of https://stac-extensions.github.io/eo/v2.0.0/schema.json.",
        ),
        ({"storage:tier": "x"}, "Those who run the catalogue can configure its schema."),
        (
            {"ours:a": 1, "extensions": {"ours": "https://x.example"}},
            "Those who run the catalogue can configure its schema.",
        ),
    ],
)
def test_an_extension_that_is_not_known_is_told_with_a_way_out(fields: dict[str, Any], fix: str) -> None:
    kept, problems = keep(fields)
    assert kept == fields
    assert problems == [("extension-unknown", fix)]


def test_a_name_before_a_colon_is_not_always_an_extension() -> None:
    assert keep({"team:name": "x", "table": "see below"}) == ({"team:name": "x", "table": "see below"}, [])


def test_what_does_not_fit_is_told() -> None:
    kept, problems = keep({"a": "x" * MAX_EXTRA, "b": "y"})
    assert kept == {"b": "y"}
    assert [rule for rule, _ in problems] == ["extra-size"]

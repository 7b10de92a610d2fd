"""Proves the three formats: lines for a person, JSON, and what GitLab reads as a code quality report."""

import json
from typing import Any

import jsonschema
import pytest

from sharinghub_ext.lint.findings import Finding, Linted
from sharinghub_ext.lint.reports import (
    gitlab_report,
    item_document,
    json_report,
    provenance_table,
    text_report,
)
from stac_ext.model import Problem, Told
from stac_ext.rules import Severity

# What GitLab's parser asks of each entry, and what the documentation says of its values.
# Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "pattern": "^[a-z-]+$"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}

FINDINGS = (
    Finding(Problem("facet-omitted", "Its packages are left out.", "Show them.", ""), Severity.INFO),
    Finding(Problem("dvc-remote-secret", "A secret.", "Withdraw it.", ".dvc/config"), Severity.ERROR),
    Finding(Problem("provider", "No name.", "", "README.md", 8), Severity.WARNING, ("ai-model",)),
    Finding(Problem("provider", "No name.", "", "README.md", 9), Severity.WARNING),
)


def outcome(*findings: Finding, collections: tuple[str, ...] = ("ai-model", "dataset")) -> Linted:
    return Linted(
        "soil/crops",
        "a" * 40,
        findings,
        {one: {"type": "Feature", "collection": one} for one in collections},
        {one: (Told("title", "Crops", "README.md front matter"),) for one in collections},
    )


def quality(linted: Linted) -> list[dict[str, Any]]:
    entries = json.loads(gitlab_report(linted))
    jsonschema.validate(entries, CODE_QUALITY)
    assert isinstance(entries, list)
    return entries


def test_text_says_where_what_and_how_to_mend_it() -> None:
    assert text_report(outcome(*FINDINGS)) == (
        "project: info facet-omitted: Its packages are left out.\n"
        "    Show them.\n"
        ".dvc/config: error dvc-remote-secret: A secret.\n"
        "    Withdraw it.\n"
        "README.md:8: warning provider: No name. (as ai-model)\n"
        "README.md:9: warning provider: No name.\n"
        "soil/crops as ai-model, dataset: 1 error, 2 warnings, 1 info\n"
    )
    assert text_report(outcome()) == "soil/crops as ai-model, dataset: 0 errors, 0 warnings, 0 info\n"


def test_text_of_a_hostile_name_stays_on_its_line() -> None:
    problem = Problem("unsafe-format", "It runs.", "", "a\x1b[31m\nb.pkl")
    assert text_report(outcome(Finding(problem, Severity.WARNING))).startswith("a[31m b.pkl: warning")


def test_json_holds_everything_that_is_asked_for() -> None:
    document = json.loads(json_report(outcome(*FINDINGS), items=True, provenance=True))
    assert document["project"] == "soil/crops"
    assert document["counts"] == {"error": 1, "warning": 2, "info": 1}
    assert document["problems"][2] == {
        "rule": "provider",
        "severity": "warning",
        "path": "README.md",
        "line": 8,
        "message": "No name.",
        "fix": "",
        "collections": ["ai-model"],
        "fingerprint": document["problems"][2]["fingerprint"],
    }
    assert document["items"]["dataset"]["collection"] == "dataset"
    assert document["provenance"]["ai-model"] == [
        {"field": "title", "value": "Crops", "source": "README.md front matter"}
    ]
    assert {"items", "provenance"}.isdisjoint(json.loads(json_report(outcome(*FINDINGS))))


def test_the_report_for_gitlab_is_what_gitlab_reads() -> None:
    entries = quality(outcome(*FINDINGS))
    assert [one["severity"] for one in entries] == ["info", "critical", "minor", "minor"]
    assert entries[0]["location"] == {"path": "README.md", "lines": {"begin": 1}}
    assert entries[1]["location"] == {"path": ".dvc/config", "lines": {"begin": 1}}
    assert entries[2]["location"] == {"path": "README.md", "lines": {"begin": 8}}
    assert entries[1]["description"] == "A secret. Withdraw it."
    assert entries[1]["check_name"] == "dvc-remote-secret"
    assert quality(outcome()) == []


def test_a_problem_keeps_its_fingerprint_when_lines_move_and_shares_it_with_no_other() -> None:
    moved = tuple(
        Finding(Problem(one.problem.rule, one.problem.message, "", one.problem.path, 100 + n), one.severity)
        for n, one in enumerate(FINDINGS)
    )
    before, after = quality(outcome(*FINDINGS)), quality(outcome(*moved))
    assert [one["fingerprint"] for one in before] == [one["fingerprint"] for one in after]
    assert len({one["fingerprint"] for one in before}) == len(FINDINGS)


@pytest.mark.parametrize("collections", [("dataset",), ("ai-model", "dataset")])
def test_the_item_is_stac_json_and_several_are_a_collection_of_features(collections: tuple[str, ...]) -> None:
    document = json.loads(item_document(outcome(collections=collections)))
    if len(collections) == 1:
        assert document["collection"] == "dataset"
    else:
        assert document["type"] == "FeatureCollection"
        assert [one["collection"] for one in document["features"]] == ["ai-model", "dataset"]


def test_the_sources_are_a_table() -> None:
    assert provenance_table(outcome(collections=("dataset",))) == (
        "Where the values come from:\n  title  Crops  (README.md front matter)\n"
    )
    assert "of ai-model come from" in provenance_table(outcome())

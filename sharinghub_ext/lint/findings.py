"""What is wrong with a project: all that the index would tell, what the README's page would tell, and how bad each is.

Where it is not known which collection a project is for, it is judged for each, and a problem says for which it is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sharinghub_ext.lint.subject import Subject
from stac_ext.cards.overview import refused_problems, render_overview
from stac_ext.cards.references import CardPlace
from stac_ext.items.builder import build_item
from stac_ext.model import OmittedFacet, Problem, ProjectFacts, Told
from stac_ext.rules import Severity, severity_of
from stac_ext.sanitize import clean_line

# What only says that the project is meant for another collection.
_OF_ANOTHER_COLLECTION: Final = frozenset({"ml-model-elsewhere"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `collections` are those for which it is one, none where it is for all that were judged."""

    problem: Problem
    severity: Severity
    collections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Linted:
    """The outcome for one project: findings by file and line, and for each collection the item and its sources."""

    path: str
    revision: str | None
    findings: tuple[Finding, ...]
    items: dict[str, dict[str, Any]]
    provenance: dict[str, tuple[Told, ...]]

    def worst(self) -> Severity | None:
        """The worst severity of all findings, None without any."""
        return max((one.severity for one in self.findings), default=None)


def lint(subject: Subject) -> Linted:
    """Build the items of a project, and gather what is wrong with it."""
    facts = subject.facts
    built = {
        one.id: build_item(facts, one, subject.context, configured=subject.extensions) for one in subject.categories
    }
    found: dict[Problem, list[str]] = {}
    for collection, one in built.items():
        for problem in one.problems:
            if subject.certain or problem.rule not in _OF_ANOTHER_COLLECTION:
                found.setdefault(problem, []).append(collection)
    for problem in _of_project(subject):
        found[problem] = list(built)
    findings = [
        Finding(problem, severity_of(problem.rule), () if len(where) == len(built) else tuple(dict.fromkeys(where)))
        for problem, where in found.items()
    ]
    return Linted(
        clean_line(facts.path),
        facts.head_sha,
        tuple(sorted(findings, key=_place)),
        {collection: one.item for collection, one in built.items()},
        {collection: one.provenance for collection, one in built.items()},
    )


def _place(finding: Finding) -> tuple[str, int, str, str]:
    problem = finding.problem
    return problem.path, problem.line or 0, problem.rule, problem.message


def _of_project(subject: Subject) -> Iterator[Problem]:
    facts = subject.facts
    if facts.readme is None:
        said = "The project has no README, so the item has only what GitLab knows."
        yield Problem("readme-missing", said, "Add `README.md` to the root of the repository.")
    else:
        place = CardPlace.of(facts, subject.context)
        page = render_overview(facts.readme, place, facts.name, truncated=facts.readme_truncated)
        yield from refused_problems(page, facts.readme, place)
    yield from _left_out(facts)
    if not subject.tagged:
        said = "The project has none of the topics of the catalogue, so it is not in it."
        topics = " or ".join(f"`{one.topic}`" for one in subject.categories)
        yield Problem("topic-missing", said, f"Give it the topic {topics} in its settings.", path="")


def _left_out(facts: ProjectFacts) -> Iterator[Problem]:
    if facts.files_truncated:
        said = f"Only the first {len(facts.files)} files of the repository are read."
        yield Problem("too-many-files", said, "Keep large numbers of files in DVC, an archive or a package.", path="")
    yield from map(_omitted, facts.omitted)


def _omitted(one: OmittedFacet) -> Problem:
    said = f"Its {one.facet} are left out, as fewer people may see them than its code ({one.access_level})."
    fix = "Give both the same access level in the project's settings, if they are to be shown."
    return Problem("facet-omitted", said, fix, path="")

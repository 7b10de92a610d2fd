"""Proves what is found in a checkout, where, how bad, and for which collections."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharinghub_ext.lint.local import NO_COMMIT, read_folder, top_of
from sharinghub_ext.lint.subject import UnknownCategoryError
from stac_ext.categories import DEFAULT_CATEGORIES
from stac_ext.rules import Severity
from tests.sharinghub_ext.lint.checkouts import card, checkout, git, linted, told, write

BROKEN = """---
title: Crops
license: MIT
extent:
  spatial: [500, 0, 1, 1]
  temporal: [yesterday, tomorrow]
keywords: [a, b
providers:
  - roles: [producer]
---

See [the plan](docs/plan.md).
"""
SECRET = "['remote \"store\"']\n    url = s3://bucket/data\n    access_key_id = AKIAABCDEFGHIJKLMNOP\n"


def test_problems_come_with_file_line_rule_severity_and_fix(tmp_path: Path) -> None:
    outcome = linted(checkout(tmp_path / "a", {"README.md": BROKEN}), "dataset")
    assert told(outcome) == [
        ("README.md", 5, "spatial-extent"),
        ("README.md", 6, "temporal-extent"),
        ("README.md", 7, "front-matter-yaml"),
        ("README.md", 9, "provider"),
        ("README.md", 12, "readme-link"),
    ]
    assert {one.severity for one in outcome.findings} == {Severity.WARNING}
    assert all(one.problem.fix for one in outcome.findings)
    assert outcome.items["dataset"]["properties"]["title"] == "Crops"


def test_problems_of_other_files_have_their_files_and_lines(tmp_path: Path) -> None:
    files = {
        "README.md": card(),
        "CITATION.cff": "cff-version: 1.2.0\ntitle: T\nauthors: [{name: A}]\ndoi: none\n",
        ".dvc/config": SECRET,
        "data.csv.dvc": "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  hash: md5\n   path: data.csv\n",
        "weights/model.pkl": b"\x80\x04N.",
    }
    outcome = linted(checkout(tmp_path / "a", files), "ai-model")
    found = {(path, rule): line for path, line, rule in told(outcome)}
    assert found["CITATION.cff", "doi"] == 4
    assert found["data.csv.dvc", "dvc-yaml"] == 4
    assert (".dvc/config", "dvc-remote-secret") in found
    assert ("weights/model.pkl", "unsafe-format") in found
    severities = {one.problem.rule: one.severity for one in outcome.findings}
    assert severities["dvc-remote-secret"] is Severity.ERROR
    assert outcome.worst() is Severity.ERROR
    assert "AKIA" not in repr(outcome)


def test_a_card_without_fault_has_no_findings(tmp_path: Path) -> None:
    outcome = linted(checkout(tmp_path / "a", {"README.md": card()}), "dataset")
    assert outcome.findings == ()
    assert outcome.worst() is None


def test_what_is_not_committed_yet_counts(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": BROKEN})
    write(folder, {"README.md": card()})
    assert told(linted(folder, "dataset")) == []


def test_what_git_does_not_track_does_not_count(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": card("[more](more.md)")})
    write(folder, {"more.md": "x", ".dvc/config.local": SECRET})
    assert told(linted(folder, "dataset")) == [("README.md", 5, "readme-link")]
    git(folder, "add", "more.md", "--force", ".dvc/config.local")
    assert told(linted(folder, "dataset")) == [(".dvc/config.local", None, "dvc-remote-secret")]


def test_where_the_collection_is_not_known_it_is_linted_for_each(tmp_path: Path) -> None:
    front = {"ml-model": {"architecture": 5}, "extent": {"spatial": "x"}}
    folder = checkout(tmp_path / "a", {"README.md": card(**front)})
    outcome = linted(folder)
    where = {one.problem.rule: one.collections for one in outcome.findings}
    assert where["spatial-extent"] == ()
    assert where["mlm-incomplete"] == ("ai-model",)
    assert "ml-model-elsewhere" not in where
    assert "ml-model-elsewhere" in {one.problem.rule for one in linted(folder, "dataset").findings}
    assert list(outcome.items) == ["ai-model", "dataset"]


def test_a_category_must_be_one_that_there_is(tmp_path: Path) -> None:
    with pytest.raises(UnknownCategoryError, match="'model'; there are ai-model, dataset"):
        linted(tmp_path, "model")


def job(folder: Path, topics: str) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_PROJECT_DIR": str(folder),
        "CI_PROJECT_PATH": "soil/crops",
        "CI_PROJECT_ID": "42",
        "CI_SERVER_URL": "https://gitlab.example.org",
        "CI_PROJECT_TOPICS": topics,
    }


def test_in_a_job_the_topics_say_which_collection_it_is(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": card()})
    outcome = linted(folder, **job(folder, "soil,sharinghub:dataset"))
    assert list(outcome.items) == ["dataset"]
    assert outcome.items["dataset"]["id"] == "42"
    assert outcome.items["dataset"]["properties"]["sharinghub:topics"] == ["soil", "sharinghub:dataset"]
    assert list(linted(folder, "ai-model", **job(folder, "sharinghub:dataset")).items) == ["ai-model"]


def test_in_a_job_a_project_without_a_topic_is_told_so(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": card()})
    outcome = linted(folder, **job(folder, "soil"))
    assert ("", None, "topic-missing") in told(outcome)
    assert list(outcome.items) == ["ai-model", "dataset"]


def test_a_folder_without_git_is_read_as_it_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "crops", {"README.md": card("[a](a.csv) [b](b.csv)"), "a.csv": "1"})
    subject = read_folder(folder, DEFAULT_CATEGORIES, ["dataset"], {})
    assert subject.facts.path == "crops"
    assert subject.facts.head_sha == NO_COMMIT
    assert "checkout of git" in subject.notes[0]
    outcome = linted(folder, "dataset")
    assert told(outcome) == [("README.md", 5, "readme-link")]
    assert "a.csv" in outcome.items["dataset"]["assets"]


def test_a_repository_before_its_first_commit_is_read(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    write(tmp_path, {"README.md": card(), "a.csv": "1"})
    subject = read_folder(tmp_path, DEFAULT_CATEGORIES, ["dataset"], {})
    assert "git add" in subject.notes[0]
    assert ("README.md", None, "readme-missing") in told(linted(tmp_path, "dataset"))
    git(tmp_path, "add", "--all")
    assert told(linted(tmp_path, "dataset")) == []


def test_the_readme_that_is_a_link_is_none(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"docs/README.md": card(), "LICENSE": "x"})
    (folder / "README.md").symlink_to("docs/README.md")
    git(folder, "add", "--all")
    assert ("README.md", None, "readme-missing") in told(linted(folder, "dataset"))


def test_a_folder_inside_of_a_checkout_is_a_project_of_its_own(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": "x", "inner/README.md": card(), "inner/a.csv": "1"})
    write(folder, {"inner/untracked.csv": "x"})
    assert top_of(folder / "inner") == folder.resolve()
    subject = read_folder(folder / "inner", DEFAULT_CATEGORIES, ["dataset"], {})
    assert [one.path for one in subject.facts.files] == ["README.md", "a.csv"]


def test_a_folder_that_a_checkout_around_it_ignores_is_read_without_git(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {".gitignore": "/inner/\n"})
    write(folder, {"inner/README.md": card()})
    subject = read_folder(folder / "inner", DEFAULT_CATEGORIES, ["dataset"], {})
    assert [one.path for one in subject.facts.files] == ["README.md"]


def test_the_item_has_the_commit_its_time_and_the_place_of_the_remote(tmp_path: Path) -> None:
    remote = "https://ci:glcbt-64_secretsecretsecret@gitlab.example.com/soil/crops.git"
    folder = checkout(tmp_path / "a", {"README.md": card(), "a.csv": "1"}, remote)
    outcome = linted(folder, "dataset")
    item = outcome.items["dataset"]
    assert item["properties"]["datetime"] == "2024-05-06T05:08:09Z"
    assert item["properties"]["sharinghub:path"] == "soil/crops"
    assert item["properties"]["sharinghub:revision"] == git(folder, "rev-parse", "HEAD").strip()
    assert {"https://gitlab.example.com/soil/crops"} <= {link["href"] for link in item["links"]}
    assert "secret" not in repr(outcome)


def test_the_time_of_a_commit_may_be_any(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "a", {"README.md": card()})
    commit = git(folder, "cat-file", "commit", "HEAD").replace("1714972089", "99999999999999")
    (tmp_path / "commit").write_text(commit)
    sha = git(folder, "hash-object", "-t", "commit", "-w", "--literally", str(tmp_path / "commit")).strip()
    git(folder, "update-ref", "HEAD", sha)
    facts = read_folder(folder, DEFAULT_CATEGORIES, ["dataset"], {}).facts
    assert facts.head_sha == sha
    assert facts.head_committed_at == datetime(1970, 1, 1, tzinfo=UTC)


NAMES = st.sampled_from(
    [
        *("README.md", "LICENSE", "CITATION.cff", "MLmodel", "data.dvc", ".dvc/config", "dvc.lock", "dvc.yaml"),
        *(".gitattributes", ".gitignore", "a.tif", "b.parquet", "c.onnx", "d.safetensors", "e.pkl"),
    ]
)
CONTENTS = st.binary(max_size=200) | st.text(max_size=200).map(str.encode)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(NAMES, CONTENTS, max_size=6))
def test_no_content_breaks_the_lint(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    outcome = linted(write(tmp_path_factory.mktemp("any"), files))
    assert {one.problem.rule for one in outcome.findings}.isdisjoint({"internal-error"})
    assert list(outcome.items) == ["ai-model", "dataset"]

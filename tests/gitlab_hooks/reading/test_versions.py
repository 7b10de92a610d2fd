"""Proves that a release is read at the commit of its tag, once."""

from dataclasses import replace
from datetime import timedelta

from tests.gitlab_hooks.conftest import Registry
from tests.gitlab_hooks.reading.asking import facts


def test_a_version_is_read_at_the_commit_of_its_tag_and_known_ones_are_not(full: Registry) -> None:
    full.world.commit(full.project, {"README.md": b"# Two\n", "model.onnx": None})
    full.world.add_release(full.project, "v2.0.0")
    head = facts(full)
    full.gitlab.reset_calls()
    versions = {release.tag: at for release, at in full.reader.new_versions(head, ())}
    assert versions["v1.0.0"].readme == b"# Flood\n"
    assert versions["v1.0.0"].head_sha == full.project.releases["v1.0.0"].sha
    assert versions["v2.0.0"] == head
    assert "model.onnx" in versions["v1.0.0"].ends
    known = {(one.tag, str(one.sha)) for one in head.releases}
    full.gitlab.reset_calls()
    assert list(full.reader.new_versions(head, known)) == []
    assert full.rest == []


def test_a_release_without_commit_or_of_tomorrow_is_no_version(full: Registry) -> None:
    tomorrow = full.world.add_release(full.project, "v3", released_at=full.clock.now() + timedelta(days=1))
    head = facts(full)
    assert tomorrow.tag in {release.tag for release in head.releases}
    assert [release.tag for release, _ in full.reader.new_versions(head, ())] == ["v1.0.0"]
    lost = replace(head.releases[-1], sha="0" * 40)
    assert full.reader.read_version(head, lost) is None
    assert full.reader.read_version(head, replace(lost, sha=None)) is None

"""Proves that a range is just the bytes that were asked for, whoever makes it, and that parts never mix files."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharinghub_ext.assets import answering
from tests.sharinghub_ext.assets.conftest import DATA, Scene

SIZE = len(DATA)
_NUMBERS = st.one_of(st.integers(0, SIZE + 10), st.sampled_from([0, 1, 65535, 65536, 65537, SIZE - 1, SIZE, SIZE + 1]))


def sliced(first: int | None, last: int | None) -> bytes | None:
    """The bytes of a range in the plainest way; None where there are none."""
    if first is None:
        return DATA[-last:] if last else None
    if last is not None and last < first:
        return DATA  # it cannot be read, and counts for nothing
    return DATA[first:] if last is None and first < SIZE else DATA[first : (last or 0) + 1] or None


@pytest.mark.parametrize("kind", ["plain", "large", "package", "stored"])
def test_any_range_is_a_slice(scene: Scene, kind: str) -> None:
    """GitLab knows ranges of large files and packages, an object store too; of a plain file the hub skips."""
    if kind == "stored":
        scene.world.object_storage = scene.store.url
    address = scene.address("large" if kind == "stored" else kind)

    @settings(max_examples=int(os.environ.get("EXAMPLES", "40")), deadline=None)
    @given(st.one_of(st.none(), _NUMBERS), st.one_of(st.none(), _NUMBERS))
    def holds(first: int | None, last: int | None) -> None:
        if first is None and last is None:
            return
        value = f"bytes={'' if first is None else first}-{'' if last is None else last}"
        answer, expected = scene.get(address, Range=value), sliced(first, last)
        if expected is None:
            assert answer.status_code == 416, value
            assert answer.headers["content-range"] == f"bytes */{SIZE}"
            return
        whole = first is not None and last is not None and last < first
        assert answer.status_code == (200 if whole else 206), value
        assert answer.content == expected
        assert int(answer.headers["content-length"]) == len(expected)
        if not whole:
            start = DATA.rindex(expected) if first is None else first
            assert answer.headers["content-range"] == f"bytes {start}-{start + len(expected) - 1}/{SIZE}"
            assert answer.headers["accept-ranges"] == "bytes"

    holds()


@pytest.mark.parametrize("value", ["bytes=0-1,5-6", "lines=1-2", "bytes=a-", "bytes=-", "bytes 0-1", ""])
def test_what_is_no_single_range_means_the_whole_file(scene: Scene, value: str) -> None:
    answer = scene.get(scene.address("large"), Range=value)
    assert (answer.status_code, answer.content) == (200, DATA)


def test_head_knows_no_ranges(scene: Scene) -> None:
    answer = scene.get(scene.address("large"), method="HEAD", Range="bytes=0-9")
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(SIZE))


@pytest.mark.parametrize("kind", ["plain", "large"])
def test_if_range_gives_a_part_of_the_same_bytes_only(scene: Scene, kind: str) -> None:
    address = scene.address(kind)
    tag = scene.get(address).headers["etag"]
    answer = scene.get(address, Range="bytes=5-9", If_Range=tag)
    assert (answer.status_code, answer.content) == (206, DATA[5:10])
    for other in ('"0"', f"W/{tag}", "Fri, 01 Jan 1990 00:00:00 GMT", "*"):
        answer = scene.get(address, Range="bytes=5-9", If_Range=other)
        assert (answer.status_code, answer.content) == (200, DATA), other
        assert scene.get(address, Range=f"bytes={SIZE}-", If_Range=other).status_code == 200


def test_a_file_without_a_strong_tag_has_no_part_by_if_range(scene: Scene) -> None:
    scene.gitlab.faults.add(r"/packages/", headers={"ETag": 'W/"abc"'}, times=None)
    answer = scene.get(scene.address("package"), Range="bytes=5-9", If_Range='W/"abc"')
    assert (answer.status_code, answer.content) == (200, DATA)


def test_if_none_match_comes_before_a_range(scene: Scene) -> None:
    for kind in ("plain", "large"):
        tag = scene.get(scene.address(kind)).headers["etag"]
        assert scene.get(scene.address(kind), Range="bytes=5-9", If_None_Match=tag).status_code == 304


def test_what_lies_too_far_behind_comes_with_the_whole_file(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "SKIPPED", 50_000)
    assert scene.get(scene.address("plain"), Range="bytes=50000-50009").content == DATA[50_000:50_010]
    answer = scene.get(scene.address("plain"), Range="bytes=50001-50009")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert "accept-ranges" not in answer.headers
    upstream = scene.get(scene.address("large"), Range="bytes=50001-50009")  # GitLab skips, not the hub
    assert (upstream.status_code, upstream.content) == (206, DATA[50_001:50_010])


def test_an_archive_is_sent_whole(scene: Scene) -> None:
    answer = scene.get(scene.address("archive"), Range="bytes=0-9")
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")
    assert "accept-ranges" not in answer.headers


@pytest.mark.parametrize(
    "lie",
    [
        {"Content-Range": "bytes 0-4/100000"},
        {"Content-Range": "bytes 5-9/*"},
        {"Content-Range": None},
        {"Content-Range": "bytes 5-10/100000"},
        {"Content-Encoding": "gzip"},
        {"Content-Type": "multipart/byteranges; boundary=x", "Content-Range": None},
    ],
)
def test_a_part_that_nobody_asked_for_is_not_passed_on(scene: Scene, lie: dict[str, str | None]) -> None:
    scene.gitlab.faults.add(r"/packages/", headers=lie)
    answer = scene.get(scene.address("package"), Range="bytes=5-9")
    # The second question is answered truly, and whole; the hub cuts it.
    assert (answer.status_code, answer.content) == (206, DATA[5:10])
    assert len(scene.asked()) == 2


@pytest.mark.parametrize("answered", [{"status": 206, "body": b"xx"}, {"status": 204, "body": b""}])
def test_an_answer_that_is_no_file_is_an_error(scene: Scene, answered: dict[str, Any]) -> None:
    scene.gitlab.faults.add(r"/packages/", times=None, **answered)
    for headers in ({}, {"Range": "bytes=5-9"}):
        assert scene.get(scene.address("package"), **headers).status_code == 502

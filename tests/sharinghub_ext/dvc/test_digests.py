"""Proves that uploads are held against their key as DVC itself computes it, however the stream is cut."""

import hashlib
import io
import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sharinghub_ext.dvc.digests import BLOCK, Digest, looks_like_text
from sharinghub_ext.dvc.keys import ObjectKey

dvc_hash = pytest.importorskip("dvc_data.hashfile.hash", reason="needs dvc, which is not installed")

LINES = st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\0", b"\xff", b" "]), max_size=40).map(b"".join)


def matches(data: bytes, md5: str, cuts: tuple[int, ...] = (), *, legacy: bool = True) -> bool:
    digest = Digest(ObjectKey(md5, legacy=legacy))
    places = (0, *sorted(min(cut, len(data)) for cut in cuts), len(data))
    for start, stop in itertools.pairwise(places):
        digest.update(data[start:stop])
    assert digest.sha256 == hashlib.sha256(data).hexdigest()
    return digest.matches()


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


@given(LINES, st.lists(st.integers(0, 60), max_size=6).map(tuple))
@example(b"a\r\nb\r", (2,))
def test_a_key_of_dvc_2_is_that_of_the_bytes_or_of_unix_line_ends(data: bytes, cuts: tuple[int, ...]) -> None:
    assert matches(data, md5(data), cuts)
    assert matches(data, md5(data.replace(b"\r\n", b"\n")), cuts)
    assert not matches(data, md5(data + b"."), cuts)


@given(LINES, st.lists(st.integers(0, 60), max_size=6).map(tuple))
def test_a_key_of_dvc_3_is_that_of_the_bytes_alone(data: bytes, cuts: tuple[int, ...]) -> None:
    assert matches(data, md5(data), cuts, legacy=False)
    unix = data.replace(b"\r\n", b"\n")
    assert matches(data, md5(unix), cuts, legacy=False) == (unix == data)


PIECES = [b"line\r\n" * (BLOCK // 6 - 1), b"\r\n", b"x", b"\0" * 600, b"\r", b"\n" * 3, b"\xff" * BLOCK]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=4).map(b"".join), st.integers(1, 3 * BLOCK))
@example(b"x" * (BLOCK - 1) + b"\r\n" + b"y\r\n" * 9, BLOCK)
def test_what_dvc_itself_computes_is_right(data: bytes, cut: int) -> None:
    assert matches(data, dvc_hash.fobj_md5(io.BytesIO(data), name="md5-dos2unix"), (cut,))


def test_the_first_block_may_decide_about_all() -> None:
    """As DVC 1 and the first of DVC 2 did."""
    data = b"text\r\n" * (BLOCK // 6) + b"\0" * BLOCK + b"\r\n"
    blocks = [data[place : place + BLOCK] for place in range(0, len(data), BLOCK)]
    assert matches(data, md5(b"".join(one.replace(b"\r\n", b"\n") for one in blocks)), (1000, BLOCK + 7))


@given(st.binary(max_size=700))
@example(b"")
@example(b"a" * 512 + b"\0")
def test_a_text_is_what_dvc_takes_for_one(block: bytes) -> None:
    from dvc_data.hashfile.istextfile import istextblock

    assert looks_like_text(block) == istextblock(block[:512])

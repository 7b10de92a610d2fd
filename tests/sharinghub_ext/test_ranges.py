"""Proves which bytes a `Range` header means, case by case from RFC 9110, and that any header means something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharinghub_ext.ranges import Span, span_of


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, Span(0, 10, 10)),
        ("bytes=0-9", Span(0, 10, 10, partial=True)),
        ("bytes=0-0", Span(0, 1, 10, partial=True)),
        ("bytes=9-", Span(9, 10, 10, partial=True)),
        ("bytes=3-99", Span(3, 10, 10, partial=True)),
        ("bytes=-3", Span(7, 10, 10, partial=True)),
        ("bytes=-99", Span(0, 10, 10, partial=True)),
        ("bytes=10-", None),
        ("bytes=10-20", None),
        ("bytes=-0", None),
        ("bytes=5-3", Span(0, 10, 10)),
        ("bytes=-", Span(0, 10, 10)),
        ("bytes=0-1,3-4", Span(0, 10, 10)),
        ("lines=1-2", Span(0, 10, 10)),
        ("bytes=a-b", Span(0, 10, 10)),
        ("", Span(0, 10, 10)),
    ],
)
def test_ranges_of_ten_bytes(value: str | None, expected: Span | None) -> None:
    assert span_of(value, 10) == expected


def test_an_empty_object_has_no_ranges() -> None:
    assert span_of(None, 0) == Span(0, 0, 0)
    assert span_of("bytes=0-", 0) is None
    assert span_of("bytes=-1", 0) is None


@given(st.one_of(st.text(), st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True)), st.integers(0, 10**15))
def test_any_header_stays_inside_of_the_object(value: str, size: int) -> None:
    span = span_of(value, size)
    assert span is None or 0 <= span.start <= span.stop <= size == span.size
    assert span is None or not span.partial or span.start < span.stop

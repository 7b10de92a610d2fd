"""That text from a repository is clean and bounded before it is anywhere in an item or a message."""

from typing import Any

import pytest

from stac_ext.problem_log import MAX_PROBLEMS, ProblemLog
from stac_ext.sanitize import clean_line, clean_text, line_of, lines_of, quoted


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nb\rc\n\td", "a\nb\nc\n\td"),
        ("a\x00\x07\x1b[31m\x7f\x85\x9fb", "a[31mb"),
        ("a\ud800b\udfff\ufffe\uffff", "ab"),
        ("日本 🛰 é e\u0301 \u202e", "日本 🛰 é e\u0301 \u202e"),
        ("x" * 200, "x" * 100),
    ],
)
def test_text_is_cleaned_and_cut(text: str, clean: str) -> None:
    assert clean_text(text, 100) == clean


def test_a_line_is_one_line() -> None:
    assert clean_line("  a \n\t b\u2028c\x00 ", 100) == "a b c"
    assert clean_line("ab cd", 3) == "ab"


@pytest.mark.parametrize(
    ("value", "line"), [("a", "a"), (7, "7"), (1.5, "1.5"), (True, None), (None, None), ([], None), (" ", None)]
)
def test_the_line_of_a_scalar(value: Any, line: str | None) -> None:
    assert line_of(value) == line


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("a, b,a", (["a", "b"], True)),
        (["a", 7, "a"], (["a", "7"], True)),
        (["a", None], (["a"], False)),
        (None, ([], True)),
        (7, (["7"], True)),
        ({}, ([], False)),
    ],
)
def test_the_lines_of_a_list(value: Any, lines: tuple[list[str], bool]) -> None:
    assert lines_of(value) == lines


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a\nb", '"a b"'), ({"a": 1}, "a mapping"), ([1, 2], "a list of 2"), (7, "7"), (None, "None"), (True, "True")],
)
def test_values_in_messages(value: Any, shown: str) -> None:
    assert quoted(value) == shown
    assert len(quoted("x" * 1000)) <= 62


def test_problems_are_told_once_with_the_nearest_line_and_bounded() -> None:
    log = ProblemLog("README.md", {"a": 2, "a.b": 3})
    for field in ("a.b", "a.b", "a.c.d", "z"):
        log.add("rule", "said", field=field)
    log.add("rule", "said", field="a", path="LICENSE")
    assert [(problem.path, problem.line) for problem in log.result()] == [
        ("README.md", 3),
        ("README.md", 2),
        ("README.md", None),
        ("LICENSE", None),
    ]
    for number in range(300):
        log.add("rule", str(number))
    assert len(log.result()) == MAX_PROBLEMS + 1
    assert log.result()[-1].message == "104 more problems are not listed."

"""Proves what a word is, for any text, and that what is kept fits both engines."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stac_ext.words import MAX_BYTES, MAX_SAME, MAX_WORD, MAX_WORDS, normalise, numbered, words_of
from tests.stac_ext.store import evaluator


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Ships at SEA", ["ships", "at", "sea"]),
        ("Ébène, naïve; coöperate", ["ebene", "naive", "cooperate"]),
        ("ResNet-50_v2.1", ["resnet", "50", "v2", "1"]),
        ("Straße ﬁne ½ x²", ["strasse", "fine", "1", "2", "x2"]),
        ("İstanbul ISTANBUL ı", ["istanbul", "istanbul", "ı"]),
        ("水田 map 地図2024", ["水", "田", "map", "地", "図", "2024"]),
        ("カタカナ ｶﾅ ガ", ["カ", "タ", "カ", "ナ", "カ", "ナ", "カ"]),
        ("한국어 지도", [normalise("한국어"), normalise("지도")]),
        ("привет МИР", ["привет", "мир"]),
        ("_ __ - \u0301 \U0001f6a2 \0", []),
        ("a\0b", ["a", "b"]),
        ("x" * 500, ["x" * MAX_WORD]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text())
@example("ΐ ŉ ǰ ᾳ ͅ ẞ")
@example("\u1d2c\uff21\U0001d400")
def test_words_of_any_text(text: str) -> None:
    """Safe in the queries of both engines, and words of themselves."""
    for word in words_of(text):
        assert word
        assert word.isalnum()
        assert len(word) <= MAX_WORD
        assert word.encode()
        assert not any("A" <= char <= "Z" for char in word)
        assert words_of(word) == [word]


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_another_reading_of_the_same_rule_agrees(text: str) -> None:
    assert words_of(text) == [word[:MAX_WORD] for word in evaluator.words(text)]


@given(st.text())
def test_a_text_is_normal_after_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(), st.text())
def test_case_does_not_count(text: str, other: str) -> None:
    assert normalise(text.casefold()) == normalise(text)
    assert words_of(f"{text} {other}") == words_of(text) + words_of(other)


@given(st.lists(st.none() | st.text(), max_size=5))
def test_positions_rise_and_leave_room_between_texts(texts: list[str | None]) -> None:
    found = numbered(texts)
    assert [word for _, word in found] == [word for text in texts for word in words_of(text or "")]
    positions = [position for position, _ in found]
    assert positions == sorted(set(positions))
    place = 0
    for text in texts:
        words = words_of(text or "")
        assert [(place + n, word) for n, word in enumerate(words, 1)] == [
            one for one in found if place < one[0] <= place + len(words)
        ]
        place += len(words) + 1


def test_limits() -> None:
    many = numbered([" ".join(f"w{n}" for n in range(MAX_WORDS + 5))])
    assert (len(many), many[-1][0]) == (MAX_WORDS, MAX_WORDS)
    same = numbered(["same " * (MAX_SAME + 5) + "other"])
    assert [word for _, word in same].count("same") == MAX_SAME
    assert same[-1] == (MAX_SAME + 6, "other")
    large = numbered([" ".join("\U00010428" * MAX_WORD + f" {n}" for n in range(10_000))])
    assert sum(len(word.encode()) for _, word in large) <= MAX_BYTES
    assert len({position for position, _ in large}) == len(large)

"""That any bytes give a text in the encoding that they are in, and that what is wrong is told with its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stac_ext.items.front_matter import read_front_matter
from stac_ext.items.readme_text import MAX_README, decode_readme

ENGLISH = "# Title\n\nSome text, with café and “quotes”.\n"
RUSSIAN = "# Карта\n\nМодель для снимков со спутника.\n"
JAPANESE = "# 表題\n\n衛星画像の分類モデル。 学習済み。\n"


@pytest.mark.parametrize("text", [ENGLISH, JAPANESE, RUSSIAN, "# Ü\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_known_with_a_mark_and_without(text: str, encoding: str) -> None:
    assert decode_readme(text.encode(encoding)) == decode_readme(text.encode())


def test_windows_1252_is_read_and_told_with_its_line() -> None:
    found = decode_readme(ENGLISH.encode("cp1252"))
    assert (found.text, found.problem and (found.problem[0], found.problem[3])) == (ENGLISH, ("readme-encoding", 3))


def test_a_file_in_two_encodings_loses_nothing() -> None:
    mixed = "# Über\r\n".encode() + "café\r\n".encode("latin-1") + "日本".encode()
    found = decode_readme(mixed)
    assert found.text == "# Über\ncafé\n日本"
    assert found.problem is not None
    assert found.problem[3] == 2


@pytest.mark.parametrize(
    ("raw", "text", "rule", "line"),
    [
        (b"one\ntw\0o\n", "one\ntwo\n", "readme-control", 2),
        (b"\x00" * 40, "", "readme-binary", 1),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n", "", "readme-lfs", 1),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00", "", "readme-binary", 1),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcbH\xcd\xc9\xc9\x07\x00", "", "readme-binary", 1),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00", "", "readme-binary", 1),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", "", "readme-binary", 1),
        (b"\xef\xbb\xbfa\n\xff b", "a\n b", "readme-encoding", 2),
        (b"\xff\xfea\x00\n\x00\x00\xd8b\x00", "a\nb", "readme-encoding", 2),
        (b"\xff\xfea", "", "readme-encoding", 1),
        (b"a \xc3", "a Ã", "readme-encoding", 1),
        (b"\x81\x8d", "", "readme-encoding", 1),
    ],
)
def test_what_is_wrong_is_told(raw: bytes, text: str, rule: str, line: int) -> None:
    found = decode_readme(raw)
    assert found.problem is not None
    assert (found.text, found.problem[0], found.problem[3]) == (text, rule, line)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_the_head_of_a_file_may_end_inside_a_character(encoding: str) -> None:
    raw = (JAPANESE * 2).encode(encoding)
    for cut in range(1, 4):
        found = decode_readme(raw[:-cut], truncated=True)
        assert found.problem is None
        assert (JAPANESE * 2).startswith(found.text)


@pytest.mark.parametrize("raw", [b"a", b"\xe9", "日".encode(), "日".encode("utf-16"), b"\x80\xff", b"\0", b"\r"])
def test_five_megabytes_are_read_and_cut(raw: bytes) -> None:
    front = read_front_matter(raw * (5 * 1024 * 1024 // len(raw)))
    assert len(front.body) <= MAX_README


@settings(max_examples=400, deadline=None, derandomize=True)
@given(raw=st.binary(max_size=200) | st.text(max_size=60).map(lambda text: text.encode("utf-16-le", "surrogatepass")))
def test_any_bytes_give_clean_text(raw: bytes) -> None:
    for truncated in (False, True):
        found = decode_readme(raw, truncated)
        found.text.encode()
        assert not any(character < " " and character not in "\t\n" for character in found.text)
        assert found.problem is None or found.problem[3] >= 1


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=st.text(alphabet=st.characters(exclude_categories=["C"]), max_size=80))
def test_utf_8_is_always_read_as_such(text: str) -> None:
    assert decode_readme(text.encode()).text == text.removeprefix("\ufeff")

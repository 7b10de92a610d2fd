"""Proves what free text finds: words side by side in one text of an item, whatever their marks and case."""

from typing import Any

import pytest

from stac_ext.model import ANONYMOUS
from stac_ext.query import SearchQuery
from stac_ext.store.reader import CatalogueReader
from stac_ext.store.writer import CatalogueWriter
from stac_ext.words import MAX_ASKED, MAX_SAME, MAX_WORD, MAX_WORDS, words_of
from tests.stac_ext.store.rows import put, stac_item

CARD: dict[str, Any] = {
    "title": "Détection de navires",
    "description": "Finds SHIPS at sea.\n\nFine-tuned U-Net_v2 (ﬁne). Straße, 水田の地図, カタカナ, İstanbul, ΣΊΣΥΦΟΣ",
    "keywords": ["synthetic aperture", "radar images"],
    "sharinghub:path": "earth/models/vessel-detection",
}


def finds(reader: CatalogueReader, *texts: str) -> bool:
    phrases = tuple(tuple(words_of(text)) for text in texts)
    page = reader.search(ANONYMOUS, SearchQuery(phrases=phrases))
    assert page.matched == len(page.docs)
    return bool(page.docs)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("navires", True),
        ("DETECTION", True),
        ("détection de", True),
        ("de détection", False),
        ("navire", False),
        ("ships", True),
        ("ships sea", False),
        ("sea fine tuned", True),
        ("fine-tuned", True),
        ("fine", True),
        ("v2", True),
        ("u net v2", True),
        ("unet", False),
        ("strasse", True),
        ("STRASSE", True),
        ("水田", True),
        ("田の地", True),
        ("水地", False),
        ("カタ", True),
        ("ｶﾀｶﾅ", True),
        ("istanbul", True),
        ("σισυφος", True),
        ("Σίσυφος", True),
        ("synthetic aperture", True),
        ("radar", True),
        ("aperture radar", False),
        ("navires finds", False),
        ("images earth", False),
        ("earth/models", True),
        ("vessel-detection", True),
        ("models", True),
        ("", False),
        ("…!?", False),
        ('"', False),
        ("ships' OR 'x", False),
        ("NOT", False),
        ("*", False),
        ("words:ships", False),
    ],
)
def test_words_and_phrases(reader: CatalogueReader, writer: CatalogueWriter, text: str, found: bool) -> None:
    put(writer, 1, stac_item("1", properties=CARD))
    put(writer, 2, stac_item("2"))
    assert finds(reader, text) == found


def test_one_of_several_phrases_is_enough(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    put(writer, 1, stac_item("1", properties=CARD))
    assert finds(reader, "glacier", "at sea")
    assert finds(reader, "", "at sea", "")
    assert not finds(reader, "glacier", "sea at")
    assert not finds(reader)
    assert finds(reader, *(f"nothing{n}" for n in range(1_000)), "ships")


def test_an_item_that_is_written_again_is_found_by_its_new_words_only(
    reader: CatalogueReader, writer: CatalogueWriter
) -> None:
    put(writer, 1, stac_item("1", properties={"title": "old words"}))
    put(writer, 1, stac_item("1", properties={"title": "new words"}), fingerprint="2")
    assert (finds(reader, "old"), finds(reader, "new words")) == (False, True)
    writer.drop(1, 2**60)
    assert not finds(reader, "new")


def test_as_many_words_may_be_asked_for_as_a_search_takes(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    words = [f"w{n}" for n in range(MAX_ASKED)]
    put(writer, 1, stac_item("1", properties={"description": " ".join(words)}))
    assert finds(reader, " ".join(words))
    assert finds(reader, *words)
    assert not finds(reader, " ".join(reversed(words)))


def test_a_word_that_is_repeated_more_often_than_is_kept(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    """The engine that keeps fewest positions decides for both: what comes behind is not found beside the word."""
    text = "again " * MAX_SAME + "again behind"
    put(writer, 1, stac_item("1", properties={"description": text, "keywords": ["after"]}))
    assert finds(reader, " ".join(["again"] * 20))
    assert finds(reader, "behind")
    assert not finds(reader, "again behind")
    assert finds(reader, "after")


def test_a_text_that_is_longer_than_is_kept(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    words = [f"w{n}" for n in range(MAX_WORDS + 1_000)]
    put(writer, 1, stac_item("1", properties={"description": " ".join(words), "keywords": ["after"]}))
    assert finds(reader, "w0 w1 w2 w3")
    assert finds(reader, f"w{MAX_WORDS - 3} w{MAX_WORDS - 2}")
    assert not finds(reader, f"w{MAX_WORDS + 1}")
    assert not finds(reader, "after")


@pytest.mark.parametrize("char", ["x", "é", "𐐷", "𝔘", "ß"])
def test_a_word_without_end(reader: CatalogueReader, writer: CatalogueWriter, char: str) -> None:
    put(writer, 1, stac_item("1", properties={"description": char * 100_000 + " end"}))
    assert finds(reader, char * MAX_WORD * 2)
    assert finds(reader, char * 100_000)
    assert not finds(reader, "y" * MAX_WORD)


def test_a_text_of_many_large_characters(reader: CatalogueReader, writer: CatalogueWriter) -> None:
    words = " ".join(chr(0x10400 + n % 40) * (1 + n % MAX_WORD) + str(n) for n in range(MAX_WORDS))
    put(writer, 1, stac_item("1", properties={"title": "first", "description": words}))
    assert finds(reader, "first")
    assert finds(reader, "\U00010428" + "0")

"""Which text the bytes of a README are: by their mark, else UTF-8, else Windows-1252; a binary file is none."""

import codecs
from dataclasses import dataclass
from typing import Final

from stac_ext.sanitize import clean_text

MAX_README: Final = 4 * 1024 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class ReadmeText:
    """The text with `\\n` line ends, and the rule, message and fix of what was wrong with the bytes."""

    text: str
    problem: tuple[str, str, str] | None = None


def decode_readme(raw: bytes, truncated: bool = False) -> ReadmeText:
    """Decode a README, or with `truncated` the head of one, whose last character may be cut."""
    truncated = truncated or len(raw) > MAX_README
    raw = raw[:MAX_README]
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return _marked(raw[len(bom) :], encoding, truncated)
    if b"\0" in raw:
        text = _decode(raw, _utf16_without_mark(raw), truncated)
        if text is None:
            said = "The README is a binary file and gives no text."
            return ReadmeText("", ("readme-binary", said, "Write it as UTF-8."))
        return ReadmeText(clean_text(text, MAX_README))
    text = _decode(raw, "utf-8", truncated)
    if text is not None:
        return ReadmeText(clean_text(text, MAX_README))
    text = _decode(raw, "cp1252", False) or raw.decode("latin-1")
    said = "The README is not UTF-8; it was read as Windows-1252."
    return ReadmeText(clean_text(text, MAX_README), ("readme-encoding", said, "Save it as UTF-8."))


def _marked(raw: bytes, encoding: str, truncated: bool) -> ReadmeText:
    text = _decode(raw, encoding, truncated)
    if text is not None:
        return ReadmeText(clean_text(text, MAX_README))
    said = f"The README is not {encoding.upper()} as its first bytes say; what is not was left out."
    return ReadmeText(
        clean_text(raw.decode(encoding, "ignore"), MAX_README), ("readme-encoding", said, "Save it as UTF-8.")
    )


def _decode(raw: bytes, encoding: str | None, truncated: bool) -> str | None:
    if encoding is None:
        return None
    try:
        return codecs.getincrementaldecoder(encoding)().decode(raw, final=not truncated)
    except UnicodeDecodeError:
        return None


def _utf16_without_mark(raw: bytes) -> str | None:
    """UTF-16 whose every second byte is null at the start, as ASCII text gives; None for a binary file."""
    head = raw[:64]
    if len(head) >= 4 and not any(head[1::2]) and all(head[0 : len(head) - 1 : 2]):
        return "utf-16-le"
    if len(head) >= 4 and not any(head[0::2]) and all(head[1::2]):
        return "utf-16-be"
    return None

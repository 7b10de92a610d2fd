"""Which text the bytes of a README are: by their mark, else UTF-8, else UTF-16 that shows; a binary file is none.

Bytes that are not UTF-8 in a file that otherwise is are read as Windows-1252, each on its own, so that a file in which
both are mixed loses nothing.
"""

import codecs
import re
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
_SAMPLE = 8 * 1024
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffe\uffff]")
_MAX_CONTROLS = 0.02  # of the bytes of a text; compressed and compiled files have several times as many
_MIN_NULLS = 0.02  # of the bytes of UTF-16: every line end, blank and Latin letter has one
# Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_LFS, _MAX_POINTER = b"version https://git-lfs.github.com/spec/v1\n", 1024
_RULE, _FIX = "readme-encoding", "Save it as UTF-8."


@dataclass(frozen=True, slots=True)
class ReadmeText:
    """The text with `\\n` line ends; of what was wrong with the bytes the rule, message, fix and line from 1."""

    text: str
    problem: tuple[str, str, str, int] | None = None


def decode_readme(raw: bytes, truncated: bool = False) -> ReadmeText:
    """Decode a README, or with `truncated` the head of one, whose last character may be cut."""
    if raw.startswith(_LFS) and len(raw) <= _MAX_POINTER:
        said = "The README is in Git LFS, so that its text is not read."
        return ReadmeText("", ("readme-lfs", said, "Keep it in git itself: `git lfs untrack`.", 1))
    truncated = truncated or len(raw) > MAX_README
    raw = raw[:MAX_README]
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return _marked(raw[len(bom) :], encoding, truncated)
    sample = raw[:_SAMPLE]
    noisy = len(_CONTROLS.findall(sample)) > max(1, len(sample) * _MAX_CONTROLS)
    if (noisy or not _is_utf_8(sample)) and (wide := _wide_encoding(sample)):
        return _marked(raw, wide, truncated)
    if noisy:
        said = "The README is a binary file and gives no text."
        return ReadmeText("", ("readme-binary", said, "Write it as UTF-8.", 1))
    try:
        return _read(raw, "utf-8", "strict", truncated)
    except UnicodeDecodeError as error:
        said = "The README is not UTF-8 throughout; from here on other bytes are read as Windows-1252."
        line = _line(raw[: error.start].decode("utf-8"))
        return ReadmeText(_read(raw, "utf-8", _MIXED, truncated).text, (_RULE, said, _FIX, line))


def _marked(raw: bytes, encoding: str, truncated: bool) -> ReadmeText:
    try:
        return _read(raw, encoding, "strict", truncated)
    except UnicodeDecodeError as error:
        said = f"The README is not {encoding.upper()} throughout as its first bytes say; what is not was left out."
        line = _line(raw[: error.start].decode(encoding, "ignore"))
        return ReadmeText(_read(raw, encoding, "ignore", truncated).text, (_RULE, said, _FIX, line))


def _read(raw: bytes, encoding: str, errors: str, truncated: bool) -> ReadmeText:
    text = codecs.getincrementaldecoder(encoding)(errors).decode(raw, final=not truncated)
    problem = None
    if (at := text.find("\0")) >= 0:
        said = "The README holds null characters, which are left out."
        problem = ("readme-control", said, "Remove them.", _line(text[:at]))
    return ReadmeText(clean_text(text, MAX_README), problem)


def _line(before: str) -> int:
    return clean_text(before, len(before)).count("\n") + 1


def _is_utf_8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: nulls at the even or at the odd places only, and no control characters as a text."""
    sample = sample[: len(sample) // 2 * 2]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    encoding = "utf-16-be" if even > odd else "utf-16-le"
    if min(even, odd) or max(even, odd) < max(1, len(sample) * _MIN_NULLS):
        return None
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    return None if "\ufffd" in text or _CONTROL_CHARACTERS.search(text) else encoding


def _one_byte_each(error: UnicodeError) -> tuple[str, int]:
    """Decodes what is no UTF-8 as Windows-1252, and the five bytes that it lacks as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    start, end = error.start, error.end
    if end - start == 1:  # by far the most
        return _SINGLE[error.object[start]], end
    return "".join(_SINGLE[byte] for byte in error.object[start:end]), end


def _cp1252(byte: bytes) -> str:
    try:
        return byte.decode("cp1252")
    except UnicodeDecodeError:
        return byte.decode("latin-1")


_SINGLE: Final = tuple(_cp1252(bytes([byte])) for byte in range(256))
_MIXED: Final = "sharinghub.windows-1252"
codecs.register_error(_MIXED, _one_byte_each)

"""Which paths a glob names, in time linear in the path.

`*` and `?` stay inside one path segment, `[a-z]` and `[!a-z]` are one character, `**` is any number of segments.
A glob matches from the right, as SharingHub's do: `*.tif` and `data/*.tif` match at any depth; a leading `/` binds it
to the root.
"""

import re
from collections.abc import Sequence
from typing import Final

MAX_GLOB: Final = 512

_SPECIAL = re.compile(r"[*?\[]")


class Glob:
    """A compiled glob. Raises ValueError for one that cannot be used."""

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        if not pattern.strip("/ ") or len(pattern) > MAX_GLOB:
            raise ValueError(f"a glob has 1 to {MAX_GLOB} characters")
        self.pattern = pattern
        self._ignore_case = ignore_case
        segments = [part for part in pattern.removeprefix("./").split("/") if part and part != "."]
        if ".." in segments:
            raise ValueError("a glob stays inside the repository")
        if not pattern.startswith("/"):
            segments.insert(0, "**")
        self._segments = [
            None if part == "**" else _segment(part.lower() if ignore_case else part)
            for n, part in enumerate(segments)
            if part != "**" or n == 0 or segments[n - 1] != "**"
        ]

    def matches(self, path: str) -> bool:
        """Whether the glob names this path of the repository."""
        names = (path.lower() if self._ignore_case else path).split("/")
        last = self._segments[-1]  # most globs end in a suffix, so most paths are refused by their name alone
        return (last is None or last.fullmatch(names[-1]) is not None) and self._match(names)

    def _match(self, names: Sequence[str]) -> bool:
        """Greedy: on a failure the last `**` seen takes one more segment; earlier ones never need to."""
        name = segment = 0
        star = resume = -1
        while name < len(names):
            if segment < len(self._segments) and self._segments[segment] is None:
                star, resume = segment, name
                segment += 1
            elif segment < len(self._segments) and self._matches_name(segment, names[name]):
                name += 1
                segment += 1
            elif star >= 0:
                resume += 1
                name, segment = resume, star + 1
            else:
                return False
        return all(rest is None for rest in self._segments[segment:])

    def _matches_name(self, segment: int, name: str) -> bool:
        pattern = self._segments[segment]
        return pattern is not None and pattern.fullmatch(name) is not None


class GlobSet:
    """Many globs as one, in any letter case; suffixes and plain names are looked up and not walked through."""

    def __init__(self, patterns: Sequence[str]) -> None:
        plain = [p.lower() for p in patterns if "/" not in p and not _SPECIAL.search(p.removeprefix("*"))]
        self._suffixes = tuple(p[1:] for p in plain if p.startswith("*"))
        self._names = frozenset(p for p in plain if not p.startswith("*"))
        self._others = [Glob(p, ignore_case=True) for p in patterns if p.lower() not in plain]

    def matches(self, path: str) -> bool:
        name = path.rpartition("/")[2].lower()
        return name in self._names or name.endswith(self._suffixes) or any(g.matches(path) for g in self._others)


def _segment(text: str) -> re.Pattern[str]:
    """A segment as an expression that never goes back: what follows a `*` is found at its first place, atomically."""
    pieces: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        character = text[at]
        if character == "*":
            pieces.append([])
        elif character == "?":
            pieces[-1].append(".")
        elif character == "[" and (end := text.find("]", at + 2 + (text[at + 1 : at + 2] in "!^"))) > 0:
            pieces[-1].append(_character_class(text[at + 1 : end]))
            at = end
        else:
            pieces[-1].append(re.escape(character))
        at += 1
    first, *others = ("".join(piece) for piece in pieces)
    if not others:
        return re.compile(first, re.DOTALL)
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1] if piece)
    return re.compile(f"{first}{middle}.*{others[-1]}", re.DOTALL)


def _character_class(content: str) -> str:
    negated = content[:1] in ("!", "^")
    body = content[1:] if negated else content
    ranges: list[str] = []
    at = 0
    while at < len(body):
        if at + 2 < len(body) and body[at + 1] == "-":
            low, high = body[at], body[at + 2]
            if low > high:
                raise ValueError(f"the range {low}-{high} is empty")
            ranges.append(f"{re.escape(low)}-{re.escape(high)}")
            at += 3
        else:
            ranges.append(re.escape(body[at]))
            at += 1
    return f"[{'^' if negated else ''}{''.join(ranges)}]"

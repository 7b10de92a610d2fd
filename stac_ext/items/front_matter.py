"""What a README says about its project: where its front matter ends, and which of its fields can be used.

1. The bytes become text (`stac_ext/items/readme_text.py`).
2. The block between a first line `---` and the next `---` or `...` is YAML (`stac_ext/items/yaml_fields.py`); what
   follows is the Markdown body.
"""

from dataclasses import dataclass, field
from typing import Any

from stac_ext.items.readme_text import decode_readme
from stac_ext.items.yaml_fields import YamlReader
from stac_ext.model import Problem


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields and the body of a README. `lines` maps a dotted field, to the second level, to its line from 1.

    `body_line` is the line of the README in which the body begins.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    body: str = ""
    problems: tuple[Problem, ...] = ()
    lines: dict[str, int] = field(default_factory=dict)
    body_line: int = 1


def read_front_matter(readme: bytes | None, *, path: str = "README.md", truncated: bool = False) -> FrontMatter:
    """Read a README's bytes. Raises nothing: what cannot be used is left out and said in `problems`."""
    decoded = decode_readme(readme or b"", truncated)
    reader = YamlReader(path, rule="front-matter", what="The front matter")
    body, line = _split(decoded.text, truncated, reader)
    problems = tuple(reader.problems)
    if decoded.problem is not None:
        rule, message, fix, at = decoded.problem
        problems = (Problem(rule, message, fix, path, at), *problems)
    return FrontMatter(reader.fields, body, problems, reader.lines, line)


def _split(text: str, truncated: bool, reader: YamlReader) -> tuple[str, int]:
    """The body and the line in which it begins; the block before it is read."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines[:20]) if line.strip()), 0)
    if lines[first].rstrip() != "---":
        return _body(lines, 0)
    end = next((n for n in range(first + 1, len(lines)) if lines[n].rstrip() in ("---", "...")), None)
    if end is None:
        if first == 0:
            said = "only the head of the README was read" if truncated else "no line `---` ends it"
            reader.say("end", f"The front matter is not used: {said}.", "End it with `---`.", 1)
        return _body(lines, 0)
    reader.read("\n".join(lines[first + 1 : end]), first + 2)
    if first and not reader.fields:  # text between two rules below blank lines is no front matter
        reader.problems.clear()
        return _body(lines, 0)
    return _body(lines, end + 1)


def _body(lines: list[str], start: int) -> tuple[str, int]:
    while start < len(lines) and not lines[start]:
        start += 1
    return "\n".join(lines[start:]).strip("\n"), start + 1

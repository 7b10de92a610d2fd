"""How the problems of one project are gathered, and which line of the README each is told for."""

from collections.abc import Mapping
from typing import Final

from stac_ext.model import Problem
from stac_ext.sanitize import clean_line

MAX_PROBLEMS: Final = 200


class ProblemLog:
    """Gathers problems in the order of their finding, each once, at most `MAX_PROBLEMS`.

    `lines` maps a dotted field (`extent.spatial`, `links.2`) to its line; a field that is not in it gets the line of
    the nearest field around it.
    """

    def __init__(self, path: str = "README.md", lines: Mapping[str, int] | None = None) -> None:
        self.path = path
        self._lines = dict(lines or {})
        self._problems: dict[Problem, None] = {}
        self._unsaid = 0

    def add(
        self,
        rule: str,
        message: str,
        fix: str = "",
        *,
        field: str = "",
        path: str | None = None,
        line: int | None = None,
    ) -> None:
        """Tell that something could not be used. `path` names another file than the README, `line` one in it."""
        line = self._line(field) if path is None else line
        self.extend(
            [Problem(rule, clean_line(message, 500), clean_line(fix, 500), self.path if path is None else path, line)]
        )

    def extend(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        for problem in problems:
            if len(self._problems) < MAX_PROBLEMS:
                self._problems[problem] = None
            else:
                self._unsaid += 1

    def know_lines(self, lines: Mapping[str, int]) -> None:
        """Learn the lines of the fields once the front matter is read."""
        self._lines.update(lines)

    def result(self) -> tuple[Problem, ...]:
        problems = tuple(self._problems)
        if not self._unsaid:
            return problems
        more = Problem("too-many-problems", f"{self._unsaid} more problems are not listed.", "", self.path)
        return (*problems, more)

    def _line(self, field: str) -> int | None:
        while field:
            if field in self._lines:
                return self._lines[field]
            field = field.rpartition(".")[0]
        return None

"""Which of two versions is newer: by semantic versioning where both are such, else by when they were made.

A leading `v` or a word before the number (`release-1.2`) is looked over. Source: https://semver.org
"""

import re
from datetime import datetime
from typing import Final

from semver import Version

Key = tuple[bool, Version, datetime]
_NONE: Final = Version(0)
_NUMBERS: Final = re.compile(
    r"^[A-Za-z_/-]{0,40}?v?(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?((?:[-+].{0,200})?)$", re.ASCII
)


def version_key(text: str, made: datetime) -> Key:
    """A key to sort by, oldest first: names that are no versions come before all that are."""
    parsed = parse_version(text)
    return parsed is not None, parsed or _NONE, made


def parse_version(text: str) -> Version | None:
    """The semantic version that a tag names, with missing numbers as 0; None where it names none."""
    found = _NUMBERS.match(text.strip())
    if found is None:
        return None
    numbers = ".".join(str(int(number or 0)) for number in found.groups()[:3])
    try:
        return Version.parse(numbers + found[4])
    except ValueError:
        return None

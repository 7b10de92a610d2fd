"""Proves which parts are shown as widely as the code, case by case."""

import pytest

from gitlab_hooks.reading.facets import facets_of

SHOWN, OMITTED, OFF = "shown", "omitted", "off"


@pytest.mark.parametrize(
    ("visibility", "repository", "level", "packages", "releases"),
    [
        # the project, its repository, the part: what becomes of packages and images, and of releases and models
        ("public", "enabled", "enabled", SHOWN, SHOWN),
        ("public", "enabled", "private", OMITTED, OMITTED),
        ("public", "enabled", "disabled", OFF, OFF),
        ("public", "enabled", None, OMITTED, OMITTED),
        ("public", "private", "enabled", SHOWN, SHOWN),
        ("public", "private", "private", OMITTED, SHOWN),  # Guests read the code, but packages are for Reporters
        ("internal", "enabled", "enabled", SHOWN, SHOWN),
        ("internal", "enabled", "private", OMITTED, OMITTED),
        ("private", "enabled", "private", SHOWN, SHOWN),
        ("private", "private", "private", SHOWN, SHOWN),
        ("private", "enabled", "enabled", SHOWN, SHOWN),
        ("private", "enabled", "public", SHOWN, SHOWN),
        (None, "enabled", "private", OMITTED, OMITTED),
    ],
)
def test_levels(visibility: str | None, repository: str, level: str | None, packages: str, releases: str) -> None:
    names = ("releases", "package_registry", "container_registry", "model_registry")
    project = {"visibility": visibility, "repository_access_level": repository}
    project |= {f"{name}_access_level": level for name in names}
    found = facets_of(project, anonymous=False)
    for part, expected in {"packages": packages, "images": packages, "releases": releases, "models": releases}.items():
        seen = OFF if part not in found.used else OMITTED if part in found.narrower else SHOWN
        assert seen == expected, part


def test_an_anonymous_reader_is_shown_no_levels_and_reads_only_what_is_public() -> None:
    found = facets_of({}, anonymous=True)
    assert found.narrower == {}
    assert found.used == {"releases", "packages", "images", "models"}

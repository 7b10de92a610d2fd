"""Short ways to read the project of the registry world."""

from gitlab_hooks.reading import ProjectReader, Read
from gitlab_hooks.reading.project import Reading
from stac_ext.model import ProjectFacts, Visibility
from tests.gitlab_hooks.conftest import Registry


def ignore(_: Visibility) -> None:
    pass


def read(registry: Registry, known: str | None = None, reader: ProjectReader | None = None) -> Reading:
    return (reader or registry.reader).read(registry.project.id, known, None, ignore)


def facts(registry: Registry, reader: ProjectReader | None = None) -> ProjectFacts:
    found = read(registry, reader=reader)
    assert isinstance(found, Read)
    return found.facts


def fingerprint(registry: Registry) -> str:
    found = read(registry)
    assert isinstance(found, Read)
    return found.fingerprint

"""Proves, person by project by method, that each caller pulls and pushes exactly what GitLab's rules let them.

Who may pull is the table of `samples/expected.py`; who may push is written here by hand from the memberships: an owner,
a maintainer or a developer, where the project is not archived, and the administrator.
"""

import pytest

from gitlab_hooks.standin.samples import ANONYMOUS, EXPECTED_CODE_ACCESS, PROJECTS
from gitlab_hooks.standin.samples.projects import Sample
from tests.sharinghub_ext.dvc.conftest import Remote, key_of

DATA = b"the object of this project"
KEY = key_of(DATA)
PEOPLE = sorted(EXPECTED_CODE_ACCESS)
TAGGED = [sample for sample in PROJECTS if sample.tagged]
PUSHES = {"maya": "earth/", "dan": "crisis/", "noor": "ocean/", "rita": "rita/"}


@pytest.fixture(scope="module", autouse=True)
def stored(remote: Remote) -> None:
    """One object in the store of every project, put there as by an operator."""
    for number in remote.world.samples.projects.values():
        path = remote.folder / f"{number}/{KEY.text}"
        path.parent.mkdir(parents=True)
        path.write_bytes(DATA)


def may_push(person: str, sample: Sample) -> bool:
    if sample.archived:
        return False
    return person == "root" or (person in PUSHES and sample.path.startswith(PUSHES[person]))


def expected(person: str, sample: Sample, method: str) -> int:
    if person == "boris":
        return 403  # blocked: his token is refused
    if sample.path not in EXPECTED_CODE_ACCESS[person]:
        return 404
    if method != "PUT":
        return 200
    if person == ANONYMOUS:
        return 401
    return 200 if may_push(person, sample) else 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("person", PEOPLE)
def test_each_person_may_do_what_gitlab_lets_them(remote: Remote, person: str, method: str) -> None:
    who = None if person == ANONYMOUS else person
    wrong = []
    for sample in TAGGED:
        content = DATA if method == "PUT" else None
        answer = remote.ask(method, sample.path, KEY, who, content=content)
        if answer.status_code != expected(person, sample, method):
            wrong.append((sample.path, answer.status_code, expected(person, sample, method)))
        elif method == "GET" and answer.status_code == 200:
            assert answer.content == DATA
        elif answer.status_code >= 400:
            assert DATA not in answer.content
    assert wrong == []


@pytest.mark.parametrize("person", PEOPLE)
def test_only_who_may_push_adds_an_object(remote: Remote, person: str) -> None:
    who = None if person == ANONYMOUS else person
    data = f"new by {person}".encode()
    before = set(remote.stored())
    for sample in TAGGED:
        remote.ask("POST", sample.path, key_of(data), who, content=data)
    added = {int(name.partition("/")[0]) for name in set(remote.stored()) - before}
    assert added == {remote.world.samples.projects[one.path] for one in TAGGED if may_push(person, one)}

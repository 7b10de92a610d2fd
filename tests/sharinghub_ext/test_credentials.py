"""Proves where a token may stand in a request, and that it is refused, not ignored, anywhere else."""

import pytest
from starlette.requests import Request

from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.auth.credentials import credential_of
from sharinghub_ext.problems import Problem


def request(*headers: tuple[str, str]) -> Request:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], None),
        ([("Authorization", "Bearer abc")], Credential("abc")),
        ([("authorization", "bearer   abc ")], Credential("abc")),
        ([("PRIVATE-TOKEN", "abc")], Credential("abc", "PRIVATE-TOKEN", resent=True)),
        ([("X-Gitlab-Token", "abc")], Credential("abc", "Authorization", resent=True)),
        ([("JOB-TOKEN", "abc")], Credential("abc", "JOB-TOKEN", resent=True)),
        ([("Authorization", "Bearer glcbt-abc")], Credential("glcbt-abc", "JOB-TOKEN")),
        ([("PRIVATE-TOKEN", "glcbt-abc")], Credential("glcbt-abc", "JOB-TOKEN", resent=True)),
    ],
)
def test_accepted(headers: list[tuple[str, str]], expected: Credential | None) -> None:
    assert credential_of(request(*headers)) == expected


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Authorization", "Bearer")], 401),
        ([("PRIVATE-TOKEN", "")], 401),
        ([("X-Gitlab-Token", " ")], 401),
        ([("JOB-TOKEN", "")], 401),
        ([("JOB-TOKEN", "abc"), ("PRIVATE-TOKEN", "other")], 400),
        ([("PRIVATE-TOKEN", "gldt-abc")], 401),
        ([("Authorization", "Bearer gldt-abc")], 401),
        ([("Deploy-Token", "abc")], 401),
        ([("Authorization", "Basic YTpi")], 401),
        ([("Authorization", "abc")], 401),
        ([("Authorization", "")], 401),
        ([("Authorization", "Bearer a b")], 401),
        ([("Authorization", "Bearer \xe9")], 401),
        ([("PRIVATE-TOKEN", "x" * 5000)], 401),
        ([("Authorization", "Bearer abc"), ("PRIVATE-TOKEN", "other")], 400),
    ],
)
def test_refused(headers: list[tuple[str, str]], status: int) -> None:
    with pytest.raises(Problem) as refusal:
        credential_of(request(*headers))
    assert refusal.value.status == status
    assert "abc" not in refusal.value.detail
    if status == 401:
        assert refusal.value.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("value", "token"),
    [("Basic YW55OmFiYw==", "abc"), ("basic OmFiYw==", "abc"), ("Basic YW55OmE6Yg==", "a:b"), ("Bearer abc", "abc")],
)
def test_downloads_take_the_token_as_the_password_of_basic(value: str, token: str) -> None:
    found = credential_of(request(("Authorization", value)), basic=True)
    assert found == Credential(token, "Authorization", resent=value.lower().startswith("basic"))


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Basic YW55", "Basic /w==", "Digest abc"])
def test_a_broken_basic_is_refused(value: str) -> None:
    with pytest.raises(Problem) as refusal:
        credential_of(request(("Authorization", value)), basic=True)
    assert refusal.value.status == 401


def test_a_token_in_two_headers_counts_as_sent_on() -> None:
    found = credential_of(request(("Authorization", "Bearer abc"), ("PRIVATE-TOKEN", "abc")))
    assert found == Credential("abc", resent=True)


def test_a_token_is_not_shown_by_repr() -> None:
    assert "abc" not in repr(Credential("abc"))

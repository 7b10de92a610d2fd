"""Proves what counts as a secret in a text, what is left without it, and that examples in prose stay as they are."""

import pytest

from stac_ext.secrets import cut_all, cut_secrets

GLPAT = "glpat-" + "a1B2c3D4e5F6g7H8i9J0"
HF = "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://ada:pw@host.example/x", "https://host.example/x"),
        ("https://ada@host.example/x", "https://host.example/x"),
        ("see https://oauth2:" + GLPAT + "@gitlab.example/a.git now", "see https://gitlab.example/a.git now"),
        ("ftp://ada:pw@host.example/x", "ftp://host.example/x"),
        ("ssh://git:pw@host.example/x", "ssh://host.example/x"),
        ("https://a:b@c:d@host.example/", "https://host.example/"),
        ("https://h.example/x?token=abc&page=2", "https://h.example/x?page=2"),
        ("https://h.example/x?X-Amz-Signature=abc&X-Amz-Credential=d", "https://h.example/x"),
        ("https://h.example/x?a=1&private_token=abc#part", "https://h.example/x?a=1#part"),
        ("https://h.example/x#access_token=abc", "https://h.example/x"),
        (GLPAT, "…"),
        (f"token: {HF}, keep it", "token: …, keep it"),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "…"),
    ],
)
def test_secrets_are_cut(text: str, left: str) -> None:
    assert cut_secrets(text) == left
    assert cut_secrets(left) == left


@pytest.mark.parametrize(
    "text",
    [
        "mail ada@host.example or @ada",
        "https://h.example/@ada/posts?page=2#part",
        "ssh://git@host.example/x.git",
        "https://oauth2:<token>@gitlab.example/a.git",
        "https://oauth2:$TOKEN@gitlab.example/a.git",
        "https://oauth2:${TOKEN}@gitlab.example/a.git",
        "https://user:PASSWORD@gitlab.example/a.git",
        "curl 'https://h.example/x?token=$TOKEN'",
        "https://h.example/x?token=",
        "https://h.example/x?tokens=3&secretary=ada",
        "a token, a secret and a password",
        "hf_model and glpat- and shf_abcdefghijklmnopqrstuvwxyz",
        "the first://second",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert cut_secrets(text) == text


def test_values_are_cut_wherever_they_stand() -> None:
    value = {"a": [{"https://u:p@h.example": 1}, GLPAT], "b": 1.5, "c": None, "d": True}
    assert cut_all(value) == {"a": [{"https://h.example": 1}, "…"], "b": 1.5, "c": None, "d": True}


@pytest.mark.parametrize("piece", ["a" * 100, "://", "a://b@", "hf_", "glpat-", "eyJaaaaaaaa", "?token=a&", "@"])
def test_a_large_text_takes_no_time_to_speak_of(piece: str) -> None:
    """What is quadratic in a text of this size does not end before the tests' own limit."""
    text = piece * (4_000_000 // len(piece))
    assert isinstance(cut_secrets(text), str)

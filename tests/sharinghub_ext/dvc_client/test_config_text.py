"""Proves that one section of DVC's configuration is changed and nothing else, and that DVC reads it as meant."""

import pytest
from configobj import ConfigObj

from sharinghub_ext.dvc_client.config_text import remote_section, value_of, with_values

HUB = remote_section("hub")
TEXT = """# of us
[core]
    analytics = false
['remote "other"']
    url = s3://bucket
['remote "hub"']   # theirs
    url = https://old
    verify = true
[cache]
    type = symlink
"""


def test_a_section_is_changed_and_the_rest_stays() -> None:
    changed = with_values(TEXT, HUB, {"url": "https://new", "auth": None, "password": "Bearer glpat-1"})
    assert ConfigObj(changed.splitlines()) == {
        "core": {"analytics": "false"},
        'remote "other"': {"url": "s3://bucket"},
        'remote "hub"': {"url": "https://new", "password": "Bearer glpat-1", "verify": "true"},
        "cache": {"type": "symlink"},
    }
    assert changed.startswith("# of us\n")
    assert with_values(changed, HUB, {"url": "https://new", "password": "Bearer glpat-1"}) == changed


@pytest.mark.parametrize("text", ["", "[core]\n    analytics = false\n", "[core]"])
def test_a_section_is_made(text: str) -> None:
    made = ConfigObj(with_values(text, HUB, {"url": "https://new"}).splitlines())
    assert made['remote "hub"'] == {"url": "https://new"}
    assert with_values(text, HUB, {"url": None}).strip() == text.strip()


def test_what_is_there_is_read() -> None:
    assert value_of(TEXT, HUB, "url") == "https://old"
    assert value_of(TEXT, "core", "remote") is None
    assert value_of(TEXT, remote_section("none"), "url") is None


@pytest.mark.parametrize("value", ["a\nb", "a, b", "'a", "a # b", "", "a b c", '"', "\x00"])
def test_what_dvc_would_read_otherwise_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        with_values(TEXT, HUB, {"url": value})

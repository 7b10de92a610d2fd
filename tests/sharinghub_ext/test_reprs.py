"""Proves that no value object and no setting shows a secret when it is printed, as logs and tracebacks do."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import pytest
from pydantic import SecretStr

import gitlab_hooks
import sharinghub_ext
import stac_ext
from gitlab_hooks.gateway.viewer import Credential
from sharinghub_ext.config import Settings, SettingsError, load_settings

SECRET = "a-secret-0123456789-abcdefghijklmnop"
# A field with such a name, or any text of a class with such a name, holds a secret if it is not in the list below.
_FIELD = re.compile(r"token|secret|passw|verifier|sealed|refresh|cookie|credential|nonce|_key$|^access$")
_CLASS = re.compile(r"Token|Secret|Credential|Session|Cookie|SignIn")
NO_SECRETS = {
    "sharinghub_ext.login.kept.Kept.token_endpoint": "an address of GitLab",
    "sharinghub_ext.login.places.Place.token_endpoint": "an address of GitLab",
    "gitlab_hooks.gateway.viewer.Credential.header": "the name of a header",
    "stac_ext.store.sessions.Session.key": "a keyed hash",
    "stac_ext.store.sessions.Session.principal": "user:<id>, or a keyed hash",
}


def classes() -> Iterator[type]:
    """Every class of the three packages but the stand-in's, whose tokens are samples."""
    for package in (sharinghub_ext, gitlab_hooks, stac_ext):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith("gitlab_hooks.standin") and not found.name.endswith("__main__"):
                module = importlib.import_module(found.name)
                yield from (
                    one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == found.name
                )


def suspects() -> dict[str, tuple[type, Field[Any]]]:
    """Every field of a dataclass that may hold a secret, by its whole name."""
    found = {}
    for one in classes():
        for field in fields(one) if is_dataclass(one) else ():
            is_text = "str" in str(field.type) or "bytes" in str(field.type)
            if is_text and (_FIELD.search(field.name) or _CLASS.search(one.__name__)):
                found[f"{one.__module__}.{one.__qualname__}.{field.name}"] = (one, field)
    return found


SUSPECTS = suspects()


@pytest.mark.parametrize("name", sorted(SUSPECTS.keys() - NO_SECRETS.keys()))
def test_a_field_that_holds_a_secret_is_not_shown(name: str) -> None:
    holder, field = SUSPECTS[name]
    assert not field.repr, f"write field(repr=False), or say in NO_SECRETS why {name} is none"
    value = object.__new__(holder)
    for one in fields(value):  # type: ignore[arg-type]
        object.__setattr__(value, one.name, None if one.default is MISSING else one.default)
    object.__setattr__(value, field.name, SECRET.encode() if "bytes" in str(field.type) else SECRET)
    assert SECRET not in repr(value)
    assert SECRET not in f"{value}"


def test_the_list_of_what_is_no_secret_is_true() -> None:
    assert NO_SECRETS.keys() <= SUSPECTS.keys()


def test_there_is_something_to_look_at() -> None:
    assert "gitlab_hooks.gateway.viewer.Credential.token" in SUSPECTS


def test_a_credential_is_not_shown_by_what_is_made_of_it() -> None:
    one = Credential(SECRET)
    for shown in (repr(one), str(one), f"{one!r}", repr([one]), repr({"credential": one}), str(ValueError(one))):
        assert SECRET not in shown
    assert SECRET not in repr(dataclasses.replace(one, header="PRIVATE-TOKEN"))


def secret_settings() -> list[str]:
    """The settings that hold a secret, by their type or by their name."""
    named = re.compile(r"token|secret|key|password")
    by_type = {name for name, one in Settings.model_fields.items() if "SecretStr" in str(one.annotation)}
    by_name = {name for name in Settings.model_fields if named.search(name)}
    assert by_name <= by_type, "a setting with such a name must be a Secret"
    return sorted(by_type)


@pytest.mark.parametrize("name", [*secret_settings(), "database_url"])
def test_a_setting_shows_no_secret(name: str) -> None:
    value = f"postgresql+psycopg://hub:{SECRET}@db/hub" if name == "database_url" else SECRET
    if name == "hook_signing_key":
        value = "whsec_YS1zZWNyZXQtMDEyMzQ1Njc4OS1hYmNkZWZnaGlqa2xtbm9w"
    needed = {"oauth_client_secret": {"oauth_client_id": "hub"}, "secret_key_before": {"secret_key": SECRET[::-1]}}
    settings = Settings(gitlab_url="https://gitlab.test", **{name: value, **needed.get(name, {})})
    secret = value.rpartition("@")[0].rpartition(":")[2] if name == "database_url" else value
    shown = [repr(settings), str(settings), repr(getattr(settings, name)) if name != "database_url" else ""]
    assert not [text for text in shown if secret in text]
    if name != "database_url":
        assert isinstance(getattr(settings, name), SecretStr)
        assert secret not in settings.model_dump_json()


@pytest.mark.parametrize("name", secret_settings())
def test_a_setting_that_is_refused_is_told_without_its_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = f"short-{name}"[:12]
    monkeypatch.setenv(f"SHARINGHUB_{name.upper()}", value)
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "no url")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert value not in str(refused.value)
    assert value not in repr(refused.value)

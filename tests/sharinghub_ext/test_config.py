"""Proves that settings come from their sources, and that a wrong one is named without its value being shown."""

from pathlib import Path

import pytest

from sharinghub_ext.config import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("SHARINGHUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_sources_and_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text("gitlab_url: https://from.yaml\ntitle: From YAML\nsweep_seconds: 60\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "SHARINGHUB_GITLAB_TOKEN").write_text("from-a-file\n")
    (tmp_path / "secrets" / "sharinghub_title").write_text("From a file")
    monkeypatch.setenv("SHARINGHUB_CONFIG_FILE", str(tmp_path / "hub.yaml"))
    monkeypatch.setenv("SHARINGHUB_SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://from.environment/")
    settings = load_settings()
    assert settings.gitlab_url == "https://from.environment"
    assert settings.title == "From a file"
    assert settings.sweep_seconds == 60
    assert settings.gitlab_token is not None
    assert settings.gitlab_token.get_secret_value() == "from-a-file"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GITLAB_URL", "", "SHARINGHUB_GITLAB_URL"),
        ("GITLAB_URL", "gitlab.example.org", "http or https"),
        ("GITLAB_URL", "https://user:pw-secret@gitlab.example.org", "no user"),
        ("GITLAB_URL", "ftp://x", "http or https"),
        ("PUBLIC_URL", "https://x/?a=secret", "no user, password, query"),
        ("GRANTS_TTL", "301", "SHARINGHUB_GRANTS_TTL"),
        ("GRANTS_TTL", "soon", "SHARINGHUB_GRANTS_TTL"),
        ("GRANTS_HARD_TTL", "10", "must not be longer"),
        ("HOOK_SECRET", "  ", "is empty"),
        ("SECRET_KEY", "short-secret", "32 characters"),
        ("SECRET_KEY", "abc" * 20, "not always the same few"),
        ("SECRET_KEY", "0123456789abcdef" * 4, "not always the same"),
        ("SECRET_KEY_BEFORE", "0123456789abcdeffedcba9876543210", "needs SHARINGHUB_SECRET_KEY"),
        ("OAUTH_CLIENT_SECRET", "a-secret", "needs SHARINGHUB_OAUTH_CLIENT_ID"),
        ("SESSION_SECONDS", "301", "SESSION_IDLE_SECONDS: must not be longer"),
        ("SESSION_IDLE_SECONDS", "1", "SHARINGHUB_SESSION_IDLE_SECONDS"),
        ("HOOK_SECRET_BEFORE", "", "is empty"),
        ("HOOK_SIGNING_KEY", "a-secret", "must begin with whsec_"),
        ("HOOK_SIGNING_KEY", "whsec_no-base64", "must be base64"),
        ("HOOK_SIGNING_KEY", "whsec_c2hvcnQ=", "at least 16 bytes"),
        ("METRICS_TOKEN", "short-secret", "16 characters"),
        ("GITLAB_CA_FILE", "/no/such/file", "not a file"),
        ("LOG_LEVEL", "loud", "SHARINGHUB_LOG_LEVEL"),
        ("CORS_ORIGINS", "not json", "CORS_ORIGINS"),
        ("BROWSER_URL", "javascript:alert(1)", "BROWSER_URL"),
        ("BROWSER_URL", "https://browser.example.org/?token=x#", "BROWSER_URL"),
        ("CORS_ORIGINS", '["javascript:alert(1)"]', "CORS_ORIGINS"),
        ("GITLAB_TOKN", "a-secret", "did you mean SHARINGHUB_GITLAB_TOKEN"),
        ("WHATEVER", "a-secret", "no such setting"),
        ("CONFIG_FILE", "/no/such/file", "does not exist"),
        ("SECRETS_DIR", "/no/such/folder", "does not exist"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    monkeypatch.setenv(f"SHARINGHUB_{name}", value)
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    assert says in str(refusal.value)
    assert "short-secret" not in str(refusal.value)
    assert "pw-secret" not in str(refusal.value)
    assert "a-secret" not in str(refusal.value)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="SHARINGHUB_GITLAB_URL: must be set"):
        load_settings()


@pytest.mark.parametrize("text", ["gitlab_urll: https://x\n", "- a\n- list\n", "a: [broken\n", "gitlab_url: {a: b}\n"])
def test_a_wrong_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    (tmp_path / "hub.yaml").write_text(text)
    monkeypatch.setenv("SHARINGHUB_CONFIG_FILE", str(tmp_path / "hub.yaml"))
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    if "gitlab_url:" in text:
        monkeypatch.delenv("SHARINGHUB_GITLAB_URL")
    with pytest.raises(SettingsError):
        load_settings()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gitlab_tokn: a-secret\n", "SHARINGHUB_GITLAB_TOKN: there is no such setting; did you mean gitlab_token?"),
        ("categories: [{id: dataset, titel: x}]\n", "there is no such setting; did you mean title?"),
        ("whatever: 1\n", "SHARINGHUB_WHATEVER: there is no such setting"),
    ],
)
def test_an_unknown_key_of_a_file_is_refused_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "hub.yaml").write_text(f"gitlab_url: https://gitlab.example.org\n{text}")
    monkeypatch.setenv("SHARINGHUB_CONFIG_FILE", str(tmp_path / "hub.yaml"))
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    assert says in str(refusal.value)
    assert "a-secret" not in str(refusal.value)


def test_a_file_of_secrets_that_is_named_wrongly_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    monkeypatch.setenv("SHARINGHUB_SECRETS_DIR", str(tmp_path))
    for name in ("sharinghub_gitlab_token", "of-another-program", "..data"):
        (tmp_path / name).write_text("x")
    assert load_settings().gitlab_token is not None
    (tmp_path / "sharinghub_hook_secrets").write_text("x")
    with pytest.raises(SettingsError, match="did you mean SHARINGHUB_HOOK_SECRET"):
        load_settings()


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_secrets_are_not_shown_by_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARINGHUB_GITLAB_URL", "https://gitlab.example.org")
    for name in ("GITLAB_TOKEN", "HOOK_SECRET", "SECRET_KEY", "VISITOR_TOKEN", "OAUTH_CLIENT_SECRET"):
        monkeypatch.setenv(f"SHARINGHUB_{name}", "plainly-visible-0123456789-abcdefgh")
    monkeypatch.setenv("SHARINGHUB_OAUTH_CLIENT_ID", "hub")
    assert "plainly" not in repr(load_settings())

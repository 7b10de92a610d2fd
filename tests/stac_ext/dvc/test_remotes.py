"""That the remotes are those which `.dvc/config` names, and that no secret of it is shown or goes untold."""

from dataclasses import replace

import pytest

from stac_ext.dvc.config import read_config
from stac_ext.dvc.remotes import MAX_REMOTES, DvcConfig, DvcRemote, read_remotes
from stac_ext.dvc.secrets import CleanUrl, clean_name, clean_repository_url, clean_url, holds_secret
from stac_ext.problem_log import ProblemLog
from tests.stac_ext.dvc.projects import Repository, rules

SECRET = "Tr0ub4dor"


def read(text: str) -> tuple[DvcConfig, list[str], str]:
    """The configuration, the rules that were told, and all that may be shown as one text."""
    log = ProblemLog()
    config = read_remotes(text.encode(), log)
    return config, rules(log), repr((config, log.result()))


def remote_of(text: str) -> DvcRemote:
    config, _, _ = read(f"['remote \"r\"']\n{text}")
    return config.remotes[0]


def test_a_configuration_that_dvc_wrote(tmp_path_factory: pytest.TempPathFactory) -> None:
    repository = Repository(tmp_path_factory.mktemp("remotes") / "repository")
    repository.dvc(
        "init",
        "config core.analytics false",
        "remote add -d Main s3://bucket/some/prefix",
        "remote modify main endpointurl https://s3.example.org/",
        "remote modify main region eu-west-1",
        "remote add versions s3://versions",
        "remote modify versions version_aware true",
        "remote add web https://web.example.org/dvc/",
        ["remote", "modify", "web", "custom_auth_header", "X-Gitlab-Token"],
        "remote add packages https://gl.example/api/v4/projects/7/packages/generic/dvc/1",
        "remote add google gs://bucket/x",
        "remote add microsoft azure://container/x",
        "remote modify microsoft account_name account",
        "remote add shell ssh://host.example/srv/dvc",
        "remote add folder ../../store",
        "remote add drive gdrive://folder/x",
        "remote add below remote://main/deeper",
        ["remote", "add", "odd", "https://odd.example/a=b,c's"],
    )
    log = ProblemLog()
    config = read_remotes((repository.folder / ".dvc/config").read_bytes(), log)
    main = DvcRemote(
        "main", "s3", "s3://bucket/some/prefix", True, endpoint="https://s3.example.org", region="eu-west-1"
    )
    assert config.remotes == (
        main,
        DvcRemote("versions", "s3", "s3://versions", versioned=True),
        DvcRemote("web", "http", "https://web.example.org/dvc"),
        DvcRemote("packages", "gitlab-package", "https://gl.example/api/v4/projects/7/packages/generic/dvc/1"),
        DvcRemote("google", "gs", "gs://bucket/x"),
        DvcRemote("microsoft", "azure", "azure://container/x", account="account"),
        DvcRemote("shell", "ssh", "ssh://host.example/srv/dvc"),
        DvcRemote("folder", "local", None),
        DvcRemote("drive", "other", "gdrive://folder/x"),
        replace(main, name="below", url="s3://bucket/some/prefix/deeper", default=False),
        DvcRemote("odd", "http", "https://odd.example/a=b,c's"),
    )
    assert (config.default, rules(log)) == ("main", [])


def test_which_remote_holds_an_output() -> None:
    one, two = DvcRemote("one", "http", "https://one"), DvcRemote("two", "http", "https://two")
    assert DvcConfig(remotes=(one, two), default="two").holder(None) is two
    assert DvcConfig(remotes=(one, two), default="two").holder("one") is one
    assert DvcConfig(remotes=(one,)).holder(None) is one
    assert DvcConfig(remotes=(one, two)).holder(None) is None
    assert DvcConfig(remotes=(one,), default="gone").holder(None) is None
    assert DvcConfig(remotes=(one,)).holder("gone") is None


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (f"url = https://user:{SECRET}@host/x", 1),
        (f"url = https://{SECRET}@host/x", 1),
        (f"url = https://host/x?sig={SECRET}", 1),
        (f"url = https://host/x#{SECRET}", 1),
        (f"url = ssh://user:{SECRET}@host/x", 1),
        (f"url = https://user:{SECRET}/1@host/x", 1),
        (f"url = https://user:12#{SECRET}@host/x", 1),
        (f"url = https://user:12/{SECRET}@host/x", 1),
        (f"url = https://user:12?{SECRET}@host/x", 1),
        (f"url = https://host/glpat-{SECRET}", 1),
        (f'url = "https://user:{SECRET}@host/x" # note', 1),
        (f"endpointurl = https://user:{SECRET}@host", 1),
        (f"password = {SECRET}", 1),
        (f"Password = {SECRET}", 1),
        (f"secret_access_key = {SECRET}", 1),
        (f"access_key_id = {SECRET}", 1),
        (f"session_token = {SECRET}", 1),
        (f"connection_string = DefaultEndpointsProtocol=https;AccountKey={SECRET}", 1),
        (f"sas_token = {SECRET}", 1),
        (f"account_key = {SECRET}", 1),
        (f"client_secret = {SECRET}", 1),
        (f"gdrive_client_secret = {SECRET}", 1),
        (f"oss_key_secret = {SECRET}", 1),
        (f"sse_customer_key = {SECRET}", 1),
        (f"passphrase = {SECRET}", 1),
        (f"token = {SECRET}", 1),
        (f"custom_auth_header = X-Token: {SECRET}", 1),
        (f"custom_auth_header = {SECRET}", 1),
        (f"user = glpat-{SECRET}", 1),
        ("custom_auth_header = X-Gitlab-Token", 0),
        ("ask_password = true", 0),
        ("password =", 0),
        ("keyfile = /home/me/.ssh/id", 0),
        ("user = me", 0),
    ],
)
def test_secrets_are_told_and_never_shown(setting: str, told: int) -> None:
    _, said, shown = read(f"[core]\nremote = r\n['remote \"r\"']\nurl = https://host/x\n{setting}\n")
    assert said.count("dvc-remote-secret") == told
    assert SECRET not in shown


def test_secrets_outside_of_remotes_are_told() -> None:
    _, said, shown = read(f"[studio]\ntoken = {SECRET}\n['db \"x\"']\nurl = postgresql://me:{SECRET}@host/db\n")
    assert said == ["dvc-remote-secret"] * 2
    assert SECRET not in shown


def test_the_user_name_of_an_ssh_address_is_cut_and_no_secret() -> None:
    config, said, _ = read("['remote \"r\"']\nurl = ssh://me@host:22/x/\n")
    assert (config.remotes[0].url, said) == ("ssh://host:22/x", [])


@pytest.mark.parametrize("url", ["https://[bad", "https://h:99999/x", "https:///x", "https://h/\x01", "https://h/a b"])
def test_a_url_that_cannot_be_used(url: str) -> None:
    config, said, _ = read(f"['remote \"r\"']\nurl = {url}\n")
    assert (config.remotes[0].url, said) == (None, ["dvc-remote-url"])


def test_references_end() -> None:
    assert remote_of("url = remote://r/x").url is None
    assert remote_of("url = remote://gone/x").url is None
    config, _, _ = read("['remote \"a\"']\nurl = remote://b/x\n['remote \"b\"']\nurl = remote://a/x\n")
    assert [remote.url for remote in config.remotes] == [None, None]


def test_what_names_no_remote_is_told() -> None:
    assert read("[core]\nremote = gone\n")[1] == ["dvc-remote-unknown"]
    two = "['remote \"a\"']\nurl = https://a\n['remote \"b\"']\nurl = https://b\n"
    assert read(two)[1] == ["dvc-remote-default"]
    many = "".join(f"['remote \"{n}\"']\nurl = https://a\n" for n in range(MAX_REMOTES + 1))
    config, said, _ = read(f"[core]\nremote = 0\n{many}")
    assert (len(config.remotes), said) == (MAX_REMOTES, ["dvc-remotes"])


def test_how_settings_are_written() -> None:
    text = "\ufeff# c\nlost = 1\n[Core]\nA = 1 # c\n'b'= 'x # y' # c\nno setting\n"
    text += '[\'remote "x"\'] # c\nc=""\n[core]\nd = e=f'
    assert read_config(text.encode())[0] == {"core": {"a": "1", "b": "x # y", "d": "e=f"}, 'remote "x"': {"c": ""}}
    assert read_config(b"\xff\xfe\n[a]\nb=\xff")[0] == {"a": {"b": "\ufffd"}}


def test_addresses_of_repositories() -> None:
    assert clean_repository_url("git@host.example:group/p.git") == CleanUrl("ssh://host.example/group/p.git")
    assert clean_repository_url("https://host/p.git/") == CleanUrl("https://host/p.git")
    assert clean_repository_url(f"https://oauth2:{SECRET}@host/p.git") == CleanUrl("https://host/p.git", True)
    for folder in ("/home/me/p", "../p", "C:\\p", None, 7, ""):
        assert clean_repository_url(folder) == CleanUrl(None)


def test_names_and_lengths() -> None:
    assert clean_name(" Main ") == "main"
    for name in (None, 7, "", "a\nb", "x" * 101, "glpat-12345678", " "):
        assert clean_name(name) is None
    assert clean_url("https://h/" + "x" * 2_000) == CleanUrl(None)
    assert not holds_secret("password" * 1_000, "x")


def test_odd_sections_take_no_time() -> None:
    """A section of blanks without end once took time by the cube of its length."""
    assert read_config((("[" + " " * 4_000 + "x\n") * 60).encode())[0] == {"x": {}}
    assert read_config(b"[a]]\nb=1\n[]\nc=1")[0] == {"a": {"b": "1"}, "": {"c": "1"}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[core]\n    remote = hub\n", None),
        ("", None),
        ('# said\n[core]  # here\n[remote "x"]\n[\'remote "y"\']\nurl = a\n', None),
        ("[core]\nno setting\n", 2),
        ("[core\nremote = hub\n", 1),
        ("<<<<<<< HEAD\n[core]\n    remote = hub\n=======\n>>>>>>> other\n", 1),
        ('[core]\na = """one\ntwo\n"""\n', None),
    ],
)
def test_a_configuration_that_dvc_refuses_is_told_by_line_and_leads_nowhere(text: str, line: int | None) -> None:
    """A broken configuration passed as one without a remote, and its outputs as served by the catalogue."""
    log = ProblemLog()
    config = read_remotes(text.encode(), log)
    told = [(one.rule, one.path, one.line) for one in log.result() if one.rule == "dvc-config"]
    assert told == ([("dvc-config", ".dvc/config", line)] if line else [])
    assert config.unread is (line is not None)

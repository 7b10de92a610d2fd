"""Everything that a user can set: one class, validated at start, with messages that name the setting.

Sources, the first wins: environment variables `SHARINGHUB_…`, files named after them in the folder
`SHARINGHUB_SECRETS_DIR`, and the YAML file `SHARINGHUB_CONFIG_FILE`.
"""

import difflib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ByteSize, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from gitlab_hooks.verification import signing_key
from sharinghub_ext.categories import CategoryList, CategorySettings, place_of
from sharinghub_ext.client_address import Network
from sharinghub_ext.extensions import ExtensionSettings
from sharinghub_ext.loopback import is_loopback

PREFIX = "SHARINGHUB_"
# What Kubernetes sets in every pod beside a Service named `sharinghub`.
_SERVICE_LINK = re.compile(r"SHARINGHUB_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\w+)?)")
_JSON_EXAMPLES = {
    "SHARINGHUB_CATEGORIES": '[{"id": "ai-model", "topic": "sharinghub:aimodel"}]',
    "SHARINGHUB_ASSET_HOSTS": '["objects.example.org"]',
    "SHARINGHUB_TRUSTED_PROXIES": '["10.0.0.0/8"]',
    "SHARINGHUB_EXTENSIONS": '{"acme": {"schema_url": "https://example.org/acme.json", "file": "/etc/acme.json"}}',
}
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?", re.ASCII)
_KEY_LENGTH, _KEY_VARIETY = 32, 8
_SOURCES = frozenset({"SHARINGHUB_CONFIG_FILE", "SHARINGHUB_SECRETS_DIR"})


class SettingsError(Exception):
    """The settings cannot be used; the message names each setting and says what is wrong with it."""


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URL, such as https://host.example.org")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must hold no user, password, query or fragment")
    return value.rstrip("/")


def is_weak(secret: str) -> bool:
    """Whether a secret key could be guessed: short, of few different characters, or the same again and again."""
    repeats = secret in (secret + secret)[1:-1]
    return len(secret) < _KEY_LENGTH or len(set(secret)) < _KEY_VARIETY or repeats


def _origin(value: str) -> str:
    if value == "*":
        return value
    origin = _base_url(value)
    if urlsplit(origin).path:
        raise ValueError("must be an origin without a path, such as https://browser.example.org")
    return origin.lower()  # as browsers send it


def _page_url(value: str) -> str:
    """The address of a page; a fragment may be its end, as where the page keeps its place there."""
    page, _, fragment = value.partition("#")
    return f"{_base_url(page)}/#{fragment.rstrip('/')}" if "#" in value else _base_url(page)


def _narrow(value: Network) -> Network:
    if value.prefixlen == 0:
        raise ValueError("must not hold all addresses: every client could choose its own")
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value := value.lower()):
        raise ValueError("must be a host, with its port if that is not 443, such as objects.example.org")
    return value.removesuffix(":443")


def _stripped(value: SecretStr) -> SecretStr:
    """Without the line end that editors and Kubernetes secrets often leave."""
    return SecretStr(value.get_secret_value().strip())


Secret = Annotated[SecretStr, AfterValidator(_stripped)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]


class Settings(BaseSettings):
    """The settings of the hub. Every field is the environment variable `SHARINGHUB_<NAME>` in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    gitlab_url: BaseUrl = Field(description="The GitLab that the catalogue is built on, as people reach it.")
    gitlab_internal_url: BaseUrl | None = Field(
        None, description="Where the hub reaches GitLab's API, if not at `GITLAB_URL`."
    )
    gitlab_internal_plain: bool = Field(
        False,
        description="Whether `GITLAB_INTERNAL_URL` may be plain http where people sign in: their tokens go there, so "
        "only in a network that encrypts by itself, such as a service mesh.",
    )
    gitlab_ca_file: Path | None = Field(None, description="A PEM file with the certificate authority of GitLab.")
    gitlab_token: Secret | None = Field(
        None,
        description="The service token: scope `read_api`, of a bot that is Reporter where projects are to be "
        "catalogued. Without it only what everybody may see is catalogued.",
    )
    gitlab_timeout: float = Field(10, gt=0, le=300, description="Seconds to wait for an answer of GitLab.")
    gitlab_retries: int = Field(4, ge=0, le=10, description="How often a failed read of GitLab is tried again at once.")
    gitlab_concurrency: int = Field(4, ge=1, le=32, description="How many projects are read at the same time.")
    gitlab_rate_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="The share of the service token's rate limit at GitLab that comparisons of the whole index may "
        "use; the rest is for what hooks tell.",
    )
    public_url: BaseUrl | None = Field(
        None,
        description="Where people reach the hub; it may have a path. All links begin with it. "
        "Default: the address that `serve` listens on.",
    )
    database_url: str = Field(
        "sqlite:///data/sharinghub.db",
        repr=False,  # it may hold a password
        description="The store: `sqlite:///` and the path of a file, or `postgresql+psycopg://user:password@host/name`.",
    )
    database_timeout: float = Field(10, gt=0, le=300, description="Seconds that a read of the store may take.")
    database_pool_size: int = Field(
        8, ge=1, le=100, description="How many reads of the store may run at the same time in one process."
    )
    database_migrate: bool = Field(
        True,
        description="Make or migrate the store at start; `false`: refuse to start until `sharinghub migrate` did so.",
    )
    hook_secret: Secret | None = Field(
        None,
        description="The secret token of GitLab's webhooks. Without it and without a signing key hooks are off.",
    )
    hook_secret_before: Secret | None = Field(
        None, description="The secret token before: it counts as well, until all webhooks have the new one."
    )
    gitlab_admin_token: Secret | None = Field(
        None,
        description="A GitLab token with the scope `api` that may change hooks; used for nothing but "
        "`sharinghub hooks install`, `status` and `repair`, for the same care by a running hub, and for what "
        "`sharinghub doctor` looks at.",
    )
    hook_signing_key: Secret | None = Field(
        None,
        description="The signing token (`whsec_…`) of GitLab's webhooks; several, with blanks between. A delivery that "
        "is signed counts by its signature alone.",
    )
    secret_key: Secret | None = Field(
        None,
        description="Encrypts what sessions hold, signs page tokens and links, and keys the hashes of callers' tokens: "
        "32 characters or more (`openssl rand -hex 32`). Sign-in cannot do without. "
        "Default: a random one, kept in the store.",
    )
    secret_key_before: Secret | None = Field(
        None,
        description="A second secret key: what was encrypted with it is read, and nothing is encrypted with it. The "
        "key before, or, as the first step of a change where several processes run, the one to come.",
    )
    oauth_client_id: str | None = Field(
        None,
        min_length=1,
        description="The id of the application at GitLab through which people sign in; its redirect URI is the public "
        "URL and `/auth/callback`, its scopes are `openid` and `read_api`. Without it there is no sign-in.",
    )
    oauth_client_secret: Secret | None = Field(
        None, description="The secret of that application; none if it is not confidential."
    )
    oauth_device_client_id: str | None = Field(
        None,
        min_length=1,
        description="The id of an application that is not confidential, for `sharinghub login` on the command line. "
        "Default: `OAUTH_CLIENT_ID`, where that has no secret.",
    )
    session_idle_seconds: int = Field(
        8 * 3600, ge=300, le=30 * 86400, description="Seconds after which a session ends that was not used."
    )
    session_seconds: int = Field(
        7 * 86400, ge=300, le=90 * 86400, description="Seconds after which a session ends, used or not."
    )
    visitor_token: Secret | None = Field(
        None,
        description="A GitLab token with `read_api` alone: callers without a token or session see what it sees. A "
        "token that can write is refused at start.",
    )
    grants_ttl: int = Field(
        60,
        ge=0,
        le=300,
        description="Seconds after which a caller's rights are asked again in the background; "
        "0 asks GitLab on every read.",
    )
    grants_hard_ttl: int = Field(
        300, ge=1, le=300, description="Seconds after which rights are not used before GitLab has confirmed them."
    )
    admins_see_all: bool = Field(
        False, description="Administrators and auditors see what GitLab shows them, not only what they are members of."
    )
    refusals_per_minute: int = Field(
        60, ge=1, description="How many tokens that GitLab refuses one client may send in a minute before it must wait."
    )
    sweep_seconds: int = Field(
        300, ge=0, description="Seconds between comparisons of the whole index with GitLab; 0 turns them off."
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        le=300,
        description="Seconds for which a process that is told to end (SIGTERM) says that it is not ready and answers "
        "on, so that no request is sent to one that has gone.",
    )
    cors_origins: list[Annotated[str, AfterValidator(_origin)]] = Field(
        ["*"], description='Web origins whose pages may call the API (as JSON: `["https://browser.example.org"]`).'
    )
    browser_url: Annotated[str, AfterValidator(_page_url)] | None = Field(
        None,
        description="Where a STAC Browser for this catalogue is, such as `https://browser.example.org/stac` or, where "
        "it keeps its place behind a `#`, `https://browser.example.org/#/stac`: who asks for the catalogue, a "
        "collection or an item as a page is led there. Default: all get JSON.",
    )
    browser_folder: Path | None = Field(
        None,
        description="A folder with a built STAC Browser (`make browser` makes `build/browser`), which is served at "
        "`/browser`. Default: none; `/browser` says how to get one.",
    )
    requests_per_minute: int = Field(
        6000,
        ge=0,
        description="How many requests one client address may send in a minute, hooks, probes and DVC data aside; "
        "0 sets no limit. Each process counts for itself.",
    )
    trusted_proxies: list[Annotated[IPvAnyNetwork, AfterValidator(_narrow)]] = Field(
        [],
        description='Networks of the proxies before the hub (as JSON: `["10.0.0.0/8"]`), whose `X-Forwarded-For` names '
        "the client. Default: none; then all clients behind a proxy count as one.",
    )
    store_url: str | None = Field(
        None,
        description="Where DVC data is kept: `file://` and the path of a folder, or `s3://bucket/prefix`, for another "
        "service than AWS with `?endpoint=https://s3.example.org`; its credentials are those of the AWS tools. "
        "Default: the folder `objects` beside the SQLite file; with PostgreSQL there is none, and nothing is served "
        "under `/dvc`.",
    )
    asset_limit: ByteSize = Field(
        ByteSize(100 * 1024**3),
        description="How many bytes one answer under `/assets` may pass on, such as `50GiB`; 0 sets no limit.",
    )
    asset_downloads: int = Field(
        100,
        ge=5,
        le=1000,
        description="How many downloads under `/assets` may run at the same time in one process; a fifth of them for "
        "one client, three fifths for all without a token or session together.",
    )
    asset_hosts: list[Annotated[str, AfterValidator(_host)]] = Field(
        [],
        description="Hosts of the object stores to which GitLab redirects downloads (as JSON: "
        '`["objects.example.org"]`): the hub reads from them itself, over https. Others are for the caller to follow.',
    )
    dvc_object_limit: ByteSize = Field(
        ByteSize(0), description="How large one DVC object may be, such as `50GiB`; 0 sets no limit."
    )
    dvc_project_quota: ByteSize = Field(
        ByteSize(0), description="How much DVC data one project may store, such as `500GiB`; 0 sets no limit."
    )
    metrics_token: Secret | None = Field(
        None,
        description="What `/metrics` is read with, as a bearer token of 16 characters or more. Default: no metrics.",
    )
    categories: CategoryList | None = Field(
        None,
        description="The collections of the catalogue and their topics, in place of the two that the hub has: a list "
        "in the YAML file, or JSON.",
    )
    extensions: dict[str, ExtensionSettings] = Field(
        default_factory=dict,
        description="STAC extensions beside those that the hub knows, by prefix, each with `schema_url` and `file` "
        "(a JSON Schema), as JSON or in the YAML file.",
    )
    versions_kept: int = Field(
        50, ge=0, le=50, description="How many releases of a project are items of their own; the newest ones count."
    )
    title: str = Field("SharingHub", min_length=1, description="The title of the catalogue.")
    description: str = Field(
        "AI models and datasets of a GitLab, as a STAC catalogue.", min_length=1, description="Its description."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level logged.")
    log_format: Literal["console", "json"] = Field("console", description="How log lines are written.")

    @property
    def hook_secret_is_short(self) -> bool:
        """Whether a hook secret could be guessed."""
        return any(len(secret) < 16 for secret in self.hook_secrets)

    @property
    def hook_secrets(self) -> tuple[str, ...]:
        """The secret tokens that count now."""
        return tuple(one.get_secret_value() for one in (self.hook_secret, self.hook_secret_before) if one)

    @property
    def hook_signing_keys(self) -> tuple[bytes, ...]:
        """The keys that count now. Raises ValueError for one that is none, which the settings refuse."""
        written = self.hook_signing_key.get_secret_value().split() if self.hook_signing_key else []
        return tuple(signing_key(one) for one in written)

    @property
    def other_secret_keys(self) -> tuple[bytes, ...]:
        """The secret keys that nothing new is made with."""
        return (self.secret_key_before.get_secret_value().encode(),) if self.secret_key_before else ()

    @property
    def api_url(self) -> str:
        """Where GitLab's API is asked."""
        return self.gitlab_internal_url or self.gitlab_url

    @property
    def device_client_id(self) -> str | None:
        """The application for signing in on the command line."""
        return self.oauth_device_client_id or (self.oauth_client_id if self.oauth_client_secret is None else None)

    def serving_problems(self, public_url: str) -> list[str]:
        """What forbids to serve people with these settings where they reach the hub at this address."""
        problems = []
        if self.oauth_client_id is not None and self.secret_key is None:
            problems.append(
                "SHARINGHUB_SECRET_KEY: must be set where people sign in (SHARINGHUB_OAUTH_CLIENT_ID): it encrypts "
                "their tokens (try: openssl rand -hex 32)"
            )
        addresses = {}
        if self.oauth_client_id is not None or self.oauth_device_client_id is not None:
            addresses["PUBLIC_URL"] = public_url
        if addresses or self.visitor_token is not None:
            addresses["GITLAB_URL"] = self.gitlab_url
            if self.gitlab_internal_url is not None and not self.gitlab_internal_plain:
                addresses["GITLAB_INTERNAL_URL"] = self.gitlab_internal_url
        for name, url in addresses.items():
            if urlsplit(url).scheme != "https" and not is_loopback(url):
                problems.append(f"SHARINGHUB_{name}: must be https where people sign in: {url} sends tokens in clear")
        return problems

    def model_post_init(self, context: Any, /) -> None:
        problems = []
        hook_secrets = {"HOOK_SECRET": self.hook_secret, "HOOK_SECRET_BEFORE": self.hook_secret_before}
        problems += [
            f"SHARINGHUB_{name}: is empty (try: openssl rand -hex 32)"
            for name, secret in hook_secrets.items()
            if secret is not None and not secret.get_secret_value()
        ]
        try:
            if self.hook_signing_key is not None and not self.hook_signing_keys:
                problems.append("SHARINGHUB_HOOK_SIGNING_KEY: is empty; it is the hook's signing token, whsec_…")
        except ValueError as error:
            problems.append(f"SHARINGHUB_HOOK_SIGNING_KEY: {error}")
        for name, key in (("SECRET_KEY", self.secret_key), ("SECRET_KEY_BEFORE", self.secret_key_before)):
            if key is not None and is_weak(key.get_secret_value()):
                problems.append(
                    f"SHARINGHUB_{name}: must have at least 32 characters, and not always the same few "
                    "(try: openssl rand -hex 32)"
                )
        if self.secret_key_before is not None and self.secret_key is None:
            problems.append("SHARINGHUB_SECRET_KEY_BEFORE: needs SHARINGHUB_SECRET_KEY, which follows it")
        if self.oauth_client_secret is not None and self.oauth_client_id is None:
            problems.append("SHARINGHUB_OAUTH_CLIENT_SECRET: needs SHARINGHUB_OAUTH_CLIENT_ID")
        if self.session_idle_seconds > self.session_seconds:
            problems.append("SHARINGHUB_SESSION_IDLE_SECONDS: must not be longer than SHARINGHUB_SESSION_SECONDS")
        if self.metrics_token is not None and len(self.metrics_token.get_secret_value()) < 16:
            problems.append("SHARINGHUB_METRICS_TOKEN: must have at least 16 characters (try: openssl rand -hex 32)")
        if self.gitlab_ca_file is not None and not self.gitlab_ca_file.is_file():
            problems.append(f"SHARINGHUB_GITLAB_CA_FILE: {self.gitlab_ca_file} is not a file")
        if self.grants_ttl > self.grants_hard_ttl:
            problems.append("SHARINGHUB_GRANTS_TTL: must not be longer than SHARINGHUB_GRANTS_HARD_TTL")
        if problems:
            raise SettingsError("\n".join(problems))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = [init_settings, env_settings]
        if folder := os.environ.get("SHARINGHUB_SECRETS_DIR"):
            sources.append(SecretsSettingsSource(settings_cls, secrets_dir=folder))
        if file := os.environ.get("SHARINGHUB_CONFIG_FILE"):
            sources.append(YamlConfigSettingsSource(settings_cls, yaml_file=file))
        return tuple(sources)


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` win over every source. Raises SettingsError."""
    _refuse_unknown(os.environ)
    if (folder := Path(os.environ.get("SHARINGHUB_SECRETS_DIR", ""))).name and folder.is_dir():
        _refuse_unknown([file.name for file in folder.iterdir()])
    for name, kind in (("SHARINGHUB_CONFIG_FILE", Path.is_file), ("SHARINGHUB_SECRETS_DIR", Path.is_dir)):
        if (value := os.environ.get(name)) and not kind(Path(value)):
            raise SettingsError(f"{name}: {value} does not exist")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_told(one) for one in error.errors())) from None
    except SettingsError:
        raise
    except SourceError as error:  # JSON in a variable that is none
        named = re.search(r'field "(\w+)"', str(error))
        name = PREFIX + named[1].upper() if named else "the settings"
        example = _JSON_EXAMPLES.get(name, '["https://browser.example.org"]')
        raise SettingsError(f"{name}: must be JSON, such as {example}") from None
    except Exception as error:  # a YAML file that is none, or holds no mapping
        reason = (
            str(error) if isinstance(error, yaml.YAMLError) else "it must hold lines such as `gitlab_url: https://…`"
        )
        raise SettingsError(f"SHARINGHUB_CONFIG_FILE: {reason}") from None


def _refuse_unknown(names: Iterable[str]) -> None:
    """Of environment variables, or of files with secrets: what begins as a setting does has to be one."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _SOURCES
    unknown = sorted(
        name
        for name in names
        if name.upper().startswith(PREFIX)
        and name.upper().split("__")[0] not in known
        and not _SERVICE_LINK.fullmatch(name)
    )
    if unknown:
        raise SettingsError("\n".join(f"{name}: {_no_such(name.upper(), known)}" for name in unknown))


def _no_such(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")


def _names_beside(place: Sequence[int | str]) -> Iterable[str]:
    """The names that there are where an unknown one stands."""
    inner: dict[str, type[BaseModel]] = {"categories": CategorySettings, "extensions": ExtensionSettings}
    return (inner.get(str(place[0]), Settings) if len(place) > 1 else Settings).model_fields


def _told(error: Any) -> str:
    """One validation error in a line that names the setting and shows no value: it may be a secret."""
    name = PREFIX + "__".join(str(part) for part in error["loc"]).upper()
    if len(error["loc"]) > 1 and error["loc"][0] in ("categories", "extensions"):
        name = f"{PREFIX}{str(error['loc'][0]).upper()}: {place_of(error['loc'])}"
    if error["type"] == "missing":
        return f"{name}: must be set"
    if error["type"] == "extra_forbidden":
        return f"{name}: {_no_such(str(error['loc'][-1]), _names_beside(error['loc']))}"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"

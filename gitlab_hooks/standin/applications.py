"""OAuth applications and what they are given, tokens of projects and groups, and CI jobs with theirs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from gitlab_hooks.standin.model import AccessLevel, Group, Project, Token, User
from gitlab_hooks.standin.oauth_model import Application, Code, DeviceGrant, Job, TokenPair
from gitlab_hooks.standin.projects import Projects

ACCESS_SECONDS = 7200
CODE_SECONDS = 600
DEVICE_SECONDS = 300
_USER_CODE = "BCDFGHJKLMNPQRSTVWXZ"


class Applications(Projects):
    """Who may sign in through which application, and what has been given out."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.applications: dict[str, Application] = {}
        self.codes: dict[str, Code] = {}
        self.device_grants: dict[str, DeviceGrant] = {}
        self.pairs: dict[str, TokenPair] = {}  # by refresh token

    def add_application(
        self,
        name: str,
        redirect_uris: Sequence[str],
        scopes: Sequence[str] = ("openid", "read_api"),
        *,
        confidential: bool = True,
    ) -> Application:
        """An application of the instance, with a client id and a secret of its own."""
        with self.lock:
            client_id, secret = secrets.token_hex(32), f"gloas-{secrets.token_hex(32)}"
            made = Application(
                self.next_id("application"), name, client_id, secret, tuple(redirect_uris), tuple(scopes), confidential
            )
            self.applications[client_id] = made
            return made

    def give_code(self, code: Code) -> str:
        """The text of a code."""
        with self.lock:
            text = secrets.token_hex(32)
            self.codes[text] = code
            return text

    def take_code(self, text: str) -> Code | None:
        """A code, once; None for one that is unknown or too old."""
        with self.lock:
            found = self.codes.pop(text, None)
        return found if found is not None and found.ends_at > self.now() else None

    def begin_device_grant(self, application: Application, scopes: tuple[str, ...]) -> DeviceGrant:
        """A sign-in that waits for a person with the user code."""
        with self.lock:
            user_code = "".join(secrets.choice(_USER_CODE) for _ in range(8))
            ends = self.now() + timedelta(seconds=DEVICE_SECONDS)
            made = DeviceGrant(application, secrets.token_urlsafe(32), user_code, scopes, ends)
            self.device_grants[made.device_code] = made
            return made

    def sign_in(self, application: Application, user: User, scopes: Sequence[str]) -> TokenPair:
        """A pair of tokens, as at the end of a sign-in."""
        with self.lock:
            ends = self.now() + timedelta(seconds=ACCESS_SECONDS)
            text = secrets.token_hex(32)
            token = Token(
                self.next_id("token"),
                user,
                text,
                application.name,
                tuple(scopes),
                self.now(),
                kind="oauth",
                ends_at=ends,
            )
            self.tokens[text] = token
            pair = TokenPair(application, user, token, secrets.token_hex(32), tuple(scopes))
            self.pairs[pair.refresh] = pair
            return pair

    def refresh(self, text: str, application: Application) -> TokenPair | None:
        """The pair that follows: the old access token and the old refresh token end with it."""
        with self.lock:
            pair = self.pairs.get(text)
            if pair is None or pair.revoked or pair.application is not application or pair.user.state != "active":
                return None
            self.revoke_pair(pair)
            return self.sign_in(application, pair.user, pair.scopes)

    def revoke_pair(self, pair: TokenPair) -> None:
        with self.lock:
            pair.revoked = pair.access.revoked = True

    def revoke_application(self, application: Application, user: User) -> None:
        """The user withdraws what was allowed to an application. No hook."""
        with self.lock:
            for pair in self.pairs.values():
                if pair.application is application and pair.user is user:
                    self.revoke_pair(pair)

    def add_resource_token(
        self,
        target: Project | Group,
        level: AccessLevel = AccessLevel.REPORTER,
        scopes: Sequence[str] = ("read_api",),
    ) -> Token:
        """A project or group access token: that of a bot that is a member there and nowhere else."""
        with self.lock:
            kind = "group" if isinstance(target, Group) else "project"
            bot = self.add_user(f"{kind}_{target.id}_bot_{secrets.token_hex(4)}", bot=True)
            self.add_member(target, bot, level)
            token = self.add_token(bot, name=f"{kind} token", scopes=scopes)
            token.kind = kind
            return token

    def add_deploy_token(self, project: Project) -> Token:
        """A deploy token: it reaches git and the registries, and not the API."""
        with self.lock:
            bot = self.add_user(f"gitlab-deploy-token-{secrets.token_hex(4)}", bot=True)
            self.add_member(project, bot, AccessLevel.REPORTER)
            token = self.add_token(bot, f"gldt-{secrets.token_urlsafe(15)}", "deploy", ("read_repository",))
            token.kind = "deploy"
            return token

    def add_job(self, project: Project, user: User) -> Job:
        """A job that runs."""
        with self.lock:
            token = self.add_token(user, f"glcbt-64_{secrets.token_urlsafe(15)}", "job", ())
            token.kind = "job"
            token.job = Job(self.next_id("job"), project, user, token)
            return token.job

    def finish_job(self, job: Job) -> None:
        """The job ends, and its token with it."""
        with self.lock:
            job.running, job.token.revoked = False, True

    def allow_jobs(self, target: Project, source: Project) -> None:
        """Let jobs of another project reach this one, as far as their users may."""
        with self.lock:
            target.job_allowlist.add(source.id)

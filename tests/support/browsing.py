"""A browser as far as signing in needs one: cookies, redirects one by one, and the forms of the stand-in GitLab."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from gitlab_hooks.standin.oauth_model import Application
from sharinghub_ext.config import Settings
from tests.support.running import RunningHub, SampleWorld

SECRET_KEY = "0123456789abcdeffedcba9876543210"
_HIDDEN = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


class SigningWorld:
    """A sample world with an application for a hub that comes later."""

    def __init__(self, world: SampleWorld, **settings: Any) -> None:
        self.world = world
        self.application: Application = world.world.add_application("SharingHub", ["http://not.yet/"])
        self.settings: Settings = world.settings(
            **{
                "oauth_client_id": self.application.client_id,
                "oauth_client_secret": self.application.secret,
                "secret_key": SECRET_KEY,
                **settings,
            }
        )

    def knows(self, hub: RunningHub) -> None:
        """GitLab leads back to this hub from now on, and to those before."""
        self.application.redirect_uris += (f"{hub.url}/auth/callback",)


class Browser:
    """One browser in front of a hub."""

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        self.http = httpx.Client(base_url=hub.address, timeout=30, trust_env=False)

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """As a page of the hub sends it."""
        return self.http.post(path, headers={"Origin": _origin(self.hub.url)}, **options)

    def begin(self, wanted: str | None = None) -> str:
        """Begin a sign-in; the address at GitLab to which the hub leads."""
        answer = self.http.get("/auth/login", params={"next": wanted} if wanted else None)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def allow(self, at_gitlab: str, person: str, decision: str = "allow") -> str:
        """Fill in GitLab's form; the path at the hub to which it leads back."""
        with httpx.Client(timeout=30, trust_env=False) as gitlab:
            page = gitlab.get(at_gitlab)
            assert page.status_code == 200, page.text
            form = dict(_HIDDEN.findall(page.text)) | {"username": person, "decision": decision}
            answer = gitlab.post(at_gitlab.partition("?")[0], data=form)
        assert answer.status_code == 302, answer.text
        target = urlsplit(answer.headers["location"])
        assert f"{target.scheme}://{target.netloc}" == _origin(self.hub.url)
        return f"{target.path}?{target.query}"

    def sign_in(self, person: str, wanted: str | None = None) -> httpx.Response:
        """The whole way; the hub's answer at its end."""
        return self.http.get(self.allow(self.begin(wanted), person))

    @property
    def cookie(self) -> str | None:
        return self.http.cookies.get("sharinghub")

    def sees(self) -> set[str]:
        """The ids that a search shows."""
        answer = self.http.get("/stac/search", params={"limit": "1000"})
        assert answer.status_code == 200, answer.text
        return {item["id"] for item in answer.json()["features"]}


def asked(url: str) -> dict[str, str]:
    """The parameters of a URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

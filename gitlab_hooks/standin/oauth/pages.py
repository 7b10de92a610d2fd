"""The pages of signing in: who one is (every active account is offered, without a password), and whether the
application may do what it asks for.

`/oauth/authorize` is a form of `username` (one radio button for each account) with the buttons `decision=allow` and
`decision=deny`; `/oauth/device` is the same with the field `user_code`.
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from gitlab_hooks.standin.applications import CODE_SECONDS
from gitlab_hooks.standin.model import User
from gitlab_hooks.standin.oauth_model import Code
from gitlab_hooks.standin.world import World

_KEPT = ("client_id", "redirect_uri", "state", "scope", "nonce", "code_challenge", "code_challenge_method")


def _page(title: str, body: str, status: int = 200, form_targets: str = "'self'") -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    policy = f"default-src 'none'; form-action {form_targets}; frame-ancestors 'none'"
    return HTMLResponse(text, status, {"Content-Security-Policy": policy, "Cache-Control": "no-store"})


def _form(world: World, hidden: dict[str, Any], fields: str = "") -> str:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">' for name, value in hidden.items()
    )
    people = "".join(
        f'<p><label><input type="radio" name="username" value="{escape(user.username)}" required> '
        f"{escape(user.name)}</label></p>"
        for user in world.users.values()
        if user.state == "active" and not user.bot
    )
    buttons = (
        '<p><button name="decision" value="allow">Authorize</button> '
        '<button name="decision" value="deny" formnovalidate>Cancel</button></p>'
    )
    return f'<form method="post">{kept}{fields}{people}{buttons}</form>'


def _chosen(world: World, given: dict[str, Any]) -> User | None:
    user = world.user_named(str(given.get("username", "")))
    return user if user is not None and user.state == "active" and not user.bot else None


def authorize(world: World, method: str, given: dict[str, Any]) -> Response:
    """GET and POST /oauth/authorize. Without a known application and address nothing is redirected."""
    application = world.applications.get(str(given.get("client_id", "")))
    target = str(given.get("redirect_uri", ""))
    if application is None or target not in application.redirect_uris:
        return _page("The redirect URI included is not valid.", "", 400)
    state = str(given.get("state", ""))
    scopes = tuple(str(given.get("scope", "")).split()) or application.scopes[:1]
    if not set(scopes) <= set(application.scopes):
        return _back(target, {"error": "invalid_scope", "state": state})
    if method == "GET":
        if given.get("response_type") != "code":
            return _back(target, {"error": "unsupported_response_type", "state": state})
        parts = urlsplit(target)
        hidden = {name: given[name] for name in _KEPT if name in given}
        title = f"Authorize {application.name} to use your account?"
        asked = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
        # Browsers hold the target of a redirect after a form against the policy, too.
        return _page(title, f"<ul>{asked}</ul>{_form(world, hidden)}", 200, f"'self' {parts.scheme}://{parts.netloc}")
    user = _chosen(world, given)
    if given.get("decision") != "allow":
        return _back(target, {"error": "access_denied", "state": state})
    if user is None:
        return _page("Invalid login", "<p>Choose who you are.</p>", 422)
    code = Code(
        application,
        user,
        target,
        scopes,
        given.get("code_challenge"),
        str(given.get("code_challenge_method") or "plain"),
        given.get("nonce"),
        world.now() + timedelta(seconds=CODE_SECONDS),
    )
    return _back(target, {"code": world.give_code(code), "state": state})


def _back(target: str, values: dict[str, str]) -> Response:
    return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{urlencode(values)}", 302)


def device(world: World, method: str, given: dict[str, Any]) -> Response:
    """GET and POST /oauth/device."""
    user_code = str(given.get("user_code", ""))
    if method == "GET":
        field = f'<p><label>Code <input name="user_code" value="{escape(user_code)}" required></label></p>'
        return _page("Connect a device", _form(world, {}, field))
    found = [one for one in world.device_grants.values() if one.user_code == user_code and one.ends_at > world.now()]
    if not found:
        return _page("The user code is invalid.", "", 422)
    if given.get("decision") != "allow":
        found[0].denied = True
        return _page("Denied", "<p>You can close this page.</p>")
    user = _chosen(world, given)
    if user is None:
        return _page("Invalid login", "<p>Choose who you are.</p>", 422)
    found[0].user = user
    return _page("Device authorized", "<p>You can close this page.</p>")

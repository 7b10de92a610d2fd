"""Users, the caller's own account and token, the version and the applications of the instance by REST."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin import paging
from gitlab_hooks.standin.calls import Call, Router, forbidden, not_found, refuse
from gitlab_hooks.standin.entities import Json, token_entity, user_basic, user_public
from gitlab_hooks.standin.hooks import VERSION
from gitlab_hooks.standin.model import Token, User
from gitlab_hooks.standin.parameters import ApiError

REVISION = "0123456789a"


def current_user(call: Call) -> Response:
    return JSONResponse(user_public(call.world, call.signed_in()))


def _shape(call: Call, user: User) -> Json:
    if call.user and call.user.admin:
        return user_public(call.world, user)
    return user_basic(call.world, user)


def users(call: Call) -> Response:
    """`?username=` and `?search=`; without a token only `username` is answered, as GitLab does."""
    name, search = call.text("username"), (call.text("search") or "").lower()
    if call.user is None and not name:
        raise forbidden("Not authorized to access /api/v4/users")
    rows = [user for _, user in sorted(call.world.users.items(), reverse=True)]
    rows = [user for user in rows if search in f"{user.username}\n{user.name}".lower()]
    if name:
        rows = [user for user in rows if user.username.lower() == name.lower()]
    return paging.paged(call, rows, lambda user: _shape(call, user))


def _user(call: Call) -> User:
    key = call.path["id"]
    found = call.world.users.get(int(key)) if key.isdecimal() else None
    if found is None:
        raise not_found("User")
    return found


def one_user(call: Call) -> Response:
    if call.user is None:
        raise forbidden("Not authorized!")
    return JSONResponse(_shape(call, _user(call)))


def block(call: Call) -> Response:
    call.admin()
    user = _user(call)
    if user is call.user:
        raise refuse(403, "403 Forbidden - The API initiating user cannot be blocked by the API")
    if user.state == "blocked":
        return JSONResponse(True, 201)
    call.world.block_user(user)
    return JSONResponse(True, 201)


def unblock(call: Call) -> Response:
    call.admin()
    call.world.unblock_user(_user(call))
    return JSONResponse(True, 201)


def create_user(call: Call) -> Response:
    call.admin()
    made = call.world.add_user(
        call.required("username"),
        call.required("name"),
        admin=bool(call.flag("admin")),
        external=bool(call.flag("external")),
    )
    return JSONResponse(user_public(call.world, made), 201)


def update_user(call: Call) -> Response:
    call.admin()
    user = _user(call)
    changes = {key: call.flag(key) for key in ("admin", "external", "auditor") if call.flag(key) is not None}
    call.world.update_user(user, **changes, **({"name": call.text("name")} if call.text("name") else {}))
    if call.text("username") and call.text("username") != user.username:
        call.world.rename_user(user, call.required("username"))
    return JSONResponse(user_public(call.world, user))


def remove_user(call: Call) -> Response:
    call.admin()
    call.world.delete_user(_user(call))
    return Response(status_code=204)


def metadata(call: Call) -> Response:
    call.signed_in()
    return JSONResponse(
        {
            "version": VERSION,
            "revision": REVISION,
            "enterprise": True,
            "kas": {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None},
        }
    )


def version(call: Call) -> Response:
    call.signed_in()
    return JSONResponse({"version": VERSION, "revision": REVISION})


def _own_token(call: Call) -> Token:
    call.signed_in()
    assert call.token is not None
    return call.token


def own_token(call: Call) -> Response:
    token = _own_token(call)
    if token.kind == "oauth":
        raise ApiError(400, {"error": "This endpoint requires token type to be a personal access token"})
    return JSONResponse(
        token_entity(token, not token.revoked and not token.expired(call.world.today(), call.world.now()))
    )


def revoke_own_token(call: Call) -> Response:
    call.world.revoke_token(_own_token(call))
    return Response(status_code=204)


def applications(call: Call) -> Response:
    """Every application of the instance, without its secret; several redirect URIs stand in lines."""
    call.admin()
    return JSONResponse(
        [
            {
                "id": one.id,
                "application_id": one.client_id,
                "application_name": one.name,
                "callback_url": "\n".join(one.redirect_uris),
                "confidential": one.confidential,
            }
            for one in call.world.applications.values()
        ]
    )


ANY_SCOPE = (
    "read_user",
    "read_repository",
    "write_repository",
    "openid",
    "profile",
    "email",
    "sudo",
    "admin_mode",
    "read_registry",
    "write_registry",
    "create_runner",
    "manage_runner",
    "ai_features",
    "k8s_proxy",
    "self_rotate",
    "read_api",
)


def register(router: Router) -> None:
    router.on("GET", "/user", "read_user")(current_user)
    router.on("GET", "/users", "read_user")(users)
    router.on("POST", "/users")(create_user)
    router.on("GET", "/users/:id", "read_user")(one_user)
    router.on("PUT", "/users/:id")(update_user)
    router.on("DELETE", "/users/:id")(remove_user)
    router.on("POST", "/users/:id/block")(block)
    router.on("POST", "/users/:id/unblock")(unblock)
    router.on("GET", "/version", "read_user", "ai_features")(version)
    router.on("GET", "/metadata", "read_user", "ai_features")(metadata)
    router.on("GET", "/applications")(applications)
    router.on("GET", "/personal_access_tokens/self", *ANY_SCOPE)(own_token)
    router.on("DELETE", "/personal_access_tokens/self", *ANY_SCOPE)(revoke_own_token)

"""Which files of an item ask for a token, and how one is had and sent: the authentication extension.

Files that lie behind the catalogue, of a project that is not public, ask for one; what is public asks for none, and
what lies elsewhere is not the catalogue's to say. Each scheme alone suffices.
Sources: https://github.com/stac-extensions/authentication (v1.1.0), https://docs.gitlab.com/api/oauth2/,
https://docs.gitlab.com/integration/openid_connect_provider/
"""

from typing import Any, Final

from stac_ext.model import ProjectFacts, Visibility
from stac_ext.urls import BuildContext

EXTENSION: Final = "https://stac-extensions.github.io/authentication/v1.1.0/schema.json"
_SCOPES: Final = {"read_api": "Read what GitLab shows you"}


def schemes(context: BuildContext) -> dict[str, Any]:
    """How a caller shows who they are, by names that `auth:refs` use. An OAuth access token is sent as `bearer`."""
    gitlab = context.gitlab_url.rstrip("/")
    return {
        "openIdConnect": {
            "type": "openIdConnect",
            "description": "Sign in with GitLab, with the scopes openid and read_api.",
            "openIdConnectUrl": f"{gitlab}/.well-known/openid-configuration",
        },
        "oauth2": {
            "type": "oauth2",
            "description": "An access token of GitLab for any application, with PKCE.",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": f"{gitlab}/oauth/authorize",
                    "tokenUrl": f"{gitlab}/oauth/token",
                    "refreshUrl": f"{gitlab}/oauth/token",
                    "scopes": dict(_SCOPES),
                }
            },
        },
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal, project or group access token of GitLab with the scope read_api.",
        },
        "privateToken": {
            "type": "apiKey",
            "in": "header",
            "name": "PRIVATE-TOKEN",
            "description": "The same token in GitLab's own header.",
        },
    }


def with_authentication(item: dict[str, Any], facts: ProjectFacts, context: BuildContext) -> dict[str, Any]:
    """The item, with what the assets and links ask for that lie behind the catalogue."""
    if facts.effective_visibility is Visibility.PUBLIC:
        return item
    behind = tuple(f"{url.rstrip('/')}/" for url in (context.assets_url, context.dvc_url) if url)
    known = schemes(context)

    def told(entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, "auth:refs": list(known)} if str(entry["href"]).startswith(behind) else entry

    assets = {key: told(asset) for key, asset in item["assets"].items()}
    links = [told(link) for link in item["links"]]
    if assets == item["assets"] and links == item["links"]:
        return item
    return {
        **item,
        "stac_extensions": list(dict.fromkeys([*item["stac_extensions"], EXTENSION])),
        "properties": {**item["properties"], "auth:schemes": known},
        "assets": assets,
        "links": links,
    }

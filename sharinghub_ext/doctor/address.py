"""Whether people reach this hub at the public URL that all links begin with."""

from collections.abc import Iterator
from typing import Any

import httpx

from gitlab_hooks.gateway.tls import trust
from sharinghub_ext.doctor.finding import Finding, Situation, fault, good, warning

_MOST = 100_000


def look_at_address(situation: Situation) -> Iterator[Finding]:
    """Ask for the catalogue there, from here, and compare where it says it is."""
    public = situation.public_url
    if situation.settings.public_url is None:
        yield warning("SHARINGHUB_PUBLIC_URL is not set", "set it to where people reach the hub: links begin with it")
        return
    try:
        catalogue = _get(f"{public}/stac")
    except httpx.HTTPError as error:
        why = "its certificate is not trusted" if "CERTIFICATE_VERIFY_FAILED" in str(error) else type(error).__name__
        yield fault(
            f"{public} does not answer from here: {why}",
            "see that the hub runs, DNS, the proxy before it and its certificate",
        )
        return
    own = [one.get("href") for one in catalogue.get("links", ()) if one.get("rel") == "self"]
    if own == [f"{public}/stac"]:
        yield good(f"{public}/stac is this catalogue")
    elif own:
        yield fault(f"the catalogue at {public} calls itself {own[0]}", "set SHARINGHUB_PUBLIC_URL alike everywhere")
    else:
        yield fault(
            f"what answers at {public}/stac is no STAC catalogue",
            "see SHARINGHUB_PUBLIC_URL and where the proxy leads; a path in it must reach the hub without that path",
        )


def _get(url: str) -> dict[str, Any]:
    """The JSON object at a URL, an empty one for anything else. Raises httpx.HTTPError."""
    with (
        httpx.Client(verify=trust(None), timeout=10, trust_env=False) as client,
        client.stream("GET", url, headers={"Accept": "application/json", "User-Agent": "sharinghub"}) as answer,
    ):
        if not answer.is_success:
            return {}
        data = bytearray()
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > _MOST:
                return {}
    try:
        found = httpx.Response(200, content=bytes(data)).json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

"""`sharinghub login`: sign in at a hub's GitLab without a browser on this machine, and sign out again."""

import time
from contextlib import suppress
from typing import Annotated

import typer

from sharinghub_ext.login.credentials_file import CredentialsFile, config_folder
from sharinghub_ext.login.device import Prompt, Waiter, sign_in
from sharinghub_ext.login.errors import Unanswered, Unusable
from sharinghub_ext.login.keeper import Keeper
from sharinghub_ext.login.kept import Kept
from sharinghub_ext.login.places import address, find
from sharinghub_ext.login.renewing import revoke
from sharinghub_ext.login.web import Web
from stac_ext.clock import Clock, SystemClock


def command(
    hub: Annotated[str, typer.Argument(metavar="HUB_URL", help="The address of the hub, without /stac.")],
    open_browser: Annotated[bool, typer.Option("--open", help="Open GitLab's page in a browser here.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Sign out: end the tokens at GitLab and here.")] = False,
) -> None:
    """Sign in at the GitLab of a hub: a code is shown, and you enter it in any browser, on any machine.

    You get a token that reads what you may read (scope read_api) and writes nothing. It is kept in the keyring of this
    system, or where there is none in ~/.config/sharinghub/credentials.json, which only you can read, and is renewed by
    itself. Nothing is sent anywhere but to this hub and its GitLab.

    \b
    Examples:
      sharinghub login https://hub.example.org
      curl -H "Authorization: Bearer $(sharinghub token https://hub.example.org)" https://hub.example.org/stac/search
      sharinghub login --forget https://hub.example.org

    Exit code 0: signed in or out; 1: refused, or nobody entered the code in time; 2: the address, the hub or the place
    of the tokens cannot be used; 3: the hub or GitLab does not answer.
    """
    with Web() as web:
        if forget:
            sign_out(address(hub), _keeper(), web)
        else:
            log_in(address(hub), _keeper(), web, open_browser=open_browser, wait=time.sleep, clock=SystemClock())


def log_in(
    hub: str,
    keeper: Keeper,
    web: Web,
    *,
    open_browser: bool = False,
    wait: Waiter,
    clock: Clock,
) -> None:
    """Sign in, keep the tokens, and end those before. Raises LoginError."""

    def show(prompt: Prompt) -> None:
        _show(prompt)
        if open_browser:
            typer.launch(prompt.page_with_code or prompt.page)

    keeper.check()  # before a person is bothered
    kept = sign_in(web, find(web, hub), show, wait, clock)
    with keeper.locked():
        before = _before(keeper, hub)
        where = keeper.write(kept)
    if before is not None:
        with suppress(Unanswered):
            revoke(web, before)
    typer.echo(f"Signed in{_name(web, hub, kept.access_token)}. The token is in {where}; this prints it when needed:")
    typer.echo(f"  sharinghub token {hub}")


def sign_out(hub: str, keeper: Keeper, web: Web) -> None:
    """End the tokens at GitLab and here. Raises Unanswered where GitLab could not be asked; they are gone here."""
    with keeper.locked():
        kept = keeper.read(hub)
        try:
            if kept is not None:
                revoke(web, kept)
        except Unanswered as error:
            page = f"{kept.gitlab}/-/user_settings/applications" if kept else ""
            raise Unanswered(f"{error} Here the token is deleted; end it at GitLab by hand: {page}") from None
        finally:
            keeper.delete(hub)
    typer.echo("Signed out." if kept is not None else f"Nobody is signed in at {hub}.")


def _keeper() -> Keeper:
    return Keeper(CredentialsFile(config_folder()), lambda line: typer.echo(f"sharinghub: {line}", err=True))


def _before(keeper: Keeper, hub: str) -> Kept | None:
    """The sign-in that is replaced; none where the keyring does not tell."""
    with suppress(Unusable):
        return keeper.read(hub)
    return None


def _show(prompt: Prompt) -> None:
    typer.echo(f"Open {prompt.page}\nand enter the code\n\n    {prompt.code}\n")
    if prompt.page_with_code:
        typer.echo(f"or open {prompt.page_with_code}\n")
    minutes = max(1, prompt.lasts // 60)
    typer.echo(f"The code counts for {minutes} minute{'s' if minutes > 1 else ''}. Waiting; Ctrl-C gives up.")


def _name(web: Web, hub: str, token: str) -> str:
    """Whom the hub takes the token for, as it is told; nothing where it does not say."""
    try:
        status, told = web.get(f"{hub}/auth/me", token)
    except Unanswered:
        return ""
    name = str(told.get("username", "")) if status == 200 else ""
    return f" as {name}" if name.isascii() and name.isprintable() and name else ""

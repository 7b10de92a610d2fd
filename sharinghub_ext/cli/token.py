"""`sharinghub token`: an access token for a hub, alone on the standard output, for other programs."""

from typing import Annotated

import typer

from sharinghub_ext.login.credentials_file import CredentialsFile, config_folder
from sharinghub_ext.login.keeper import Keeper
from sharinghub_ext.login.places import address
from sharinghub_ext.login.renewing import usable_token
from sharinghub_ext.login.web import Web
from stac_ext.clock import SystemClock


def command(hub: Annotated[str, typer.Argument(metavar="HUB_URL", help="The address of the hub.")]) -> None:
    """Print an access token for a hub, renewed where it is due. `sharinghub login HUB_URL` comes first.

    The token is printed alone, for a program to take: it reads what you may read, for two hours at most. Do not write
    it into a file or a command line that stays.

    \b
    Examples:
      curl -H "Authorization: Bearer $(sharinghub token https://hub.example.org)" https://hub.example.org/stac/search
      dvc remote modify --local hub password "Bearer $(sharinghub token https://hub.example.org)"

    \b
    With pystac-client:
      token = subprocess.check_output(["sharinghub", "token", "https://hub.example.org"], text=True).strip()
      Client.open("https://hub.example.org/stac", headers={"Authorization": f"Bearer {token}"})

    A new token ends the one before, so take it anew for each program that you start.

    Exit code 0: printed; 1: sign in first; 2: the address or the place of the tokens cannot be used; 3: GitLab does not
    answer.
    """
    keeper = Keeper(CredentialsFile(config_folder()), lambda line: typer.echo(f"sharinghub: {line}", err=True))
    with Web() as web:
        typer.echo(usable_token(address(hub), keeper, web, SystemClock()))

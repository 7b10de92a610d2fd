"""What can go wrong with a sign-in on the command line. No message holds a token.

LoginError
├── Unusable      what was named, or the place of the tokens, cannot be used (exit code 2)
├── NotSignedIn   there is no token: nobody signed in, or was let in (exit code 1)
└── Unanswered    the hub or GitLab does not answer as it must (exit code 3)
"""


class LoginError(Exception):
    """The message says what to do next."""

    code = 2
    title = "signing in does not work"


class Unusable(LoginError):
    """An address or a file that is refused."""


class NotSignedIn(LoginError):
    """No token, and none to be had without a person."""

    code = 1
    title = "not signed in"


class Unanswered(LoginError):
    """An answer that is missing or wrong; trying again may help."""

    code = 3

"""No cookies: what GitLab sets in its answer to one caller must not come along with the question of another."""

from http.cookiejar import CookieJar, DefaultCookiePolicy


def no_cookies() -> CookieJar:
    """A jar that takes nothing and gives nothing."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))

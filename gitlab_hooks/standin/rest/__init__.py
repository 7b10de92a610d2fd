"""The REST API (v4): one module for each kind of resource, all routes in one table."""

from gitlab_hooks.standin.calls import Router
from gitlab_hooks.standin.rest import files, groups, hooks, members, projects, releases, repository, users

__all__ = ["build_router"]


def build_router() -> Router:
    """The table of all routes."""
    router = Router()
    for module in (projects, repository, files, releases, members, groups, hooks, users):
        module.register(router)
    return router

"""The REST API (v4): one module for each kind of resource, all routes in one table."""

from gitlab_hooks.standin.calls import Router
from gitlab_hooks.standin.rest import (
    files,
    groups,
    hooks,
    jobs,
    members,
    packages,
    projects,
    registry,
    release_links,
    releases,
    repository,
    users,
)

__all__ = ["build_router"]


def build_router() -> Router:
    """The table of all routes."""
    router = Router()
    modules = (
        projects,
        repository,
        files,
        releases,
        release_links,
        packages,
        registry,
        members,
        groups,
        hooks,
        users,
        jobs,
    )
    for module in modules:
        module.register(router)
    return router

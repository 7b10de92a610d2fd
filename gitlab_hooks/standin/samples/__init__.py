"""A sample world: believable Earth observation projects, and people who may see some of them.

Decides nothing itself: `people` says who, `projects` says what, `expected` says who may download what. All tokens are
samples of the demo and open nothing but a stand-in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gitlab_hooks.standin.samples.expected import ADMIN_BY_MEMBERSHIP, ADMIN_BY_RULES, ANONYMOUS, EXPECTED_CODE_ACCESS
from gitlab_hooks.standin.samples.people import API_TOKEN_OF_MAYA, SERVICE_ACCOUNT, add_people, add_roles
from gitlab_hooks.standin.samples.projects import AIMODEL, DATASET, PROJECTS, add_projects, dvc_objects
from gitlab_hooks.standin.world import World

__all__ = [
    "ADMIN_BY_MEMBERSHIP",
    "ADMIN_BY_RULES",
    "AIMODEL",
    "ANONYMOUS",
    "DATASET",
    "EXPECTED_CODE_ACCESS",
    "PROJECTS",
    "Samples",
    "dvc_objects",
    "populate",
]


@dataclass(frozen=True)
class Samples:
    """What a demo or a test needs of the sample world.

    `tokens` maps user names to tokens of scope `read_api`; that of a blocked account is there too, and refused.
    `api_token` is maya's with scope `api`, to tag a project. `projects` maps full paths to ids.
    """

    tokens: Mapping[str, str]
    service_token: str
    api_token: str
    projects: Mapping[str, int]


def populate(world: World, *, hub_url: str = "https://sharinghub.example.org") -> Samples:
    """Fill an empty world. `hub_url` is where the catalogue runs: DVC remotes of the samples point below it."""
    tokens = add_people(world)
    projects = add_projects(world, hub_url)
    add_roles(world)
    return Samples(tokens, tokens[SERVICE_ACCOUNT], API_TOKEN_OF_MAYA, projects)

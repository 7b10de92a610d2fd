"""What GitLab tells a job token: whose job it is, and whether it reaches the code of a project.

Job tokens reach few routes: not `/user`, not `/projects/:id`, not GraphQL. A listing of tags is one that asks for the
right to read code. Source: https://docs.gitlab.com/ci/jobs/ci_job_token/
"""

from dataclasses import dataclass
from typing import Any

from gitlab_hooks.gateway.errors import AccessDenied, GitLabUnavailable

HEADER = "JOB-TOKEN"
JOB_PATH = "/api/v4/job"


@dataclass(frozen=True, slots=True)
class Job:
    """A running job: its project, and the user whose rights it has at most."""

    project_id: int
    user_id: int
    username: str


def job_of(answer: dict[str, Any]) -> Job:
    """The job in the answer of `GET /job`. Raises AccessDenied for one that does not run, GitLabUnavailable."""
    user, pipeline = answer.get("user"), answer.get("pipeline")
    user = user if isinstance(user, dict) else {}
    project_id = pipeline.get("project_id") if isinstance(pipeline, dict) else None
    if not isinstance(project_id, int) or not isinstance(user.get("id"), int):
        raise GitLabUnavailable("GitLab's answer about the job has an unknown shape")
    if answer.get("status", "running") != "running" or user.get("state", "active") != "active":
        raise AccessDenied("the job does not run any more, or its user is not active")
    return Job(project_id, user["id"], str(user.get("username", "")))


def tags_path(project_id: int) -> str:
    """What proves that a job token may read the code of a project."""
    return f"/api/v4/projects/{project_id}/repository/tags?per_page=1"

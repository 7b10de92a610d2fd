"""The job whose token asks. Source: https://docs.gitlab.com/api/jobs/#get-job-tokens-job"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from gitlab_hooks.standin.calls import Call, Router, not_found
from gitlab_hooks.standin.entities import user_basic


def own_job(call: Call) -> Response:
    job = call.token.job if call.token else None
    if job is None:
        raise not_found() if call.user else not_found("Job")
    sha = job.project.repository.resolve()
    return JSONResponse(
        {
            "id": job.id,
            "status": "running",
            "stage": "test",
            "name": "test",
            "ref": job.project.repository.default_branch,
            "tag": False,
            "user": user_basic(call.world, job.user),
            "commit": {"id": sha} if sha else None,
            "pipeline": {"id": job.id, "project_id": job.project.id, "sha": sha, "status": "running"},
            "project": {"ci_job_token_scope_enabled": True},
        }
    )


def register(router: Router) -> None:
    router.on("GET", "/job", jobs=True)(own_job)

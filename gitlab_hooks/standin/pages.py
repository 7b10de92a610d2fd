"""Small HTML pages, so that a link to this GitLab opens something: the projects, one project, a file as it is."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from gitlab_hooks.standin.access import Reader
from gitlab_hooks.standin.calls import sees_group
from gitlab_hooks.standin.finder import Filter, find_projects
from gitlab_hooks.standin.model import Group, Project, User
from gitlab_hooks.standin.rest.files import raw_answer
from gitlab_hooks.standin.world import World

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.3rem .8rem;text-align:left;border-bottom:1px solid #ddd}"
    "pre{background:#f6f6f6;padding:1rem;overflow:auto}"
)
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "X-Frame-Options": "DENY"}
SHOWN = 200


def _page(title: str, body: str, status: int = 200) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><p><a href='/'>Stand-in GitLab</a></p><h1>{escape(title)}</h1>"
        f"{body}</body></html>"
    )
    return HTMLResponse(text, status, _HEADERS)


def _link(path: str, text: str) -> str:
    return f'<a href="/{escape(quote(path))}">{escape(text)}</a>'


def _table(projects: list[Project]) -> str:
    rows = "".join(
        f"<tr><td>{_link(p.full_path, p.full_name)}</td><td>{escape(p.visibility)}</td>"
        f"<td>{escape(', '.join(sorted(p.topics)))}</td></tr>"
        for p in projects[:SHOWN]
    )
    more = f"<p>… and {len(projects) - SHOWN} more.</p>" if len(projects) > SHOWN else ""
    return f"<table><tr><th>Project</th><th>Visibility</th><th>Topics</th></tr>{rows}</table>{more}"


def answer(world: World, path: str, user: User | None) -> Response:
    """The page at a path; what the caller may not see is not there."""
    reader, path = world.reader(user), path.strip("/")
    if not path:
        return _page("Projects", _table(find_projects(world, reader, Filter())))
    name, dash, rest = path.partition("/-/")
    found = world.find(name.removeprefix("groups/")) or world.moved_from(name)
    if isinstance(found, Project) and reader.on(found).read_project:
        if found.full_path.lower() != name.lower():
            return RedirectResponse(f"/{quote(found.full_path)}{dash}{quote(rest)}", 302)
        if rest.startswith("releases/"):
            return _released(reader, found, rest.removeprefix("releases/"))
        return _raw(reader, found, rest[4:]) if rest.startswith("raw/") else _project(reader, found)
    if isinstance(found, Group) and sees_group(world, reader, found):
        inside = [p for p in find_projects(world, reader, Filter()) if p.group and found in p.group.lineage()]
        return _page(found.full_name, _table(inside))
    if isinstance(found, User):
        own = [p for p in find_projects(world, reader, Filter()) if p.namespace is found]
        return _page(found.name, _table(own))
    return _page("404 Page not found", "<p>There is nothing here, or it is not for everybody.</p>", 404)


def _project(reader: Reader, project: Project) -> Response:
    facts = {
        "Id": str(project.id),
        "Path": project.full_path,
        "Visibility": project.visibility,
        "Topics": ", ".join(sorted(project.topics)),
        "Archived": "yes" if project.archived else "no",
    }
    rows = "".join(f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in facts.items())
    body = f"<p>{escape(project.description or '')}</p><table>{rows}</table>"
    sha = project.repository.resolve() if reader.on(project).download_code else None
    if sha:
        files = project.repository.listing(sha) or []
        at = f"{project.full_path}/-/raw/{project.repository.default_branch}"
        items = "".join(
            f"<li>{_link(f'{at}/{e.path}', e.name) if e.type == 'blob' else escape(e.name) + '/'}</li>" for e in files
        )
        body += f"<h2>Files</h2><ul>{items}</ul>"
    if project.releases:
        body += "<h2>Releases</h2><ul>" + "".join(f"<li>{escape(tag)}</li>" for tag in project.releases) + "</ul>"
    return _page(project.full_name, body)


def _released(reader: Reader, project: Project, rest: str) -> Response:
    """A permanent link of a release leads to what was linked."""
    tag, _, path = rest.partition("/downloads")
    release = project.releases.get(tag) if reader.may(project, "releases") else None
    found = next((link for link in release.links.values() if link.path == path), None) if release else None
    if found is not None:
        return RedirectResponse(found.url, 302)
    return _page("404 Page not found", "<p>There is no such release, or it is not for everybody.</p>", 404)


def _raw(reader: Reader, project: Project, rest: str) -> Response:
    repository = project.repository
    refs = {**repository.branches(), **repository.tags()}
    parts = rest.split("/")
    for at in range(len(parts) - 1, 0, -1):
        ref = "/".join(parts[:at])
        sha = repository.resolve(ref) if ref in refs or ref == "HEAD" or at == 1 else None
        entry = repository.entry(sha, "/".join(parts[at:])) if sha else None
        data = repository.blob(entry.sha) if entry else None
        if entry and data is not None and reader.on(project).download_code:
            return raw_answer(data, entry.name, {})
    return _page("404 Page not found", "<p>There is no such file, or it is not for everybody.</p>", 404)

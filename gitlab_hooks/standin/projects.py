"""Projects: how they come to be, change, move, rest and go, and which system hook each change fires."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gitlab_hooks.standin import payloads
from gitlab_hooks.standin.model import REPOSITORY_LEVELS, VISIBILITY_LEVELS, AccessLevel, Group, Project, User
from gitlab_hooks.standin.registries import Registries
from gitlab_hooks.standin.registry_model import FACETS
from gitlab_hooks.standin.repository import BRANCHES, Repository
from gitlab_hooks.standin.state import Conflict, in_utc


class Projects(Registries):
    """Projects, and the removal of what contains them."""

    def add_project(
        self,
        path: str,
        name: str | None = None,
        *,
        description: str | None = None,
        visibility: str = "private",
        topics: Iterable[str] = (),
        files: Mapping[str, bytes] | None = None,
        owner: User | None = None,
        repository_access_level: str = "enabled",
        archived: bool = False,
        star_count: int = 0,
        created_at: datetime | None = None,
        committed_at: datetime | None = None,
        default_branch: str = "main",
        creator: User | None = None,
    ) -> Project:
        """A project at a full path in an existing group or personal namespace; without `files` it stays empty.

        An `owner` of a project in a group becomes a direct member with the Owner role. Unlike the REST API this does
        not hold the visibility against the group's. Fires `project_create`, for an owner `user_add_to_team`, and for
        files what their push fires.
        """
        _check(visibility, repository_access_level)
        with self.lock:
            above, _, last = path.rpartition("/")
            namespace = self.find(above)
            if not isinstance(namespace, Group | User):
                raise Conflict("namespace", f"{above or path!r} does not exist")
            identity = self.next_id("project")
            created_at, committed_at = in_utc(created_at), in_utc(committed_at)
            now = created_at or self.now()
            personal = namespace if isinstance(namespace, User) else None
            git_dir = self.repositories / f"{identity}.git"
            if (git_dir / "HEAD").exists():
                # Left by an earlier run in the same folder: its state is gone, so must its code be.
                shutil.rmtree(git_dir)
            project = Project(
                identity,
                last,
                name or last,
                namespace,
                visibility,
                now,
                now,
                now,
                Repository(git_dir, default_branch),
                description=description,
                topics=tuple(topics),
                creator=creator or owner or personal,
                repository_access_level=repository_access_level,
                star_base=star_count,
            )
            try:
                self._claim(project.full_path, project)
            except Conflict:
                shutil.rmtree(project.repository.git_dir)
                raise
            self.projects[identity] = project
            self.project_event("project_create", project)
            if personal or owner:
                self.add_member(project, personal or owner, AccessLevel.OWNER)  # type: ignore[arg-type]
            if files:
                moment = committed_at or created_at
                self.commit(project, files, "Initial commit", author=owner, committed_at=moment)
                project.last_activity_at = project.updated_at = max(now, moment or now)
            project.archived = archived
            return project

    def update_project(self, project: Project, **changes: Any) -> None:
        """Set any of name, path, description, visibility, topics, repository_access_level, default_branch at once;
        and the level of a facet as `<facet>_access_level`.

        Fires `project_rename` when the path changes, else `project_update`, as GitLab's Projects::UpdateService does.
        `updated_at` stands still for topics and the repository level: they live in tables of their own.
        """
        with self.lock:
            old_path = project.full_path
            _check(
                changes.get("visibility", project.visibility),
                changes.get("repository_access_level", project.repository_access_level),
            )
            levels = {key: changes.pop(f"{key}_access_level") for key in FACETS if f"{key}_access_level" in changes}
            for facet, level in levels.items():
                self.check_facet_level(facet, level)
            project.facet_levels.update(levels)
            branch = changes.pop("default_branch", None)
            if branch:
                if branch not in project.repository.branches() and not project.repository.empty:
                    raise Conflict("base", "Could not set the default branch")
                project.repository.set_default_branch(branch)
            path = changes.pop("path", None)
            if path and path != project.path:
                self._move(project, project.namespace, path)
            if "topics" in changes:
                project.topics = tuple(dict.fromkeys(topic.strip() for topic in changes.pop("topics") if topic.strip()))
            for field, value in changes.items():
                if field not in ("name", "description", "visibility", "repository_access_level"):
                    raise ValueError(f"cannot set {field}")
                if getattr(project, field) != value:
                    setattr(project, field, value)
                    if field != "repository_access_level":
                        project.updated_at = self.now()
            if project.full_path != old_path:
                self.project_event("project_rename", project, old_path)
            else:
                self.project_event("project_update", project)

    def set_topics(self, project: Project, topics: Iterable[str]) -> None:
        self.update_project(project, topics=topics)

    def set_visibility(self, project: Project, visibility: str) -> None:
        self.update_project(project, visibility=visibility)

    def set_repository_access_level(self, project: Project, level: str) -> None:
        self.update_project(project, repository_access_level=level)

    def set_description(self, project: Project, description: str) -> None:
        self.update_project(project, description=description)

    def set_name(self, project: Project, name: str) -> None:
        self.update_project(project, name=name)

    def rename_project(self, project: Project, path: str) -> None:
        """Change the last segment of the path; the old path leads here until somebody takes it."""
        self.update_project(project, path=path.rpartition("/")[2])

    def transfer(self, project: Project, namespace: Group | User | str) -> None:
        """Move a project to another namespace. Fires `project_transfer`."""
        with self.lock:
            target = self.find(namespace) if isinstance(namespace, str) else namespace
            if not isinstance(target, Group | User):
                raise Conflict("namespace", "Please select a new namespace for your project.")
            old_path = project.full_path
            self._move(project, target, project.path)
            self.project_event("project_transfer", project, old_path)

    def _move(self, project: Project, namespace: Group | User, path: str) -> None:
        old = project.full_path
        self._claim(f"{namespace.full_path}/{path}", project)
        project.namespace, project.path = namespace, path
        project.updated_at = self.now()
        if old.lower() != project.full_path.lower():
            self._release(old, project, redirect=True)

    def archive(self, project: Project) -> None:
        """Make a project read-only. No hook (sources differ; a client must not rely on one)."""
        with self.lock:
            project.archived, project.updated_at = True, self.now()

    def unarchive(self, project: Project) -> None:
        with self.lock:
            project.archived, project.updated_at = False, self.now()

    def star(self, project: Project, user: User) -> bool:
        """Star a project; False when it was starred already. GitLab sends no hook for it."""
        with self.lock:
            new = user.id not in project.stargazers
            project.stargazers.add(user.id)
            return new

    def unstar(self, project: Project, user: User) -> bool:
        with self.lock:
            starred = user.id in project.stargazers
            project.stargazers.discard(user.id)
            return starred

    def delete_project(self, project: Project, *, immediately: bool = False) -> None:
        """Mark a project for deletion, or remove it at once.

        A marked one is renamed to `<path>-deletion_scheduled-<id>` by the ordinary update, hence `project_rename`; the
        removal fires `project_destroy`.
        """
        with self.lock:
            if immediately:
                self._remove_project(project)
            elif project.marked_for_deletion_on is None:
                old_path = project.full_path
                project.path_before_deletion = (project.path, project.name)
                suffix = f"-deletion_scheduled-{project.id}"
                self._move(project, project.namespace, project.path + suffix)
                project.name += suffix
                project.marked_for_deletion_on = self.today()
                self.project_event("project_rename", project, old_path)

    def restore_project(self, project: Project) -> None:
        """Take back the mark for deletion; fires `project_rename`."""
        with self.lock:
            if project.path_before_deletion is None:
                return
            old_path = project.full_path
            path, name = project.path_before_deletion
            self._move(project, project.namespace, path)
            project.name, project.marked_for_deletion_on, project.path_before_deletion = name, None, None
            self.project_event("project_rename", project, old_path)

    def _remove_project(self, project: Project) -> None:
        self._release(project.full_path, project, redirect=False)
        self._forget_old_paths(project)
        del self.projects[project.id]
        shutil.rmtree(project.repository.git_dir, ignore_errors=True)
        self.project_event("project_destroy", project)

    def delete_group(self, group: Group) -> None:
        """Remove a group with everything below: `project_destroy` for each project, `group_destroy` for each group."""
        with self.lock:
            inside = self.below(group)
            for item in inside:
                if isinstance(item, Project):
                    self._remove_project(item)
            groups = [item for item in inside if isinstance(item, Group)]
            for gone in [*sorted(groups, key=lambda g: -len(g.lineage())), group]:
                self._release(gone.full_path, gone, redirect=False)
                self._forget_old_paths(gone)
                del self.groups[gone.id]
                for target in self._shared():
                    target.shares.pop(gone.id, None)
                self.system_event("group_destroy", payloads.group_event("group_destroy", gone))
                self.group_hook_event(gone.parent, "subgroup", payloads.subgroup_event("subgroup_destroy", gone))

    def delete_user(self, user: User) -> None:
        """Remove an account with its personal projects; fires `project_destroy` for each and `user_destroy`."""
        with self.lock:
            for project in [p for p in self.projects.values() if p.namespace is user]:
                self._remove_project(project)
            for target in self._shared():
                target.members.pop(user.id, None)
            self.tokens = {value: token for value, token in self.tokens.items() if token.user is not user}
            self._routes.pop(user.username.lower(), None)
            self.users.pop(user.id, None)
            self.system_event("user_destroy", payloads.user_event("user_destroy", user))

    def _shared(self) -> list[Group | Project]:
        return [*self.groups.values(), *self.projects.values()]

    def head(self, project: Project) -> str | None:
        """The newest commit of the default branch."""
        return project.repository.refs().get(BRANCHES + project.repository.default_branch)


def _check(visibility: str, repository_access_level: str) -> None:
    if visibility not in VISIBILITY_LEVELS:
        raise Conflict("visibility_level", "is not included in the list")
    if repository_access_level not in REPOSITORY_LEVELS:
        raise Conflict("repository_access_level", "does not have a valid value")

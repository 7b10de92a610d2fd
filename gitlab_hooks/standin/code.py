"""What changes in a repository: commits, branches, tags and releases, and which hooks each of them fires."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from gitlab_hooks.standin import payloads
from gitlab_hooks.standin.hooks import branch_wanted
from gitlab_hooks.standin.model import Project, Release, User
from gitlab_hooks.standin.namespaces import Namespaces
from gitlab_hooks.standin.objects import ZERO
from gitlab_hooks.standin.repository import BRANCHES, TAGS, Signature
from gitlab_hooks.standin.state import Conflict, in_utc

RefChange = tuple[str, str, str]
# https://docs.gitlab.com/administration/system_hooks/#system-hook-limits
PUSH_EVENT_HOOKS_LIMIT = 3
# Project::RESET_PROJECT_ACTIVITY_INTERVAL: activity moves at most once an hour.
ACTIVITY_INTERVAL = timedelta(hours=1)


class Code(Namespaces):
    """Changes of code. Each of them is one push for the hooks."""

    def commit(
        self,
        project: Project,
        files: Mapping[str, bytes | None],
        message: str = "Update",
        *,
        author: User | None = None,
        branch: str | None = None,
        committed_at: datetime | None = None,
        start_branch: str | None = None,
        signature: tuple[str, str] | None = None,
        executable: frozenset[str] = frozenset(),
    ) -> str:
        """Commit files (bytes) and removals (None) to a branch, made from the default branch when it is new.

        Returns the name of the commit. Fires what a push of one branch fires.
        """
        with self.lock:
            repository = project.repository
            branch = branch or repository.default_branch
            heads = repository.branches()
            parent = heads.get(branch) or repository.resolve(start_branch)
            author = author or project.creator
            name, email = signature or (author.name, author.email) if author else ("Administrator", "admin@example.com")
            signed = Signature(name, email, in_utc(committed_at) or self.now())
            sha = repository.write_commit(parent, files, message, signed, executable)
            repository.set_ref(BRANCHES + branch, sha)
            self.pushed(project, author, [(BRANCHES + branch, heads.get(branch, ZERO), sha)])
            return sha

    def add_branch(self, project: Project, name: str, ref: str | None = None, *, author: User | None = None) -> str:
        """A new branch at `ref` (None: the default branch)."""
        return self._add_ref(project, BRANCHES + name, self._commit_of(project, ref), author)

    def remove_branch(self, project: Project, name: str, *, author: User | None = None) -> None:
        self._remove_ref(project, BRANCHES + name, author)

    def add_tag(
        self,
        project: Project,
        name: str,
        ref: str | None = None,
        message: str | None = None,
        *,
        author: User | None = None,
    ) -> str:
        """A tag at `ref` (None: the default branch); with a message it is an annotated one."""
        with self.lock:
            sha = self._commit_of(project, ref)
            if message:
                who = author or project.creator
                name_email = (who.name, who.email) if who else ("Administrator", "admin@example.com")
                tagger = Signature(*name_email, self.now())
                sha = project.repository.write_tag(name, sha, message, tagger)
                project.tag_messages[name] = message
            return self._add_ref(project, TAGS + name, sha, author)

    def remove_tag(self, project: Project, name: str, *, author: User | None = None) -> None:
        project.tag_messages.pop(name, None)
        self._remove_ref(project, TAGS + name, author)

    def _commit_of(self, project: Project, ref: str | None) -> str:
        sha = project.repository.resolve(ref)
        if sha is None:
            raise Conflict("ref", f"Target {ref or project.repository.default_branch} is invalid")
        return sha

    def _add_ref(self, project: Project, ref: str, sha: str, author: User | None) -> str:
        with self.lock:
            if ref in project.repository.refs():
                kind, _, name = ref.removeprefix("refs/").partition("/")
                raise Conflict("ref", f"{'Branch' if kind == 'heads' else 'Tag ' + name} already exists")
            try:
                project.repository.set_ref(ref, sha)
            except ValueError as error:
                raise Conflict("ref", f"Failed to create {ref}: {error}") from None
            self.pushed(project, author or project.creator, [(ref, ZERO, sha)])
            return sha

    def _remove_ref(self, project: Project, ref: str, author: User | None) -> None:
        with self.lock:
            old = project.repository.refs()[ref]
            project.repository.set_ref(ref, None)
            self.pushed(project, author or project.creator, [(ref, old, ZERO)])

    def pushed(self, project: Project, user: User | None, changes: list[RefChange]) -> None:
        """Tell everybody of a push that has happened.

        Branches and tags are counted apart, and created, changed and removed ones apart, as
        Git::ProcessRefChangesService does; above three of a kind no push hook is called for them.
        `repository_update` comes once, whatever the number.
        """
        if not changes:
            return
        now = self.now()
        if now - project.last_activity_at >= ACTIVITY_INTERVAL:
            project.last_activity_at = project.updated_at = now
        groups: dict[tuple[bool, str], list[RefChange]] = {}
        for change in changes:
            action = "created" if change[1] == ZERO else "removed" if change[2] == ZERO else "pushed"
            groups.setdefault((change[0].startswith(BRANCHES), action), []).append(change)
        for (is_branch, _), alike in groups.items():
            if len(alike) <= PUSH_EVENT_HOOKS_LIMIT:
                for change in alike:
                    self._push_event(project, user, change, is_branch)
        if any(hook.repository_update_events for hook in self.system_hooks.values()):
            body = payloads.repository_update(project, user, changes, self.external_url)
            self.system_event("repository_update", body, "repository_update_events")

    def _push_event(self, project: Project, user: User | None, change: RefChange, is_branch: bool) -> None:
        ref, old, new = change
        event, flag = ("push", "push_events") if is_branch else ("tag_push", "tag_push_events")
        wanted = [hook for hook in project.all_hooks() if getattr(hook, flag) and self.hooks.executable(hook)]
        if is_branch:
            wanted = [hook for hook in wanted if branch_wanted(hook, ref.removeprefix(BRANCHES))]
        if wanted:
            body = payloads.push(project, user, ref, old, new, self.external_url)
            for hook in wanted:
                self.hooks.send(hook, event, body)
        if any(getattr(hook, flag) for hook in self.system_hooks.values()):
            body = payloads.push(project, user, ref, old, new, self.external_url, with_commits=False)
            self.system_event(event, body, flag)

    # Releases

    def add_release(
        self,
        project: Project,
        tag: str,
        *,
        name: str | None = None,
        description: str = "",
        released_at: datetime | None = None,
        author: User | None = None,
        ref: str | None = None,
        tag_message: str | None = None,
    ) -> Release:
        """A release of a tag, which is made at `ref` when it is missing. Fires the release hook with `create`."""
        with self.lock:
            if tag in project.releases:
                raise Conflict("base", "Release already exists")
            if tag not in project.repository.tags():
                self.add_tag(project, tag, ref, tag_message, author=author)
            now = self.now()
            sha, moment = project.repository.resolve(TAGS + tag), in_utc(released_at) or now
            release = Release(tag, name or tag, description, now, moment, author or project.creator, sha)
            project.releases[tag] = release
            self._release_event("create", project, release)
            return release

    def update_release(
        self,
        project: Project,
        tag: str,
        *,
        name: str | None = None,
        description: str | None = None,
        released_at: datetime | None = None,
    ) -> Release:
        """Change a release. Fires the release hook with `update`."""
        with self.lock:
            release = project.releases[tag]
            release.name = name or release.name
            release.description = release.description if description is None else description
            release.released_at = in_utc(released_at) or release.released_at
            self._release_event("update", project, release)
            return release

    def remove_release(self, project: Project, tag: str) -> Release:
        """Remove a release; its tag stays. Fires the release hook with `delete`."""
        with self.lock:
            release = project.releases.pop(tag)
            self._release_event("delete", project, release)
            return release

    def _release_event(self, action: str, project: Project, release: Release) -> None:
        wanted = [hook for hook in project.all_hooks() if hook.releases_events and self.hooks.executable(hook)]
        if wanted:
            body = payloads.release(action, project, release, self.external_url)
            for hook in wanted:
                self.hooks.send(hook, "release", body)

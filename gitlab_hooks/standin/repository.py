"""One bare repository on disk: which commit a name means, what is in it, and how a new commit comes to be."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import RLock

from gitlab_hooks.standin.objects import EMPTY_TREE, ZERO, Entry, ObjectStore, run_git

_CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
[receive]
\tautogc = false
[gc]
\tauto = 0
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
"""
BRANCHES, TAGS = "refs/heads/", "refs/tags/"


@dataclass(frozen=True)
class Signature:
    """Who did something and when."""

    name: str
    email: str
    at: datetime

    def line(self) -> str:
        name = "".join(c for c in self.name if c not in "<>\n\0").strip() or "Unknown"
        return f"{name} <{self.email}> {int(self.at.timestamp())} +0000"

    @classmethod
    def parse(cls, line: str) -> Signature:
        who, _, when = line.rpartition("> ")
        name, _, email = who.partition(" <")
        return cls(name, email, datetime.fromtimestamp(int(when.split(" ")[0]), UTC))


@dataclass(frozen=True)
class Commit:
    """A commit as git keeps it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str

    @property
    def title(self) -> str:
        return self.message.split("\n", 1)[0]


class Repository:
    """A bare repository in `git_dir`. Its folder is made at once; every name of a ref is checked before use."""

    def __init__(self, git_dir: Path, default_branch: str = "main") -> None:
        self.git_dir = git_dir
        self.objects = ObjectStore(git_dir)
        self._lock = RLock()
        self._refs: dict[str, str] | None = None
        self._last_commits: dict[tuple[str, str], str | None] = {}
        self._counts: dict[str, int] = {}
        if not (git_dir / "HEAD").exists():
            for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
                (git_dir / folder).mkdir(parents=True, exist_ok=True)
            (git_dir / "config").write_text(_CONFIG)
            self.set_default_branch(default_branch)
            self._refs = {}

    def git(self, *args: str, stdin: bytes | None = None) -> bytes:
        """Run git on this repository; its errors are raised as CalledProcessError."""
        return run_git(self.git_dir, *args, stdin=stdin)

    # Names

    @property
    def default_branch(self) -> str:
        return (self.git_dir / "HEAD").read_text().strip().removeprefix(f"ref: {BRANCHES}")

    def set_default_branch(self, name: str) -> None:
        (self.git_dir / "HEAD").write_text(f"ref: {BRANCHES}{name}\n")

    def refs(self) -> dict[str, str]:
        """Full names of all branches and tags with the object each points at."""
        with self._lock:
            if self._refs is None:
                rows = self.git("for-each-ref", "--format=%(objectname) %(refname)", BRANCHES, TAGS).decode()
                self._refs = {row[41:]: row[:40] for row in rows.split("\n") if row}
            return dict(self._refs)

    def forget(self) -> None:
        """Read the refs again: another process (a push) has changed them."""
        with self._lock:
            self._refs = None

    def branches(self) -> dict[str, str]:
        return self._below(BRANCHES)

    def tags(self) -> dict[str, str]:
        return self._below(TAGS)

    def _below(self, prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): sha for name, sha in sorted(self.refs().items()) if name.startswith(prefix)}

    @property
    def empty(self) -> bool:
        return not self.refs()

    def set_ref(self, name: str, sha: str | None) -> None:
        """Point a ref at an object, or remove it; a name that git does not allow is a ValueError."""
        with self._lock:
            refs = self.refs()
            if sha is None:
                self.git("update-ref", "-d", name)
                refs.pop(name, None)
            elif any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in refs):
                raise ValueError(f"{name} and a name below it cannot both be")
            elif _plain(name) and not (target := self.git_dir / name).is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(f"{sha}\n")
                refs[name] = sha
            else:
                try:
                    self.git("update-ref", name, sha)
                except subprocess.CalledProcessError as error:
                    raise ValueError(f"invalid name: {name!r}") from error
                refs[name] = sha
            self._refs = refs

    def resolve(self, ref: str | None = None) -> str | None:
        """The commit that a branch, a tag or a (shortened) commit name means; None = the default branch."""
        name = ref or "HEAD"
        refs = self.refs()
        if name == "HEAD":
            name = BRANCHES + self.default_branch
        for candidate in (name, BRANCHES + name, TAGS + name):
            if candidate in refs:
                return self.peel(refs[candidate])
        if 7 <= len(name) <= 40 and all(c in "0123456789abcdef" for c in name):
            if len(name) < 40:
                found = run_git(self.git_dir, "rev-parse", "--verify", "-q", f"{name}^{{commit}}", check=False)
                name = found.decode().strip() or name
            return self.peel(name)
        return None

    def peel(self, sha: str) -> str | None:
        """The commit behind an object name: itself, or what an annotated tag points at."""
        found = self.objects.read(sha)
        if found is None:
            return None
        if found[0] == "tag":
            return self.peel(found[1].split(b"\n", 1)[0].split(b" ")[1].decode())
        return sha if found[0] == "commit" else None

    # Content

    def commit(self, sha: str) -> Commit | None:
        found = self.objects.read(sha)
        return _parse_commit(sha, found[1]) if found and found[0] == "commit" else None

    def entry(self, sha: str, path: str) -> Entry | None:
        """The file or folder at `path` in a commit; the root is a tree with an empty name."""
        commit = self.commit(sha)
        if commit is None:
            return None
        here = Entry("040000", "", commit.tree, "")
        parts = [part for part in path.split("/") if part]
        for at, part in enumerate(parts):
            if here.type != "tree":
                return None
            found = self.objects.row(here.sha, part, "".join(f"{p}/" for p in parts[:at]))
            if found is None:
                return None
            here = found
        return here

    def blob(self, sha: str) -> bytes | None:
        found = self.objects.read(sha)
        return found[1] if found and found[0] == "blob" else None

    def listing(self, sha: str, path: str = "", recursive: bool = False) -> list[Entry] | None:
        """Rows of a folder, folders first as GitLab sorts them; None when there is no such folder."""
        root = self.entry(sha, path)
        if root is None or root.type != "tree":
            return None
        prefix = f"{root.path}/" if root.path else ""
        rows = list(self.walk(root.sha, prefix)) if recursive else self.objects.tree(root.sha, prefix)
        return sorted(rows, key=lambda row: row.type != "tree")

    def walk(self, tree: str, prefix: str = "") -> Iterator[Entry]:
        for row in self.objects.tree(tree, prefix):
            yield row
            if row.type == "tree":
                yield from self.walk(row.sha, f"{row.path}/")

    def changes(self, old: str | None, new: str) -> dict[str, list[str]]:
        """Paths added, modified and removed between two commits (the push payload's three lists)."""
        before, after = self._files(old), self._files(new)
        return {
            "added": [p for p in after if p not in before],
            "modified": [p for p in after if p in before and before[p] != after[p]],
            "removed": [p for p in before if p not in after],
        }

    def _files(self, sha: str | None) -> dict[str, tuple[str, str]]:
        commit = self.commit(sha) if sha else None
        return {e.path: (e.mode, e.sha) for e in self.walk(commit.tree) if e.type != "tree"} if commit else {}

    # History

    def log(self, *revisions: str, path: str = "", options: tuple[str, ...] = ()) -> list[str]:
        """Commit names, newest first. Revisions are object names only, so that nothing is taken for an option."""
        limit = ("--", f":(literal){path}") if path else ("--",)
        return self.git("log", "--format=%H", *options, *revisions, *limit).decode().split()

    def count(self, sha: str) -> int:
        """How many commits there are from `sha` on."""
        commit = self.commit(sha)
        if sha not in self._counts:
            alone = commit is not None and not commit.parents
            self._counts[sha] = 1 if alone else int(self.git("rev-list", "--count", sha))
        return self._counts[sha]

    def size(self) -> int:
        """Bytes on disk."""
        return _size(self.git_dir)

    def pushed(self, old: str, new: str) -> list[str]:
        """Commits that a push of a branch brought, oldest first. A new branch brings those no other branch has."""
        commit = self.commit(new)
        if commit and (commit.parents == (old,) or (old == ZERO and not commit.parents)):
            return [new]
        if old == ZERO:
            others = [f"^{sha}" for sha in {*self.branches().values()} - {new}]
            return self.log(new, *others, options=("--reverse",))
        return self.log(new, f"^{old}", options=("--reverse",))

    def last_commit(self, sha: str, path: str = "") -> str | None:
        """The newest commit, from `sha` on, that changed `path`."""
        commit = self.commit(sha)
        if not path or (commit and not commit.parents):
            return sha
        key = (sha, path)
        if key not in self._last_commits:
            self._last_commits[key] = next(iter(self.log(sha, path=path, options=("-1",))), None)
        return self._last_commits[key]

    # New commits

    def write_commit(
        self,
        parent: str | None,
        files: Mapping[str, bytes | None],
        message: str,
        author: Signature,
        executable: frozenset[str] = frozenset(),
    ) -> str:
        """Store a commit on top of `parent` with some files replaced (bytes) or removed (None); no ref moves."""
        before = self.commit(parent) if parent else None
        edits: dict[str, tuple[str, str] | None] = {}
        for path, content in files.items():
            check_path(path)
            mode = "100755" if path in executable else "100644"
            edits[path] = None if content is None else (mode, self.objects.write("blob", content))
        tree = self._edit_tree(before.tree if before else EMPTY_TREE, edits) or self.objects.write("tree", b"")
        lines = [f"tree {tree}", *([f"parent {parent}"] if parent else [])]
        lines += [f"author {author.line()}", f"committer {author.line()}", "", message]
        return self.objects.write("commit", "\n".join(lines).encode())

    def _edit_tree(self, tree: str, edits: Mapping[str, tuple[str, str] | None]) -> str | None:
        rows = {row.name: (row.mode, row.sha) for row in self.objects.tree(tree)}
        below: dict[str, dict[str, tuple[str, str] | None]] = {}
        for path, edit in edits.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = edit
            elif edit is None:
                rows.pop(name, None)
            else:
                rows[name] = edit
        for name, inner in below.items():
            known = rows.get(name)
            changed = self._edit_tree(known[1] if known and known[0] == "040000" else EMPTY_TREE, inner)
            if changed is None:
                rows.pop(name, None)
            else:
                rows[name] = ("040000", changed)
        return self.objects.write_tree([(mode, name, sha) for name, (mode, sha) in rows.items()]) if rows else None

    def write_tag(self, name: str, sha: str, message: str, tagger: Signature) -> str:
        """Store an annotated tag object and return its name."""
        return self.objects.write(
            "tag", f"object {sha}\ntype commit\ntag {name}\ntagger {tagger.line()}\n\n{message}\n".encode()
        )


def _size(folder: str | Path) -> int:
    with os.scandir(folder) as found:
        return sum(_size(one.path) if one.is_dir(follow_symlinks=False) else one.stat().st_size for one in found)


def check_path(path: str) -> None:
    """Refuse a file path that git or GitLab would refuse (ValueError)."""
    if not path or "\0" in path or any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise ValueError(f"invalid path: {path!r}")


def _plain(name: str) -> bool:
    """Whether a ref name is surely fine, for git and for the disk: letters, digits and a few signs."""
    parts = name.split("/")
    return (
        all(
            part
            and part[0] not in ".-"
            and part[-1] != "."
            and ".." not in part
            and not part.endswith(".lock")
            and all(c.isascii() and (c.isalnum() or c in "._-+") for c in part)
            for part in parts
        )
        and len(parts) > 2
    )


@lru_cache(maxsize=8192)
def _parse_commit(sha: str, data: bytes) -> Commit:
    head, _, message = data.decode(errors="replace").partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.split("\n"):
        key, _, value = line.partition(" ")
        fields.setdefault(key, []).append(value)
    return Commit(
        sha=sha,
        tree=fields["tree"][0],
        parents=tuple(fields.get("parent", ())),
        author=Signature.parse(fields["author"][0]),
        committer=Signature.parse(fields["committer"][0]),
        message=message,
    )

"""Which languages a repository is written in: shares of bytes by file ending (a small part of what Linguist knows)."""

from __future__ import annotations

from gitlab_hooks.standin.repository import Repository

LANGUAGES = {
    "py": ("Python", "#3572A5"),
    "ipynb": ("Jupyter Notebook", "#DA5B0B"),
    "r": ("R", "#198CE7"),
    "jl": ("Julia", "#a270ba"),
    "c": ("C", "#555555"),
    "h": ("C", "#555555"),
    "cpp": ("C++", "#f34b7d"),
    "rs": ("Rust", "#dea584"),
    "go": ("Go", "#00ADD8"),
    "js": ("JavaScript", "#f1e05a"),
    "ts": ("TypeScript", "#3178c6"),
    "sh": ("Shell", "#89e051"),
    "html": ("HTML", "#e34c26"),
    "css": ("CSS", "#663399"),
    "m": ("MATLAB", "#e16737"),
    "java": ("Java", "#b07219"),
}


def languages_of(repository: Repository) -> dict[str, float]:
    """Percentages by language, largest first."""
    commit = repository.commit(repository.resolve() or "")
    sizes: dict[str, int] = {}
    for entry in repository.walk(commit.tree) if commit else ():
        known = LANGUAGES.get(entry.name.rpartition(".")[2].lower()) if entry.type == "blob" else None
        if known:
            sizes[known[0]] = sizes.get(known[0], 0) + len(repository.blob(entry.sha) or b"")
    total = sum(sizes.values()) or 1
    return {name: round(100 * size / total, 2) for name, size in sorted(sizes.items(), key=lambda row: -row[1]) if size}


def color_of(language: str) -> str:
    return next(color for name, color in LANGUAGES.values() if name == language)

"""What DVC tracks in a whole repository: every output once, and the remotes of every DVC project in it.

A repository holds a DVC project where it has a folder `.dvc`, at its root or (`dvc init --subdir`) below; an output
belongs to the nearest one above its file. Of the same output named twice the one with a hash counts, else the first:
`.dvc` files before locks, each by path.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stac_ext.dvc.lock import read_lock, whole_stages
from stac_ext.dvc.outputs import MAX_OUTPUTS, DvcOutput, inside
from stac_ext.dvc.pipelines import Stage, read_stages
from stac_ext.dvc.plain_yaml import PlainReader, PlainYamlError
from stac_ext.dvc.pointers import read_pointer
from stac_ext.dvc.remotes import DvcConfig, read_remotes
from stac_ext.dvc.secrets import report_secret
from stac_ext.model import Problem, ProjectFacts
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, quoted

MAX_ROOTS: Final = 100

_SIZE_FIX = "Split it, or track folders as a whole in place of their files."


@dataclass(frozen=True, slots=True)
class DvcRepository:
    """The outputs by path, and the configuration of each DVC project by the folder that it stands in."""

    outputs: tuple[DvcOutput, ...] = ()
    configs: Mapping[str, DvcConfig] = field(default_factory=dict)

    def config_of(self, output: DvcOutput) -> DvcConfig:
        return self.configs.get(output.root, DvcConfig())


def read_dvc(facts: ProjectFacts, log: ProblemLog) -> DvcRepository:
    """Read every `.dvc` file, `dvc.lock` and `.dvc/config` whose text is known. Raises nothing for any of them."""
    if facts.head_sha is None:
        return DvcRepository()
    reading = _Reading(facts, log)
    sources = _sources(facts, log)
    for source in sources:
        if is_pointer(source):
            reading.take(read_pointer(reading.document(source), source, log, root=reading.root_of(source)), source)
    for source in sources:
        if _is_file(source, "dvc.lock"):
            stages = reading.stages(posixpath.join(posixpath.dirname(source), "dvc.yaml"))
            document = reading.document(source)
            reading.take(read_lock(document, source, stages, log, root=reading.root_of(source)), source)
    _say_unread(facts, log)
    outputs = sorted(reading.found.values(), key=lambda output: output.path)
    return DvcRepository(tuple(outputs), reading.configs)


def _sources(facts: ProjectFacts, log: ProblemLog) -> list[str]:
    """The paths of the texts, without those that are none of a repository or that cannot be shown."""
    sources = []
    for path in sorted(facts.texts):
        try:
            good = inside("", path) == path
        except ValueError:
            good = False
        if good:
            sources.append(path)
        elif is_pointer(path) or _is_file(path, "dvc.lock"):
            said = "A file of DVC is not used, for its path cannot be shown."
            log.add("dvc-path", said, "Give it a name without control characters.", path=clean_line(path) or "dvc.lock")
    return sources


def is_pointer(path: str) -> bool:
    """Whether a path of the repository is that of a `.dvc` file."""
    return path.endswith(".dvc") and posixpath.basename(path) != ".dvc" and ".dvc" not in path.split("/")


class _Reading:
    """What has been read so far."""

    def __init__(self, facts: ProjectFacts, log: ProblemLog) -> None:
        self.found: dict[str, DvcOutput] = {}
        self._facts = facts
        self._log = log
        self._yaml = PlainReader()
        self._roots = _roots(facts)
        self.configs = {root: self._config(root) for root in self._roots}

    def root_of(self, source: str) -> str:
        folder = posixpath.dirname(source)
        while folder and folder not in self._roots:
            folder = folder.rpartition("/")[0]
        return folder

    def document(self, source: str) -> Any:
        """The YAML of one file; an empty list of outputs where it is none, or too large, which is said."""
        text = self._facts.texts[source]
        shown = clean_line(source)
        data = text.data
        if text.truncated:
            data = whole_stages(data) if _is_file(source, "dvc.lock") else b""
            said = "Only its first stages are read" if data else "It is not used"
            self._log.add("dvc-file-size", f"The file is too large. {said}.", _SIZE_FIX, path=shown)
            if not data:
                return _NOTHING
        try:
            return self._yaml.read(data)
        except PlainYamlError as error:
            said = clean_line(f"The file is not used: {error}.", 500)
            self._log.extend([Problem("dvc-yaml", said, "Correct it, or let DVC write it again.", shown, error.line)])
            return _NOTHING

    def stages(self, source: str) -> dict[str, Stage]:
        return read_stages(self.document(source)) if source in self._facts.texts else {}

    def take(self, outputs: list[DvcOutput], source: str) -> None:
        for output in outputs:
            known = self.found.get(output.path)
            if known is None:
                if len(self.found) >= MAX_OUTPUTS:
                    said = f"The repository has more than {MAX_OUTPUTS} outputs; from here on they are left out."
                    self._log.add("dvc-too-many", said, "Track folders in place of files.", path=clean_line(source))
                    return
                self.found[output.path] = output
            elif not _is_known(known) and _is_known(output):
                self.found[output.path] = output
            elif output.md5 is not None and known.md5 != output.md5:
                said = (
                    f"{quoted(output.path)} is also tracked by {quoted(known.source)}, with another hash that counts."
                )
                self._log.add("dvc-output-twice", said, "Track it in one place.", path=clean_line(source))

    def _config(self, root: str) -> DvcConfig:
        path = posixpath.join(root, ".dvc/config")
        text = self._facts.texts.get(path)
        if text is not None and not text.truncated:
            return read_remotes(text.data, self._log, path)
        file = next((file for file in self._facts.files if file.path == path), None)
        if text is None and (file is None or file.size == 0):
            return DvcConfig(clean_line(path))
        said = "The configuration was not read, so where the data of this folder lies is not known."
        self._log.add("dvc-config-unread", said, "Keep it small, and in git itself.", path=clean_line(path))
        return DvcConfig(clean_line(path), unread=True)


_NOTHING: Final[Mapping[str, Any]] = {"outs": [], "schema": "2.0", "stages": None}


def _is_known(output: DvcOutput) -> bool:
    return output.md5 is not None or bool(output.versions)


def _is_file(path: str, name: str) -> bool:
    return posixpath.basename(path) == name and ".dvc" not in path.split("/")


def _roots(facts: ProjectFacts) -> frozenset[str]:
    """The folders that hold a DVC project; the repository's own is always one."""
    roots = {""}
    for path in _paths(facts):
        before, found, _ = f"/{path}".partition("/.dvc/")
        if found and len(roots) < MAX_ROOTS:
            roots.add(before.removeprefix("/"))
    return frozenset(roots)


def _paths(facts: ProjectFacts) -> Iterator[str]:
    yield from (file.path for file in facts.files)
    yield from facts.texts


def _say_unread(facts: ProjectFacts, log: ProblemLog) -> None:
    unread = [file.path for file in facts.files if file.path not in facts.texts]
    missed = sorted(path for path in unread if is_pointer(path) or _is_file(path, "dvc.lock"))
    if missed:
        said = f"{len(missed)} files of DVC were not read, {quoted(missed[0])} the first; what they track is not shown."
        log.add(
            "dvc-unread", said, "Track folders in place of files, so that there are fewer.", path=clean_line(missed[0])
        )
    for path in unread:
        if f"/{path}".endswith("/.dvc/config.local"):
            report_secret(log, "`.dvc/config.local`, which DVC keeps for credentials,", clean_line(path))

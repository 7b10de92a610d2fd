"""What the owners of a project are told about where its DVC data lies: each matter once, with how many it concerns."""

from collections import Counter

from stac_ext.dvc.addresses import Place, is_route_of_another
from stac_ext.dvc.outputs import DvcOutput
from stac_ext.dvc.remotes import DvcConfig
from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import clean_line, quoted


class Report:
    """Takes the outputs one by one, and tells at `close` what concerns several of them."""

    def __init__(self, dvc_url: str | None, project_id: int, log: ProblemLog) -> None:
        self._dvc_url = dvc_url
        self._project_id = project_id
        self._log = log
        self._legacy = 0
        self._nowhere: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def take(self, output: DvcOutput, place: Place, config: DvcConfig) -> None:
        source = clean_line(output.source)
        if output.legacy:
            self._legacy += 1
            self._first.setdefault("legacy", source)
        if place.href is None and place.note and output.origin is None:
            self._nowhere[place.note] += 1
            self._first.setdefault(place.note, source)
        if output.remote is not None and not config.unread and config.named(output.remote) is None:
            said = f"Outputs lie in the remote {quoted(output.remote)}, which `{config.path}` does not name."
            fix = "Add it with `dvc remote add`, without its credentials."
            self._log.add("dvc-remote-unknown", said, fix, path=source)
        if place.remote and is_route_of_another(place.remote, self._dvc_url, self._project_id):
            said = f"The remote {quoted(place.remote.name)} is the store of another project, whose readers may differ."
            fix = f"Set its URL to {self._dvc_url}/{self._project_id}, and push the data there."
            self._log.add("dvc-remote-other-project", said, fix, path=config.path)

    def close(self) -> None:
        if self._legacy:
            has = "has" if self._legacy == 1 else "have"
            said = f"{_outputs(self._legacy)} {has} a hash of DVC 2, which need not be that of the bytes."
            fix = "Run `dvc cache migrate --dvc-files` with DVC 3, push the data, and commit the files."
            self._log.add("dvc-legacy", said, fix, path=self._first["legacy"])
        for note, count in self._nowhere.items():
            said = f"{_outputs(count)} cannot be had from the catalogue. {note}"
            self._log.add("dvc-unreachable", said, "Push them to a remote that others reach.", path=self._first[note])


def _outputs(count: int) -> str:
    return "1 output" if count == 1 else f"{count} outputs"

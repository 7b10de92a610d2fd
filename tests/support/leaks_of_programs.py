"""Decides where the tests listen to programs: what a `sharinghub` that a test starts prints and stores.

What `sharinghub demo` and `sharinghub standin` print is left out: it is sample tokens, for people to copy. So is the
standard output of `sharinghub token`, which is for programs that take it; its other output is not.
"""

import os
import re
import subprocess
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.leaks import LEAKS
from tests.support.leaks_at_rest import keep_password, look_into_file

_IN_ENVIRONMENT = re.compile(r"SHARINGHUB_\w*(TOKEN|SECRET|KEY)\w*")
_running: list[tuple[subprocess.Popen[Any], list[Path], Path | None]] = []


def _is_hub(command: Any) -> bool:
    words = [str(one) for one in command] if isinstance(command, list | tuple) else []
    ours = any(word == "sharinghub_ext.cli" or Path(word).name == "sharinghub" for word in words)
    return ours and not {"demo", "standin"} & set(words)


def started(self: Any, original: Any, *args: Any, **more: Any) -> None:
    original(self, *args, **more)
    if not _is_hub(self.args):
        return
    environment: Mapping[str, str] = more.get("env") or os.environ
    for name, value in environment.items():
        if _IN_ENVIRONMENT.fullmatch(name):
            LEAKS.keep(value.strip(), f"setting {name}")
    url = environment.get("SHARINGHUB_DATABASE_URL", "")
    keep_password(url)
    store = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    files = [Path(name) for one in ("stdout", "stderr") if isinstance(name := getattr(more.get(one), "name", 0), str)]
    _running.append((self, files, store))


def communicated(self: Any, original: Any, *args: Any, **more: Any) -> Any:
    said = original(self, *args, **more)
    if _is_hub(self.args):
        for one in said[1:] if "token" in self.args else said:
            LEAKS.hear("output", " ".join(map(str, self.args)), one or "")
    return said


def invoked(self: Any, original: Any, *args: Any, **more: Any) -> Any:
    result = original(self, *args, **more)
    LEAKS.hear("output", "a command", result.output)
    if result.exc_info is not None:
        LEAKS.hear("traceback", "a command", "".join(traceback.format_exception(result.exc_info[1])))
    return result


def look_at_ended_programs() -> None:
    """Read what programs that have ended have left: files that they wrote to, and their stores."""
    for entry in list(_running):
        process, files, store = entry
        if process.poll() is None:
            continue
        _running.remove(entry)
        for file in files:
            if file.is_file():
                LEAKS.hear("output", str(file), file.read_bytes())
        if store is not None:
            look_into_file(store)

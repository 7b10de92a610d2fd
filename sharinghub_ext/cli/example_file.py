"""What a settings file may hold: every setting with its meaning and its default, as comments to be taken in."""

import textwrap
from typing import Any, Final, get_args

import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sharinghub_ext.config import PREFIX, Settings

_WIDTH: Final = 100
_HEAD: Final = f"""\
# Settings of SharingHub, for SHARINGHUB_CONFIG_FILE. Take in a line by removing its `# `.
# Each is an environment variable, too, which comes first: `{PREFIX}` and its name in capitals.
# Secrets are better kept out of this file: in the environment, or one file each in SHARINGHUB_SECRETS_DIR.
"""


def example() -> str:
    """A YAML file that can be used once `gitlab_url` is right."""
    return "\n".join([_HEAD, *(_entry(name, field) for name, field in Settings.model_fields.items())])


def _entry(name: str, field: FieldInfo) -> str:
    described = textwrap.wrap(field.description or "", _WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    comment = "\n".join(f"# {line}" for line in described)
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return f"{comment}\n{name}: https://gitlab.example.org\n"
    if default is None:
        what = "a secret" if _is_secret(field) else "not set"
        return f"{comment}\n# {name}:  # {what}\n"
    return f"{comment}\n# {_line(name, default)}\n"


def _line(name: str, value: Any) -> str:
    plain = int(value) if isinstance(value, int) and not isinstance(value, bool) else value
    written = yaml.safe_dump(plain, default_flow_style=True, width=10_000)
    return f"{name}: {written.splitlines()[0]}"  # without the mark that ends a document of one value


def _is_secret(field: FieldInfo) -> bool:
    return any(one is SecretStr for part in get_args(field.annotation) for one in (part, *get_args(part)))

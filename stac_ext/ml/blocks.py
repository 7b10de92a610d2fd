"""Where the front matter says something about an extension: a block below `extensions`, a block, keys with its prefix.

The later of the three wins.
"""

from collections.abc import Mapping
from typing import Any

from stac_ext.problem_log import ProblemLog


def is_key_of(prefix: str, key: str) -> bool:
    """Whether a key of the front matter belongs to an extension."""
    return key == prefix or key.startswith(f"{prefix}:")


def gather_block(fields: dict[str, Any], prefix: str, names: Mapping[str, str], log: ProblemLog) -> dict[str, Any]:
    """All that is said below a prefix, by the names of the extension's own fields.

    `names` maps each field's name in lower case with `_` to the name that the extension writes.
    """
    extensions = fields.get("extensions")
    declared: dict[str, Any] = {}
    for source, value in (
        ("extensions", extensions.get(prefix) if isinstance(extensions, dict) else None),
        (prefix, fields.get(prefix)),
        (prefix, {key.partition(":")[2]: value for key, value in fields.items() if key.startswith(f"{prefix}:")}),
    ):
        if isinstance(value, dict):
            declared |= {_name(str(key), prefix, names): entry for key, entry in value.items()}
        elif source == prefix and value is not None:
            log.add(f"{prefix}-block", f"`{prefix}` is no mapping.", "Write its fields below it.", field=prefix)
    return declared


def _name(key: str, prefix: str, names: Mapping[str, str]) -> str:
    key = key.removeprefix(f"{prefix}:")
    return names.get(key.lower().replace("-", "_"), key)

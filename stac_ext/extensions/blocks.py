"""Where a front matter says something by an extension: a block below `extensions`, a block, keys with its prefix.

The later of the three wins.
"""

from collections.abc import Collection
from typing import Any

from stac_ext.problem_log import ProblemLog
from stac_ext.sanitize import quoted


def gather(
    left: dict[str, Any],
    listed: dict[str, Any] | None,
    prefix: str,
    names: Collection[str],
    meant: bool,
    log: ProblemLog,
) -> dict[str, Any]:
    """All that is said below a prefix, by the names of the fields; it is taken out of `left` and `listed`.

    `listed` are the declared extensions, `names` the fields that are known. `meant` says that the block is one of the
    extension though it is not declared, so that anything else is told.
    """
    blocks: list[Any] = []
    if listed is not None and prefix in listed:
        meant = True
        blocks.append(listed.pop(prefix))
    if isinstance(left.get(prefix), dict):
        blocks.append(left.pop(prefix))
    elif meant and left.get(prefix) is not None:
        said = f"`{prefix}` is {quoted(left[prefix])}, not the fields of the extension."
        log.add("extension-block", said, f"Write them below `{prefix}:`.", field=prefix)
    blocks.append({key: left.pop(key) for key in list(left) if key.startswith(f"{prefix}:")})
    declared: dict[str, Any] = {}
    for block in blocks:
        if isinstance(block, dict):
            declared |= {field_name(str(key), prefix, names): value for key, value in block.items()}
    return declared


def field_name(key: str, prefix: str, names: Collection[str]) -> str:
    """The name of a field without the prefix, as its extension writes it."""
    name = key.removeprefix(f"{prefix}:")
    plain = name.lower().replace("-", "_")
    return plain if plain in names else name

"""What the head of a safetensors file tells: the types of its tensors and how many parameters they hold.

Source: https://github.com/huggingface/safetensors#format
"""

import json
import math
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from stac_ext.model import FileEnds
from stac_ext.sanitize import MAX_INTEGER, line_of

_TYPES: Final = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "F8_E4M3": ("float8_e4m3", 1),
    "F8_E5M2": ("float8_e5m2", 1),
    "BOOL": ("bool", 1),
    "C64": ("complex64", 8),
    **{
        f"{kind}{8 * size}": (f"{name}{8 * size}", size)
        for kind, name in (("I", "int"), ("U", "uint"))
        for size in (1, 2, 4, 8)
    },
}
_MAX_TENSORS: Final = 100_000
_MAX_TYPES: Final = 32
_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class Safetensors:
    """`parameters` counts the values of all tensors; `metadata` is the file's own, all text."""

    parameters: int
    types: tuple[str, ...]
    tensors: int
    metadata: dict[str, str]

    def describe(self) -> str:
        """The file in one sentence."""
        tensors = "1 tensor" if self.tensors == 1 else f"{self.tensors} tensors"
        return f"safetensors with {self.parameters} parameters in {tensors} ({', '.join(self.types)})."


def read_safetensors(ends: FileEnds) -> Safetensors | None:
    """Read a header; None where it does not fit into the bytes at hand. Raises ValueError where it is broken."""
    if len(ends.head) < _LENGTH:
        raise ValueError("it is shorter than its own header")
    end = _LENGTH + int.from_bytes(ends.head[:_LENGTH], "little")
    if ends.size is not None and end > ends.size:
        raise ValueError("its header says that it is longer than the file")
    if end > len(ends.head):
        if ends.whole:
            raise ValueError("its header says that it is longer than the file")
        return None
    try:
        header = json.loads(ends.head[_LENGTH:end])
    except (ValueError, RecursionError):
        raise ValueError("its header is not valid JSON") from None
    if not isinstance(header, dict) or len(header) > _MAX_TENSORS:
        raise ValueError("its header is no mapping of tensors")
    metadata = header.pop("__metadata__", None)
    counts, types, last = 0, dict[str, None](), 0
    for tensor in header.values():
        count, name, stop = _tensor(tensor)
        counts, last = counts + count, max(last, stop)
        types[name] = None
    if len(types) > _MAX_TYPES:
        raise ValueError("its tensors have more data types than there are")
    if ends.size is not None and end + last > ends.size:
        raise ValueError(f"it lacks {end + last - ends.size} bytes at its end")
    if counts > MAX_INTEGER:
        raise ValueError("it says that it holds more values than any file")
    kept = metadata.items() if isinstance(metadata, dict) else ()
    texts = {str(key)[:200]: text for key, value in kept if (text := line_of(value, 500))}
    return Safetensors(counts, tuple(sorted(types)), len(header), texts)


def _tensor(tensor: Any) -> tuple[int, str, int]:
    """The number of values, the type and the end of one tensor, which must agree."""
    if not isinstance(tensor, dict):
        raise ValueError("a tensor in its header is no mapping")
    shape, offsets, kind = tensor.get("shape"), tensor.get("data_offsets"), tensor.get("dtype")
    if not (_are_sizes(shape) and _are_sizes(offsets) and len(offsets) == 2 and offsets[0] <= offsets[1]):
        raise ValueError("a tensor in its header has no shape or no place")
    count = math.prod(shape)
    name, size = _TYPES.get(kind, ("", 0)) if isinstance(kind, str) else ("", 0)
    if size and count * size != offsets[1] - offsets[0]:
        raise ValueError("a tensor in its header has another size than its shape says")
    return count, name or (line_of(kind, 20) or "unknown").lower(), offsets[1]


def _are_sizes(value: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= 64
        and all(isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= MAX_INTEGER for size in value)
    )

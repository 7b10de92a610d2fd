"""What the head of an ONNX file tells: who made it, its opset, and its inputs and outputs as far as they are at hand.

Initializers are skipped by their length. Inputs and outputs stand behind them: where those bytes are missing they are
said to be unknown. Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from dataclasses import dataclass
from typing import Final

from stac_ext.ml.mlm_objects import Array, array_of
from stac_ext.ml.protobuf import LENGTH, VARINT, BrokenError, Field, Message, OutOfReachError
from stac_ext.model import FileEnds
from stac_ext.sanitize import MAX_INTEGER, TITLE_LIMIT, clean_line

MAX_VALUES: Final = 100

_IR_VERSION, _PRODUCER, _PRODUCER_VERSION, _GRAPH, _OPSETS = 1, 2, 3, 7, 8
_INITIALIZER, _INPUT, _OUTPUT = 5, 11, 12
_INITIALIZERS_APART: Final = 4  # before this version of the format, an initializer is an input as well
_TYPES: Final = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "cfloat32",
    15: "cfloat64",
}
_DENOTED: Final = {"DATA_BATCH": "batch", "DATA_CHANNEL": "channel", "DATA_FEATURE": "feature"}


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """`inputs` and `outputs` are None where they are not known: out of reach, or no tensors of a known rank."""

    producer: str | None
    producer_version: str | None
    ir_version: int | None
    opset: int | None
    inputs: tuple[tuple[str, Array], ...] | None
    outputs: tuple[tuple[str, Array], ...] | None

    def describe(self) -> str:
        """The file in one sentence."""
        made = " ".join(filter(None, (self.producer, self.producer_version)))
        parts = [
            f"opset {self.opset}" if self.opset is not None else "opset unknown",
            *([f"IR version {self.ir_version}"] if self.ir_version is not None else []),
            *([f"made by {made}"] if made else []),
            _listed("input", self.inputs),
            _listed("output", self.outputs),
        ]
        return clean_line(f"ONNX: {', '.join(parts)}.", 1_000)


def read_onnx(ends: FileEnds) -> OnnxModel:
    """Read what is at hand of a file. Raises ValueError where it is no ONNX model."""
    return _Reader(ends).read()


class _Reader:
    def __init__(self, ends: FileEnds) -> None:
        self._message = Message(ends)
        self._texts: dict[int, str] = {}
        self._ir_version: int | None = None
        self._opset: int | None = None
        self._graph: Field | None = None

    def read(self) -> OnnxModel:
        whole = True
        try:
            self._read_model()
        except OutOfReachError:
            whole = False
        if self._ir_version is None or (self._graph is None and whole):
            raise BrokenError("it has no IR version or no graph")
        parts = self._graph_parts()
        return OnnxModel(
            producer=self._texts.get(_PRODUCER),
            producer_version=self._texts.get(_PRODUCER_VERSION),
            ir_version=self._ir_version,
            opset=self._opset,
            inputs=self._values(parts[_INPUT], parts[_INITIALIZER]) if parts else None,
            outputs=self._values(parts[_OUTPUT], []) if parts else None,
        )

    def _graph_parts(self) -> dict[int, list[Field]] | None:
        """The initializers, inputs and outputs, or None where not all of them are within reach."""
        if self._graph is None:
            return None
        parts: dict[int, list[Field]] = {_INITIALIZER: [], _INPUT: [], _OUTPUT: []}
        try:
            for field in self._message.fields(self._graph.start, self._graph.end):
                if field.number in parts and field.kind == LENGTH:
                    parts[field.number].append(field)
        except OutOfReachError:
            return None
        return parts

    def _read_model(self) -> None:
        for field in self._message.fields(0, self._message.size):
            if field.number == _IR_VERSION and field.kind == VARINT:
                self._ir_version = min(field.value, MAX_INTEGER)
            elif field.number in (_PRODUCER, _PRODUCER_VERSION) and field.kind == LENGTH:
                self._texts[field.number] = clean_line(self._message.text(field), 100)
            elif field.number == _GRAPH and field.kind == LENGTH:
                self._graph = field
            elif field.number == _OPSETS and field.kind == LENGTH:
                self._read_opset(field)

    def _read_opset(self, field: Field) -> None:
        domain, version = "", None
        for part in self._message.fields(field.start, field.end):
            if part.number == 1 and part.kind == LENGTH:
                domain = self._message.text(part, 100)
            elif part.number == 2 and part.kind == VARINT:
                version = part.value
        if domain in ("", "ai.onnx") and version is not None and version <= MAX_INTEGER:
            self._opset = version

    def _values(self, fields: list[Field], initializers: list[Field]) -> tuple[tuple[str, Array], ...] | None:
        try:
            stored: set[str] = set()
            if (self._ir_version or 0) < _INITIALIZERS_APART:
                stored = {self._name(field, 8) for field in initializers}
            named = [(field, self._name(field, 1)) for field in fields]
            kept = [(field, name) for field, name in named if name not in stored]
            if not kept or len(kept) > MAX_VALUES:
                return None
            return tuple((clean_line(name, TITLE_LIMIT) or "value", self._array(field)) for field, name in kept)
        except (OutOfReachError, ValueError):
            return None

    def _name(self, field: Field, number: int) -> str:
        parts = (part for part in self._message.fields(field.start, field.end) if part.number == number)
        return next((self._message.text(part) for part in parts if part.kind == LENGTH), "")

    def _array(self, field: Field) -> Array:
        """ValueInfoProto.type.tensor_type: the element type and the shape. Raises ValueError."""
        tensor = self._part(self._part(field, 2), 1)
        kind = next((part.value for part in self._message.fields(tensor.start, tensor.end) if part.number == 1), 0)
        shape = self._part(tensor, 2)
        sizes: list[int] = []
        names: list[str | None] = []
        for dimension in self._message.fields(shape.start, shape.end):
            if dimension.number == 1 and dimension.kind == LENGTH:
                size, name = self._dimension(dimension)
                sizes.append(size)
                names.append(name)
        return array_of(sizes, names, _TYPES.get(kind, "other"))

    def _dimension(self, field: Field) -> tuple[int, str | None]:
        size, parameter, meaning = -1, None, None
        for part in self._message.fields(field.start, field.end):
            if part.number == 1 and part.kind == VARINT:
                size = part.value if 0 < part.value <= MAX_INTEGER else -1
            elif part.number == 2 and part.kind == LENGTH:
                parameter = self._message.text(part, 100)
            elif part.number == 3 and part.kind == LENGTH:
                meaning = _DENOTED.get(self._message.text(part, 100))
        return size, meaning or parameter

    def _part(self, field: Field, number: int) -> Field:
        parts = self._message.fields(field.start, field.end)
        found = next((part for part in parts if part.number == number and part.kind == LENGTH), None)
        if found is None:
            raise BrokenError("a value has no tensor type or no shape")
        return found


def _listed(kind: str, values: tuple[tuple[str, Array], ...] | None) -> str:
    if values is None:
        return f"{kind}s unknown"
    shown = [f"{name} {array.data_type}{list(array.shape)}" for name, array in values[:5]]
    return f"{kind} {', '.join(shown)}{' and more' if len(values) > 5 else ''}"

"""What the files of a project may hold: real files, such as are damaged, and any bytes, under names that are read."""

from typing import Any, Final

import yaml
from hypothesis import strategies as st

from stac_ext.model import FileEnds, FileText, RepositoryFile
from stac_ext.sources import wanted_ends, wanted_texts
from tests.golden import making
from tests.golden.drawing_readme import NOISE, RARELY, SCALARS, VALUES, or_any
from tests.stac_ext.dvc import test_any_input as dvc

NAMES: Final = (
    *(
        "README.md",
        "LICENSE",
        "LICENSE.md",
        "CITATION.cff",
        "MLmodel",
        "model/MLmodel",
        "model.onnx",
        "a/b.onnx",
        "w.pt",
    ),
    *(
        "m-00001-of-00002.safetensors",
        "m-00002-of-00002.safetensors",
        "w.safetensors",
        "a.tif",
        "b/c.TIFF",
        "t.parquet",
    ),
    *("preview.png", "README.html", "dvc.yaml", "dvc.lock", "x.dvc", ".dvc/config", "d/.dvc/config", "d/e.csv.dvc"),
    *(
        "data.csv",
        "a b#c?.csv",
        "données/été.csv",
        "overview",
        "release",
        "../up",
        "/root",
        "a//b",
        ".",
        "a\\b",
        "\ud800.tif",
    ),
)
PATHS: Final = st.sampled_from(NAMES) | st.text(max_size=15) | st.just("d/" * 200 + "deep.csv")
CITATIONS: Final = st.dictionaries(
    st.sampled_from(
        [
            *("cff-version", "title", "doi", "identifiers", "authors", "license", "license-url", "preferred-citation"),
            *("references", "date-released", "version", "url", "message", "keywords"),
        ]
    ),
    or_any(
        st.sampled_from(
            [
                "10.5281/zenodo.1",
                [{"type": "doi", "value": "10.1/x"}],
                [{"family-names": "Doe"}],
                "MIT",
                {"doi": "10.2/y"},
            ]
        )
    ),
).map(lambda value: yaml.safe_dump(value).encode())
SIGNATURES: Final = st.sampled_from(
    [
        '[{"type": "double", "name": "a"}]',
        '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]',
        "[[[[",
        "null",
    ]
)
MLMODELS: Final = st.fixed_dictionaries(
    {},
    optional={
        "flavors": st.dictionaries(
            st.sampled_from(["sklearn", "pytorch", "transformers", "onnx", "python_function", "x"]), VALUES, max_size=3
        ),
        "signature": st.fixed_dictionaries(
            {}, optional={"inputs": SIGNATURES | VALUES, "outputs": SIGNATURES | VALUES}
        ),
        "metadata": VALUES,
        "saved_input_example_info": VALUES,
        "mlflow_version": SCALARS,
        "model_size_bytes": SCALARS,
    },
).map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "replace"))
CONTENTS: Final = dvc.contents | MLMODELS | CITATIONS | st.binary(max_size=100) | NOISE.map(str.encode)
FILES_OF_MODELS: Final = [
    making.safetensors({"a": ["F32", 2, 2], "b": ["BF16", 3]}, {"format": "pt"}),
    making.onnx_graph({"x": ["N", 3]}, {"y": [1]}),
    making.geotiff(10.0, 50.0, 0.1),
    making.geotiff(500_000.0, 5_000_000.0, 10.0, 32631),
    making.geoparquet([170, -20, -170, -10]),
]


OUTPUTS: Final = st.fixed_dictionaries(
    {"outs": st.lists(dvc.outs, min_size=1, max_size=3)}, optional={"deps": st.lists(dvc.values, max_size=1)}
).map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "replace"))
BY_NAME: Final = {
    "MLmodel": MLMODELS,
    "CITATION.cff": CITATIONS,
    "dvc.lock": dvc.locks.map(lambda value: yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "replace")),
    "config": dvc.settings_lines.map(lambda lines: "\n".join(lines).encode("utf-8", "replace")),
}


def contents_of(path: str) -> st.SearchStrategy[bytes]:
    """What a file of this name holds, or anything."""
    name = path.rpartition("/")[2]
    fitting = OUTPUTS if name.endswith(".dvc") else BY_NAME.get(name, CONTENTS)
    return fitting | fitting | CONTENTS


@st.composite
def ends(draw: st.DrawFn) -> FileEnds:
    """The ends of a real file, of one with some bytes changed or cut off, or any bytes at all."""
    data = bytearray(draw(st.sampled_from(FILES_OF_MODELS) | st.binary(max_size=200)))
    changed = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=3)
    for place, byte in draw(st.just([]) | changed):
        if data:
            data[place % len(data)] = byte
    cut = draw(st.none() | st.integers(0, len(data)))
    if cut is None:
        return FileEnds(bytes(data), size=len(data), whole=True)
    return FileEnds(
        bytes(data[:cut]), bytes(data[cut:]) if draw(st.booleans()) else b"", draw(st.just(len(data)) | st.none())
    )


LFS: Final = st.none() | st.just("c" * 64) | st.text(max_size=5)
SIZES: Final = st.none() | st.integers(0, 2**40) | st.integers(-1, 2**70)
FILES: Final = st.builds(
    lambda named, others: tuple({file.path: file for file in (*named, *others)}.values()),
    st.lists(st.builds(RepositoryFile, st.sampled_from(NAMES), st.just("b" * 40), SIZES, LFS), max_size=14),
    st.lists(st.builds(RepositoryFile, PATHS, st.just("b" * 40), SIZES, LFS), max_size=3),
)


def files_of(draw: st.DrawFn) -> dict[str, Any]:
    files = draw(FILES)
    return {
        "files": files,
        "files_truncated": draw(RARELY),
        "texts": {path: draw(st.builds(FileText, contents_of(path), RARELY)) for path, _ in wanted_texts(files)},
        "ends": {path: draw(ends()) for path in wanted_ends(files) if not draw(RARELY)},
    }

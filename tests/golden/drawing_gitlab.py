"""What GitLab may say of a project: names, addresses, releases, packages, images and models of any content."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from stac_ext.model import (
    ContainerImage,
    DetectedLicence,
    ImageTag,
    ModelVersion,
    Package,
    PackageFile,
    Release,
    ReleaseLink,
)
from tests.golden.drawing_files import LFS
from tests.golden.drawing_readme import HREFS, RARELY

TIMES: Final = st.integers(-(2**35), 2**37).map(
    lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(0, seconds)
)
WORDS: Final = st.text(max_size=12) | st.sampled_from(["1.0.0", "v1.2", "a/b", "..", "", "x" * 300, "a b", "%2e", "ü"])
URLS: Final = HREFS | WORDS
PACKAGE_FILES: Final = st.builds(
    PackageFile,
    st.integers(1, 9),
    WORDS | st.sampled_from(["m.onnx", "m.pkl", "a.whl"]),
    st.none() | st.integers(-1, 2**70),
    LFS,
)
PACKAGES: Final = st.builds(
    Package,
    st.integers(1, 5),
    WORDS,
    WORDS,
    st.sampled_from(["generic", "pypi", "ml_model", "npm"]),
    TIMES,
    st.lists(PACKAGE_FILES, max_size=3).map(tuple),
)
RELEASES: Final = st.builds(
    Release,
    WORDS,
    WORDS,
    WORDS,
    TIMES,
    st.none() | st.just("d" * 40),
    st.booleans(),
    st.lists(
        st.builds(ReleaseLink, WORDS, URLS, st.sampled_from(["other", "package", "image", "runbook", "x"])), max_size=3
    ).map(tuple),
)
IMAGES: Final = st.builds(
    ContainerImage,
    WORDS | st.just("registry.example/g/p"),
    st.lists(st.builds(ImageTag, WORDS, st.none() | st.just("sha256:" + "e" * 64), st.none()), max_size=3).map(tuple),
)
MODELS: Final = st.builds(
    ModelVersion,
    WORDS,
    WORDS,
    WORDS,
    TIMES,
    st.none() | st.integers(1, 9),
    st.none() | PACKAGES,
    st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple),
    st.lists(st.tuples(WORDS, st.floats()), max_size=3).map(tuple),
)
LICENCES: Final = st.none() | st.builds(
    DetectedLicence, WORDS | st.sampled_from(["mit", "apache-2.0", "other"]), WORDS, st.none() | URLS
)


def several(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(()) | st.lists(of, max_size=3).map(tuple)


def published_of(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "releases": draw(several(RELEASES)),
        "packages": draw(several(PACKAGES)),
        "images": draw(several(IMAGES)),
        "models": draw(several(MODELS)),
    }


def said_by_gitlab(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "name": draw(WORDS),
        "description": draw(WORDS),
        "web_url": draw(URLS),
        "topics": tuple(draw(st.lists(WORDS, max_size=3))),
        "archived": draw(st.booleans()),
        "stars": draw(st.integers(-5, 2**70)),
        "default_branch": draw(st.none() | WORDS),
        "head_sha": None if draw(RARELY) else "a" * 40,
        "head_committed_at": draw(st.none() | TIMES),
        "licence": draw(LICENCES),
        "http_url_to_repo": draw(st.none() | URLS),
        "issues_enabled": draw(st.booleans()),
    }

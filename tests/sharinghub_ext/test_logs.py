"""Proves that no token reaches the log, in neither form, not even by a local variable of a failing function."""

import pytest
import structlog

from sharinghub_ext.config import Settings
from sharinghub_ext.logs import configure_logs


@pytest.mark.parametrize("form", ["json", "console"])
def test_local_variables_with_tokens_are_not_in_a_traceback(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(gitlab_url="https://gitlab.example.org", log_format=form))
    try:
        authorization = "Bearer " + "glpat-plainly-visible"
        assert authorization
        raise RuntimeError("a failure")
    except RuntimeError as error:
        structlog.get_logger().error("request failed", exc_info=error)
    finally:
        structlog.reset_defaults()
    told = capfd.readouterr().err
    assert "a failure" in told
    assert "plainly-visible" not in told

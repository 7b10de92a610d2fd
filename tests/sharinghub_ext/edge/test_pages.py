"""Proves that the hub's own pages work in a browser, under policies that let nothing else run."""

import shutil

import pytest
from playwright.sync_api import Page, sync_playwright

from sharinghub_ext.api.docs_page import policy_of
from tests.support.running import LittleWorld, RunningHub

CHROMIUM = shutil.which("chromium")
# Runs in the page as text that somebody managed to put there would.
INTRUDER = (
    "const one = document.createElement('script'); one.textContent = 'window.ran = true'; document.body.append(one)"
)


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_page_is_shown_and_calls_the_api_without_a_violation(plain: tuple[LittleWorld, RunningHub]) -> None:
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{plain[1].address}/api.html")
        assert try_out(page) == 200
        assert said == []
        page.evaluate(INTRUDER)
        assert page.evaluate("window.ran") is None
        assert any("Content Security Policy" in one for one in said)
        browser.close()


def try_out(page: Page) -> int:
    """Call the first operation as a reader would, and return the status that the page shows."""
    page.locator(".opblock-summary").first.click()
    page.locator(".try-out__btn").first.click()
    page.locator("button.execute").first.click()
    return int(page.locator(".live-responses-table tbody .response-col_status").first.inner_text().split()[0])


def test_every_script_in_the_page_has_its_hash_and_nothing_else_may_run(plain: tuple[LittleWorld, RunningHub]) -> None:
    answer = plain[1].get("/api.html")
    policy = answer.headers["content-security-policy"]
    assert policy == policy_of(answer.content)
    assert answer.text.count("<script>") == policy.count("'sha256-") == 1
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_button_for_signing_out_works_in_a_browser(signing: RunningHub) -> None:
    """A browser that is told to send no referrer at all names no origin either, and the hub would refuse it."""
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(f"{signing.address}/auth/logout")
        with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
            page.get_by_role("button", name="Sign out", exact=True).click()
        assert sent.value.status == 303
        assert said == []
        browser.close()

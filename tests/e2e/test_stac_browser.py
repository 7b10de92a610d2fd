"""Proves that STAC Browser shows the catalogue to whom may see what, with sign-in, maps, thumbnails and downloads, by
a policy that lets nothing else run. SCREENSHOTS=docs/images keeps what it looks like.
"""

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect, sync_playwright

from tests.support.browsing import SigningWorld
from tests.support.running import RunningHub, SampleWorld

BUILT = Path(__file__).parents[2] / "build" / "browser"
CHROMIUM = shutil.which("chromium")
PICTURES = os.environ.get("SCREENSHOTS")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="needs STAC Browser: make browser"),
    pytest.mark.xdist_group("stac-browser"),
]
expect.set_options(timeout=40_000)
PRIVATE = "earth/models/vessel-detection-sar"
PICTURED = "Sea surface temperature of the western Mediterranean"  # internal, with a thumbnail


def unless_chromium_crashes(test: Callable[..., None]) -> Callable[..., None]:
    """Begin a test anew, twice at most, where the process that draws the page was lost, as some machines lose that of
    any map: then the test says nothing of the hub, and skips.
    """

    @functools.wraps(test)
    def run(page: Page, **others: Any) -> None:
        for attempt in range(3):
            crashed: list[Page] = []
            page.on("crash", lambda one: crashed.append(one))  # noqa: B023
            try:
                return test(page=page, **others)
            except (AssertionError, Error):
                if not crashed:
                    raise
                if attempt == 2:
                    pytest.skip("Chromium lost the process of the page three times")
            page.context.clear_cookies()
            page = page.context.new_page()
        return None

    return run


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleWorld, RunningHub]]:
    with SampleWorld(tmp_path_factory.mktemp("browser")) as world:
        signing = SigningWorld(world, browser_folder=BUILT)
        with RunningHub(signing.settings) as hub:
            signing.knows(hub)
            hub.sweep()
            yield world, hub


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Any, hub: tuple[SampleWorld, RunningHub]) -> Iterator[BrowserContext]:
    one: BrowserContext = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    here, gitlab = hub[1].address, hub[0].gitlab.url

    def only_here(route: Any) -> None:
        """The tiles of maps are in the world, where no test goes."""
        is_here = route.request.url.startswith((here, gitlab, "data:", "blob:"))
        route.continue_() if is_here else route.abort()

    one.route("**/*", only_here)
    yield one
    one.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must break no policy."""
    one, wrong = context.new_page(), list[str]()
    one.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    yield one
    assert wrong == []


def sign_in(page: Page, hub: RunningHub, person: str) -> None:
    """As a person does: the hub's link, GitLab's page, and back."""
    page.goto(f"{hub.address}/browser/")
    page.get_by_role("link", name="Sign in with GitLab").click()
    page.locator(f"[name=username][value={person}]").check()
    page.get_by_role("button", name="Authorize").click()
    expect(page.locator("#sharinghub-account")).to_contain_text(person)


def keep(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


@unless_chromium_crashes
def test_everybody_browses_what_is_public(page: Page, hub: tuple[SampleWorld, RunningHub]) -> None:
    page.goto(f"{hub[1].address}/browser/")
    expect(page.get_by_text("AI models").first).to_be_visible()
    page.goto(f"{hub[1].address}/browser/#/stac/collections/ai-model")
    expect(page.get_by_text("Flood segmentation").first).to_be_visible()
    expect(page.get_by_text("Vessel detection")).to_have_count(0)
    expect(page.locator("canvas").first).to_be_visible()
    keep(page, "browser-collection")


@unless_chromium_crashes
def test_who_opens_the_catalogue_as_a_page_is_led_to_the_browser(
    page: Page, hub: tuple[SampleWorld, RunningHub]
) -> None:
    page.goto(f"{hub[1].address}/stac/collections/ai-model")
    expect(page.get_by_text("Flood segmentation").first).to_be_visible()
    assert page.url.partition("?")[0] == f"{hub[1].address}/browser/#/stac/collections/ai-model"


@unless_chromium_crashes
def test_the_search_page_finds(page: Page, hub: tuple[SampleWorld, RunningHub]) -> None:
    page.goto(f"{hub[1].address}/browser/#/search")
    page.get_by_role("tab", name="Search for Items").click()
    page.get_by_role("button", name="Submit").last.click()
    expect(page.get_by_text("Flood segmentation").first).to_be_visible()
    keep(page, "browser-search")


@unless_chromium_crashes
def test_who_signs_in_sees_and_downloads_what_is_private(
    page: Page, hub: tuple[SampleWorld, RunningHub], tmp_path: Path
) -> None:
    world, running = hub
    address = f"{running.address}/browser/#/stac/collections/ai-model/items/{world.samples.projects[PRIVATE]}"
    page.goto(address)
    expect(page.get_by_text("Vessel detection")).to_have_count(0)
    sign_in(page, running, "rita")
    page.goto(address)
    expect(page.get_by_text("Vessel detection").first).to_be_visible()
    weights = page.locator(".asset").filter(has_text="vessel_yolo_nano.safetensors").first
    weights.locator("[role=tab]").first.click()
    with page.expect_download() as downloading:
        weights.get_by_role("link", name="Download").first.click()
    downloading.value.save_as(tmp_path / "weights")
    keep(page, "browser-item")
    token = {"PRIVATE-TOKEN": str(world.token("rita"))}
    item = running.http.get(f"/stac/collections/ai-model/items/{world.samples.projects[PRIVATE]}", headers=token).json()
    href = next(one["href"] for name, one in item["assets"].items() if name.endswith(".safetensors"))
    assert (tmp_path / "weights").read_bytes() == running.http.get(href, headers=token).content


@unless_chromium_crashes
def test_thumbnails_of_what_is_not_public_are_pictures(page: Page, hub: tuple[SampleWorld, RunningHub]) -> None:
    sign_in(page, hub[1], "rita")
    page.goto(f"{hub[1].address}/browser/#/stac/collections/dataset")
    expect(page.get_by_text(PICTURED).first).to_be_visible()
    number = next(one.id for one in hub[0].world.projects.values() if one.path == "sea-surface-temperature-med")
    page.locator(".card").filter(has_text=PICTURED).first.scroll_into_view_if_needed()  # it is loaded in sight
    picture = page.locator(f'img[src*="/assets/{number}/"]').first
    expect(picture).to_be_attached()
    page.wait_for_function("one => one.complete && one.naturalWidth > 1", arg=picture.element_handle())


@unless_chromium_crashes
def test_signing_out_leaves_nothing_private(page: Page, hub: tuple[SampleWorld, RunningHub]) -> None:
    sign_in(page, hub[1], "rita")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in with GitLab")).to_be_visible()
    page.goto(f"{hub[1].address}/browser/#/stac/collections/ai-model")
    expect(page.get_by_text("Flood segmentation").first).to_be_visible()
    expect(page.get_by_text("Vessel detection")).to_have_count(0)


@unless_chromium_crashes
def test_the_place_is_kept_through_a_sign_in(page: Page, hub: tuple[SampleWorld, RunningHub]) -> None:
    page.goto(f"{hub[1].address}/browser/#/stac/collections/dataset")
    expect(page.locator("canvas").first).to_be_visible()
    page.get_by_role("link", name="Sign in with GitLab").click()
    page.locator("[name=username][value=rita]").check()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_text(PICTURED).first).to_be_visible()

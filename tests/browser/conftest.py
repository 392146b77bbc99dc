"""A browser for the tests in this folder: the machine's own Chromium, which is never fetched.

Where there is none, these tests are counted as skipped, and the reason that pytest prints is the line that installs it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.server import Server

TOOLS = Path(sys.prefix) / "npm" / "node_modules"
"""What npm lays for the checks: `make .venv/.npm`."""
PICTURES = Path(__file__).parent / "pictures"
"""Screenshots of the last run. Git does not see them."""
WINDOWED, BARE = "chromium", "chromium-headless-shell"
"""The same engine with windows around its pages and without, which takes a third of the time. Maps are drawn in the first."""
INSTALL = "no Chromium: `apt-get install chromium chromium-headless-shell`, or name one in the variable CHROMIUM"
ARGUMENTS = (
    "--no-sandbox",  # as root it has none
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--autoplay-policy=no-user-gesture-required",
)
WITHOUT_MAPS = ("--disable-3d-apis",)
"""A map drawn without a graphics card costs more than all else of a page. A test file that looks at none says `MAPS = False`."""
PATIENCE_MS = 10_000


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One for each file, so that its loop is gone before tests of other files run theirs."""
    has_maps, named = getattr(request.module, "MAPS", True), os.environ.get("CHROMIUM")
    names = [named] if named else [WINDOWED, BARE] if has_maps else [BARE, WINDOWED]
    chromium = next((path for name in names if (path := shutil.which(name)) is not None), None)
    if chromium is None:
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        arguments = ARGUMENTS if has_maps else ARGUMENTS + WITHOUT_MAPS
        browser = playwright.chromium.launch(executable_path=chromium, args=list(arguments))
        yield browser
        browser.close()


class Errors(list[str]):
    """What pages complained of."""

    def watch(self, page: Page) -> None:
        """Collects what this page writes to its console as an error, and what it does not catch."""
        page.on("console", lambda said: self.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.append(f"{page.url}: {error}"))

    def forgive(self, part: str) -> None:
        """Forgets the complaints that have this in them: a browser itself writes one for each connection that cannot be made."""
        self[:] = [said for said in self if part not in said]


@pytest.fixture
def errors() -> Iterator[Errors]:
    """Complaints of all pages of a test, which fails where there are any at its end."""
    errors = Errors()
    yield errors
    assert errors == [], "pages complained"


Open = Callable[..., Page]
"""Opens a page: `open_page("/driver", width=360)`; keywords are those of `Browser.new_context`. Each is a person of its own."""


@pytest.fixture
def open_page(browser: Browser, server: Server, errors: Errors) -> Iterator[Open]:
    """Every page is watched: it may complain of nothing, ask no other host, and keep or show no token where it can be read."""
    contexts: list[BrowserContext] = []

    def opened(
        path: str, *, width: int = 360, height: int = 740, beside: Page | None = None, language: str = "en", **more: Any
    ) -> Page:
        if beside is None:
            size: Any = {"width": width, "height": height}
            contexts.append(browser.new_context(viewport=size, base_url=server.address, locale=language, **more))
            contexts[-1].set_default_timeout(PATIENCE_MS)
        page = (beside.context if beside else contexts[-1]).new_page()
        errors.watch(page)
        page.on("request", lambda asked: _look_at(asked.url, server.address, errors))
        page.on("websocket", lambda socket: _look_at(socket.url, server.address, errors))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        for page in context.pages:
            kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
            if TOKEN in kept:
                errors.append(f"{page.url}: a token is kept: {kept}")
        context.close()


TOKEN = "eyJ"
"""How an access token begins, and nothing else does."""


def _look_at(url: str, address: str, errors: Errors) -> None:
    if not url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:")):
        errors.append(f"another host was asked: {url}")
    if TOKEN in url:
        errors.append(f"a token in an address: {url}")


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fails where axe finds something that keeps people out: `accessible(page)`."""
    axe = (TOOLS / "axe-core" / "axe.min.js").read_text("utf-8")

    def looked(page: Page) -> None:
        page.locator("h1").first.wait_for(state="attached")
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(({violations}) => violations)")
        said = [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"]]
        assert said == [], page.url

    return looked


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """Fails where a page has to be moved sideways to be read: `fits(page)`."""

    def looked(page: Page) -> None:
        wide = page.evaluate(
            """() => [...document.querySelectorAll("body *")].filter((one) => {
                const {left, right, width} = one.getBoundingClientRect();
                const mayBeWide = one.closest("[role=log], pre, .hidden-text, .skip, canvas");
                return width > 0 && (right > innerWidth + 1 || left < -1) && !mayBeWide;
            }).map((one) => one.outerHTML.slice(0, 200))"""
        )
        across = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert across <= 0, (page.url, across, wide[:3])

    return looked


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps a screenshot: `picture(page, "quote")`."""
    folder = PICTURES / request.node.path.stem.removeprefix("test_")

    def taken(page: Page, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png")

    return taken

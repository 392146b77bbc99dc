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
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.server import Server

TOOLS = Path(sys.prefix) / "npm" / "node_modules"
"""What npm lays for the checks: `make .venv/.npm`."""
PICTURES = Path(__file__).parent / "pictures"
"""Screenshots of the last run. Git does not see them."""
WINDOWED, BARE = "chromium", "chromium-headless-shell"
"""The same engine with windows around its pages and without, which takes half of the time. The
second stops drawing now and then where a map moves.
"""
INSTALL = "no Chromium: `apt-get install chromium chromium-headless-shell`, or name one in the variable CHROMIUM"
ARGUMENTS = (
    "--no-sandbox",  # as root it has none
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
WITH_MAPS = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
WITHOUT_MAPS = ("--disable-3d-apis", "--disable-gpu")
"""What draws maps without a graphics card draws all else with it, and costs more than all else of a page."""
PATIENCE_MS = 10_000


class Browsers:
    """The browsers of a test file: one that draws maps, and one that does not. Each starts when it is first needed."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._open: dict[bool, Browser] = {}

    def get(self, *, maps: bool) -> Browser:
        if maps not in self._open:
            arguments = [*ARGUMENTS, *(WITH_MAPS if maps else WITHOUT_MAPS)]
            self._open[maps] = self._playwright.chromium.launch(executable_path=_chromium(maps=maps), args=arguments)
        return self._open[maps]

    def close(self) -> None:
        for browser in self._open.values():
            browser.close()


def _chromium(*, maps: bool) -> str | None:
    named = os.environ.get("CHROMIUM")
    names = [named] if named else [WINDOWED, BARE] if maps else [BARE, WINDOWED]
    return next((path for name in names if (path := shutil.which(name)) is not None), None)


@pytest.fixture(scope="module")
def browsers() -> Iterator[Browsers]:
    """Those of one file, so that their loop is gone before tests of other files run theirs."""
    if _chromium(maps=False) is None:
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browsers = Browsers(playwright)
        yield browsers
        browsers.close()


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
"""Opens a page: `open_page("/driver", width=360)`; keywords are those of `Browser.new_context`. Each is a person of its own.

It says in words that no map can be drawn, but with `maps=True`, which costs as much again.
"""


@pytest.fixture
def open_page(browsers: Browsers, server: Server, errors: Errors) -> Iterator[Open]:
    """Every page is watched: it may complain of nothing, ask no other host, and keep or show no token where it can be read."""
    contexts: list[BrowserContext] = []

    def opened(
        path: str,
        *,
        width: int = 360,
        height: int = 740,
        beside: Page | None = None,
        language: str = "en",
        maps: bool = False,
        **more: Any,
    ) -> Page:
        if beside is None:
            browser, size = browsers.get(maps=maps), {"width": width, "height": height}
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
        if not page.evaluate("'axe' in window"):
            page.evaluate(axe)
        found = page.evaluate(
            "axe.run({resultTypes: ['violations'], preload: false}).then(({violations}) => violations)"
        )
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

"""A browser for the tests in this folder: the machine's own Chromium, which is never fetched.

Where there is none, these tests are counted as skipped, and the reason that pytest prints is the line that installs it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.server import Server

PICTURES = Path(__file__).parent / "pictures"
"""Screenshots of the last run. Git does not see them."""
INSTALL = "no Chromium: `apt-get install chromium`, or name one in the variable CHROMIUM"
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
PATIENCE_MS = 10_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file, so that its loop is gone before tests of other files run theirs."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if chromium is None:
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Errors(list[str]):
    """What pages complained of."""

    def watch(self, page: Page) -> None:
        """Collects what this page writes to its console as an error, and what it does not catch."""
        page.on("console", lambda said: self.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.append(f"{page.url}: {error}"))


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
    """Every page is watched: it may complain of nothing and ask no other host."""
    contexts: list[BrowserContext] = []

    def opened(
        path: str, *, width: int = 360, height: int = 740, beside: Page | None = None, **options: object
    ) -> Page:
        if beside is None:
            size = {"width": width, "height": height}
            contexts.append(browser.new_context(viewport=size, base_url=server.address, locale="en-ZA", **options))
            contexts[-1].set_default_timeout(PATIENCE_MS)
        page = (beside.context if beside else contexts[-1]).new_page()
        errors.watch(page)
        page.on("request", lambda asked: _at_home(asked.url, server.address, errors))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def _at_home(url: str, address: str, errors: Errors) -> None:
    if not url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:")):
        errors.append(f"another host was asked: {url}")


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps a screenshot: `picture(page, "quote")`."""
    folder = PICTURES / request.node.path.stem.removeprefix("test_")

    def taken(page: Page, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png")

    return taken

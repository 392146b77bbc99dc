"""What each page weighs with its map and charts, and when it is first painted: `python benchmarks/bench_pages.py [rounds]`.

A sandbox on this machine, and Chromium, which draws by software. Each round opens each page as somebody new would: nothing is cached, a
click logs in, the map comes, at the desk the charts too. Bytes are those that the browser received, headers and all
(`encodedDataLength` of `Network.loadingFinished`), without the service worker, which would fetch the same files for later. The first
paint is `first-contentful-paint`. Needs Chromium (variable CHROMIUM, else from PATH). Takes a minute.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.async_api import Browser, Page, async_playwright
from town import served

ROUNDS, DRIVERS = 5, "5"
PHONE, SCREEN = (360, 740), (1440, 900)
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
FIRST_PAINT = """() => new Promise((resolve) => new PerformanceObserver((seen) => {
    for (const {name, startTime} of seen.getEntries()) if (name === "first-contentful-paint") resolve(startTime);
}).observe({type: "paint", buffered: true}))"""
WITHIN_MS = 60_000
QUIET_S = 1.5


class Visit(NamedTuple):
    """When something was painted first; bytes until one could log in, and in all."""

    painted_ms: float
    to_log_in: int
    whole: int


class Received:
    """What a page has received so far, and when, in seconds of Chromium's clock."""

    def __init__(self) -> None:
        self.parts: list[tuple[float, int]] = []

    async def listen(self, page: Page) -> None:
        """From before the page is opened."""
        chromium = await page.context.new_cdp_session(page)
        chromium.on(
            "Network.loadingFinished",
            lambda all_of: self.parts.append((all_of["timestamp"], all_of["encodedDataLength"])),
        )
        await chromium.send("Network.enable")


async def visit(browser: Browser, address: str, path: str) -> Visit:
    """Opens a page, logs in, and waits for all that it shows."""
    width, height = SCREEN if path in ("/desk", "/client/") else PHONE
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="en", service_workers="block"
    )
    page, received = await context.new_page(), Received()
    await received.listen(page)
    await page.goto(f"http://{address}{path}")
    await page.locator("[data-test=sandbox-person], [data-test=get-tokens]").first.wait_for(timeout=WITHIN_MS)
    painted_ms = float(await page.evaluate(FIRST_PAINT))
    to_log_in = sum(size for _, size in received.parts)
    await page.locator("[data-test=sandbox-person], [data-test=get-tokens]").first.click()
    if path == "/driver":
        await page.locator("[data-test=online]").click(timeout=WITHIN_MS)
    if path != "/client/":
        await page.locator("canvas").first.wait_for(timeout=WITHIN_MS)
    if path == "/desk":
        await page.locator("[data-test=view-day]").click()
        await page.locator(".uplot").first.wait_for(timeout=WITHIN_MS)
    count = -1
    while count != len(received.parts):
        count = len(received.parts)
        await asyncio.sleep(QUIET_S)
    await context.close()
    return Visit(painted_ms, to_log_in, sum(size for _, size in received.parts))


async def measure(rounds: int, chromium: str) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "sandbox.db", "--sandbox", DRIVERS) as server:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            print("| page | until one can log in, kB | in all, kB | first paint, ms |\n|--|--|--|--|")
            for path in ("/", "/driver", "/desk", "/client/"):
                visits = [await visit(browser, server.address, path) for _ in range(rounds)]
                to_log_in, whole = (max(one[part] for one in visits) / 1_000 for part in (1, 2))
                painted = [one.painted_ms for one in visits]
                print(
                    f"| `{path}` | {to_log_in:.0f} | {whole:.0f} | {median(painted):.0f}, at most {max(painted):.0f} |"
                )
            await browser.close()


def main() -> None:
    """Measure, where there is a browser."""
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if chromium is None:
        raise SystemExit("no Chromium: install it, or name one in the variable CHROMIUM")
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS, chromium))


if __name__ == "__main__":
    main()

"""The documents of the routes and sockets, as a browser shows them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("docs")) as server:
        yield server


def test_the_routes_are_listed(open_page: Open) -> None:
    page = open_page("/docs", width=1100)
    expect(page.get_by_text("/api/quotes", exact=True).first).to_be_visible()


def test_the_messages_are_listed(open_page: Open) -> None:
    page = open_page("/docs/sockets", width=1100)
    expect(page.get_by_text("find_driver", exact=True).first).to_be_visible()

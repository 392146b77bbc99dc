"""Logging in by code on a page, and out again; what every page has: menu, languages, themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.people import log_in, sarah, says_where
from tests.browser.server import SARAH, Server

Look = Callable[[Page], None]
Picture = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("login"), "--auth", "on") as server:
        yield server


def test_somebody_logs_in_by_keyboard_alone_stays_so_after_a_reload_and_logs_out(
    open_page: Open, server: Server, accessible: Look, fits: Look, picture: Picture
) -> None:
    page = open_page("/")
    phone = page.get_by_test_id("phone")
    expect(phone).to_be_visible()
    accessible(page)
    phone.focus()
    page.keyboard.type(f"+{SARAH}")
    page.keyboard.press("Enter")
    code = page.get_by_test_id("code")
    expect(code).to_be_focused()
    accessible(page)
    fits(page)
    picture(page, "code")
    page.keyboard.type(server.code(SARAH))
    page.keyboard.press("Enter")
    expect(phone).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("menu")).to_be_visible()
    expect(phone).to_have_count(0)
    page.wait_for_load_state("networkidle")  # what is asked while somebody logs out is refused
    page.get_by_test_id("menu").click()
    page.get_by_test_id("log-out").click()
    expect(phone).to_be_visible()
    expect(page.get_by_text("You were logged out.")).to_have_count(0)


def test_whoever_is_logged_out_is_told_and_leaves_nothing_for_the_next(open_page: Open, server: Server) -> None:
    page = sarah(open_page, server)
    page.get_by_test_id("later").check()
    page.context.clear_cookies()
    page.reload()
    expect(page.get_by_text("You were logged out.")).to_be_visible()
    log_in(page, server, "27829990001")
    expect(page.get_by_test_id("later")).not_to_be_checked()
    expect(page.get_by_text("You were logged out.")).to_have_count(0)


def test_back_leaves_what_lies_over_the_first_view_and_only_then_the_page(open_page: Open, server: Server) -> None:
    page = sarah(open_page, server)
    for _ in range(2):
        says_where(page)
        page.get_by_test_id("menu").click()
        page.get_by_test_id("rides").click()
        page.get_by_test_id("back").wait_for()
        page.go_back()
        expect(page.get_by_test_id("book")).to_be_visible()
        page.go_back()
        expect(page.get_by_test_id("pickup")).to_be_visible()
    says_where(page)
    page.get_by_test_id("back").click()
    says_where(page)
    page.go_back()
    expect(page.get_by_test_id("pickup")).to_be_visible()
    page.go_back()
    expect(page.get_by_test_id("pickup")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_test_id("pickup")).to_be_visible()


@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("ar", "rtl")])
def test_a_page_speaks_the_language_of_the_browser_in_its_direction(
    open_page: Open, accessible: Look, fits: Look, picture: Picture, language: str, direction: str
) -> None:
    page = open_page("/", language=language, color_scheme="dark")
    expect(page.get_by_test_id("phone")).to_be_visible()
    root = page.locator("html")
    expect(root).to_have_attribute("lang", language)
    expect(root).to_have_attribute("dir", direction)
    accessible(page)
    fits(page)
    picture(page, language)


def test_the_menu_changes_language_and_theme_and_both_stay(open_page: Open, accessible: Look) -> None:
    page = open_page("/")
    page.get_by_test_id("menu").click()
    page.get_by_test_id("theme").select_option("hc-dark")
    accessible(page)
    page.get_by_test_id("language").select_option("fr")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("html")).to_have_attribute("data-theme", "hc-dark")

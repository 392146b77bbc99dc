"""The query of a request as a struct, and cursors that only we can read."""

import re
from typing import Any

import pytest
from starlette.requests import Request

from dispatch.errors import BadField
from dispatch.transport.http.queries import USUAL_ROWS, Page, cursor_for, read_cursor, read_query, read_text_cursor
from dispatch.transport.http.routes.me import OwnRidesQuery, OwnTakingsQuery


def asked(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


def test_a_field_missing_in_a_query_has_its_default_and_an_unknown_field_is_ignored() -> None:
    assert read_query(asked("colour=red"), OwnRidesQuery) == OwnRidesQuery(cursor=None, limit=USUAL_ROWS, open="0")
    assert read_query(asked("limit=7&open=1&limit=8"), OwnRidesQuery) == OwnRidesQuery(limit=8, open="1")


@pytest.mark.parametrize(
    ("query", "wanted", "field", "text"),
    [
        ("limit=0", Page, "limit", 'limit must be a whole number from 1 to 200, got "0"'),
        ("limit=201", Page, "limit", 'limit must be a whole number from 1 to 200, got "201"'),
        ("limit=many", Page, "limit", 'limit must be a whole number from 1 to 200, got "many"'),
        ("cursor=1", Page, "cursor", 'cursor must be the `next` of the page before, got "1"'),
        ("open=yes", OwnRidesQuery, "open", 'open must be 0 or 1, got "yes"'),
        ("day=today", OwnTakingsQuery, "day", 'day must be a day such as 2026-11-23, got "today"'),
    ],
)
def test_what_does_not_fit_is_named(query: str, wanted: Any, field: str, text: str) -> None:
    with pytest.raises(BadField) as refused:
        read_query(asked(query), wanted)
    assert (refused.value.field, str(refused.value)) == (field, text)


@pytest.mark.parametrize("number", [0, 1, 41, 2**62])
def test_a_cursor_is_read_by_the_list_that_gave_it_and_by_no_other(number: int) -> None:
    cursor = cursor_for("rides", number)
    assert cursor is not None and read_cursor("rides", cursor) == number
    with pytest.raises(BadField):
        read_cursor("people", cursor)


@pytest.mark.parametrize("last", ["27821234568", "p0", "é/%", ""])
def test_a_list_may_go_on_behind_an_id(last: str) -> None:
    cursor = cursor_for("drivers", last)
    assert cursor is not None and read_text_cursor("drivers", cursor) == last
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    with pytest.raises(BadField):
        read_text_cursor("people", cursor)


def test_a_cursor_with_an_id_is_none_with_a_number() -> None:
    with pytest.raises(BadField):
        read_cursor("drivers", cursor_for("drivers", "d1"))


@pytest.mark.parametrize("cursor", ["AAAAAAAAAAAAAAAA", "41", "é", "AAAAAAAAAAAAAAA=", "_" * 16, "\x00"])
def test_a_cursor_that_nobody_gave_is_refused(cursor: str) -> None:
    with pytest.raises(BadField):
        read_cursor("rides", cursor)


def test_no_cursor_is_the_first_page_and_the_last_page_has_none() -> None:
    assert (read_cursor("rides", None), read_cursor("rides", ""), cursor_for("rides", None)) == (None, None, None)

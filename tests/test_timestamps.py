"""Times as RFC 3339 allows them."""

import pytest

from dispatch.errors import BadField
from dispatch.timestamps import rfc3339, unix_time

EIGHT = 1_795_420_800.0
"""2026-11-23 08:00:00 UTC"""
NEW_YEAR = 1_483_228_800.0
"""2017-01-01 00:00:00 UTC"""


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T08:00:00Z",
        "2026-11-23t08:00:00z",
        "2026-11-23 08:00:00z",
        " 2026-11-23T08:00:00Z\n",
        "2026-11-23T08:00:00.000000000000z",
        "2026-11-23T08:00:00-00:00",
        "2026-11-23T10:00:00+02:00",
        "2026-11-22t18:00:00-14:00",
    ],
)
def test_one_moment_may_be_written_in_many_ways(text: str) -> None:
    assert unix_time("pickup_at", text) == EIGHT


@pytest.mark.parametrize("zone", ["Z", "z", "+00:00"])
@pytest.mark.parametrize("digits", ["5", "50", "500000", "500000000", "5" + "0" * 70])
def test_a_second_may_have_any_number_of_digits(digits: str, zone: str) -> None:
    assert unix_time("pickup_at", f"2026-11-23T08:00:00.{digits}{zone}") == EIGHT + 0.5


@pytest.mark.parametrize(
    ("text", "after_s"),
    [
        ("2016-12-31T23:59:60Z", 0.0),
        ("2016-12-31t23:59:60.25z", 0.25),
        ("2016-12-31T15:59:60-08:00", 0.0),
        ("2017-01-01T01:29:60+01:30", 0.0),
    ],
)
def test_a_leap_second_is_the_first_of_the_next_day(text: str, after_s: float) -> None:
    assert unix_time("recorded_at", text) == NEW_YEAR + after_s


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T08:00:60Z",
        "2026-11-23T23:59:60Z",
        "2026-11-23T08:00:61Z",
        "2026-11-23T08:00:00",
        "2026-13-23T08:00:00z",
        "0001-01-01T00:00:60+14:00",
        "noon",
        "",
        "\u0662\u0660\u0662\u0666-11-23T08:00:00z",
    ],
)
def test_what_is_no_moment_is_refused_with_what_came(text: str) -> None:
    with pytest.raises(BadField, match="recorded_at must be an RFC 3339 time such as 2026-11-23T08:00:00Z, got "):
        unix_time("recorded_at", text)


def test_what_we_write_we_read() -> None:
    assert unix_time("expires_at", rfc3339(EIGHT + 0.125)) == EIGHT + 0.125

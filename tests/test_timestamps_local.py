"""Local time: the hour that people see, summer time included."""

from datetime import UTC, datetime

import pytest

from dispatch.timestamps import LocalTime


@pytest.mark.parametrize(
    ("zone", "utc", "shown"),
    [
        ("UTC", "2026-07-01T00:00", (0, 0)),
        ("Africa/Johannesburg", "2026-07-01T21:59", (23, 59)),
        ("Africa/Johannesburg", "2026-07-01T22:00", (0, 0)),
        ("America/New_York", "2026-01-15T12:30", (7, 30)),
        ("America/New_York", "2026-07-15T12:30", (8, 30)),
        ("Asia/Kolkata", "2026-07-15T12:30", (18, 0)),
    ],
)
def test_a_minute_of_the_day_is_the_one_on_the_wall(zone: str, utc: str, shown: tuple[int, int]) -> None:
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()
    assert LocalTime(zone).minute_of_day(at) == 60 * shown[0] + shown[1]
    assert LocalTime(zone).hour(at + 45.0) == pytest.approx(shown[0] + (shown[1] + 0.75) / 60)


@pytest.mark.parametrize("written", ["2026-07-01T08:30:00", "08:30:00"])
def test_what_people_write_is_a_moment_of_their_own_clock_and_today_unless_they_say_the_day(written: str) -> None:
    johannesburg = LocalTime("Africa/Johannesburg")
    expected = datetime(2026, 7, 1, 6, 30, tzinfo=UTC).timestamp()
    now = datetime(2026, 6, 30, 22, 30, tzinfo=UTC).timestamp()
    assert johannesburg.moment(written, now) == expected


def test_a_local_day_ends_where_the_next_begins() -> None:
    zone = LocalTime("Africa/Johannesburg")
    assert zone.end_of("2027-03-31") == 1_806_530_400.0
    assert (zone.day(1_806_530_399.0), zone.day(1_806_530_400.0)) == ("2027-03-31", "2027-04-01")


@pytest.mark.parametrize("written", ["", "2027-3-31", "20270331", "2027-02-30", "2027-03-31T00:00", "tomorrow"])
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        LocalTime("UTC").end_of(written)

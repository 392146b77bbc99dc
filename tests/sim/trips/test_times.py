"""Times as programs, spreadsheets and cities write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.trips.times import TripClock, day_comes_first

MORNING, AFTERNOON = datetime(2019, 3, 2, 8, 5), datetime(2019, 3, 2, 20, 5)


@pytest.mark.parametrize(
    "text",
    [
        *("2019-03-02 08:05:00", "2019-03-02T08:05", "2019-03-02T08:05:00.000", "2019-3-2 8:05", "2019/03/02 08:05:00"),
        *("20190302080500", "201903020805", "02.03.2019 08:05", "2.3.19 8:05", "02.03.2019, 08.05", "2-3-2019 8:05"),
        *("03/02/2019 08:05:00 AM", "3/2/2019 8:05", "3/2/2019 8:05:00 am", "3/2/19 8:05 a.m.", "03/02/2019, 08:05"),
        *(
            "02-MAR-2019 08:05:00",
            "2 March 2019 08:05",
            "Mar 2, 2019 8:05 AM",
            "Mar  2 2019 08:05AM",
            "Sat, 02 Mar 2019 08:05:00",
        ),
        *("2019-03-02 08:05:00 UTC", "2019-03-02T08:05:00Z", "2019-03-02 08:05:00+00", "2019-03-02 08:05:00 +0000"),
        *(
            "1551513900",
            "1551513900000",
            "1551513900000000",
            "1551513900.0",
            "3/2/2019 8:05 GMT",
            "2019-03-02 08:05 UTC+00:00",
        ),
        *("20190302T080500", "20190302T080500Z", "43526.336806", "2019-03-02 08:05:00 EST", "3/2/2019 8:05 AM CDT"),
        *(
            "2019-03-02 08:05 Africa/Johannesburg",
            "2019-03-02 08:05 America/New_York",
            "2019-03-02T08:05:00+01:00[Europe/Berlin]",
            "2019-03-02 08:05 cet",
        ),
    ],
)
def test_one_morning_is_read_however_it_is_written(text: str) -> None:
    assert TripClock().read(text) == MORNING


@pytest.mark.parametrize("text", ["3/2/2019 8:05:00 PM", "03/02/2019 08:05 p.m.", "3/2/2019 20:05", "02.03.2019 20:05"])
def test_the_second_half_of_the_day_is_told_from_the_first(text: str) -> None:
    assert TripClock().read(text) == AFTERNOON


def test_noon_and_midnight_of_twelve_hours_are_not_mixed_up() -> None:
    assert TripClock().read("3/2/2019 12:00:00 AM") == datetime(2019, 3, 2)
    assert TripClock().read("3/2/2019 12:00:00 PM") == datetime(2019, 3, 2, 12)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "40.75", "-73.99", "42019", "2019-02-30 08:00", "2019-13-01", "13/13/2019", "3/2/2019 13:05 PM"),
        *(
            "3/2/2019 0:05 AM",
            "2019-03-02 25:00",
            "1899-12-30 08:05",
            "0001-01-01",
            "9999-12-31",
            "1/1/201 08:00",
            "2 Foo 2019",
        ),
        *(
            "1551513900x",
            "2019-03-02 08:05 +99:00",
            "8:05",
            "08:05:00",
            "2019-03-02 08:05 XYZ",
            "2019-03-02 08:05 Nowhere/Else",
            "٢٠١٩-٠٣-٠٢ 08:05",
        ),
    ],
)
def test_what_is_no_time_of_these_decades_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        TripClock().read(text)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)).map(lambda when: when.replace(microsecond=0)))
def test_every_form_of_a_moment_is_the_same_moment(when: datetime) -> None:
    clock, day_first = TripClock(), TripClock(day_first=True)
    assert (
        clock.read(str(when))
        == clock.read(f"{when:%m/%d/%Y %I:%M:%S %p}")
        == clock.read(f"{when:%d.%m.%Y %H:%M:%S}")
        == when
    )
    assert day_first.read(f"{when:%d/%m/%Y %H:%M:%S}") == day_first.read(f"{when:%d-%m-%Y %H:%M:%S}") == when
    assert clock.read(f"{when:%Y%m%d%H%M%S}") == when


def test_all_moments_of_a_file_are_told_by_one_clock() -> None:
    clock = TripClock()
    assert clock.read("2019-03-02 08:05:00+01:00") == MORNING
    assert clock.read("2019-03-02 07:05:00 UTC") == MORNING
    assert clock.read("2019-03-02 08:05:00") == MORNING, "what has no offset is what the local clock showed"
    assert TripClock(timezone(timedelta(hours=1))).read("1551510300") == MORNING
    assert TripClock(UTC).read("2019-03-02 09:05:00+01:00") == MORNING


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["1/2/2019", "13/2/2019"], True),
        (["1/2/2019 8:00", "1/13/2019 8:00"], False),
        (["1/2/2019", "12/12/2019"], None),
        (["2019-13-02", "x", ""], None),
        ([], None),
    ],
)
def test_a_date_that_can_be_read_in_one_way_only_decides(texts: list[str], first: bool | None) -> None:
    assert day_comes_first(texts) is first

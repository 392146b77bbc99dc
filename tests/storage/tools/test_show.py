"""What `dispatch db show` reads."""

import re
from pathlib import Path

import pytest

from dispatch.errors import SettingError
from dispatch.ids import OfferId, RideId
from dispatch.messages.events import (
    DriverOnline,
    OfferPlaced,
    OffersMade,
    QuoteMade,
    QuoteTaken,
    RideCancelled,
)
from dispatch.storage.failures import StorageMissing
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.seed import SARAH, seed
from dispatch.storage.tools.show import TABLES, rows
from tests.storage.stories import DISPATCHER, DRIVER_ID, MAIN_ST, OAK_AVE, PRICE, QUOTE, append, booked

NOON = 1_763_985_600.25  # 2025-11-24T12:00:00.250Z


@pytest.fixture()
def town(path: Path) -> Path:
    seed(path, fleet=2, now=NOON)
    writer = Writer(path, "off")
    writer.write([booked(f"r{n}", at=NOON + n) for n in range(5)])
    writer.write([append("ride/r1", RideCancelled(RideId("r1"), "passenger", "late"), at=NOON + 60.0)])
    offers = (OfferPlaced(OfferId("o1"), DRIVER_ID, 812.5),)
    writer.write([append(DISPATCHER, OffersMade(RideId("r2"), 1, 1, offers, NOON + 31.0), at=NOON + 1.0)])
    writer.write([append("driver/" + DRIVER_ID, DriverOnline(DRIVER_ID), at=NOON + 2.0)])
    writer.db.execute(
        "INSERT INTO tracks VALUES ('r2', ?, 'on_trip', 5.0, 1490.5, '[[0.0,-26.2,28.04]]')", (DRIVER_ID,)
    )
    made = QuoteMade(QUOTE, None, MAIN_ST, OAK_AVE, "suv", PRICE, NOON + 2.0, NOON + 302.0)
    writer.write([append("quote/" + QUOTE, made, QuoteTaken(QUOTE, RideId("r3"), NOON + 3.0), at=NOON + 2.0)])
    writer.db.execute("INSERT INTO ratings VALUES ('r2', 'passenger', 4, '', ?, 'p1', 5.0)", (DRIVER_ID,))
    writer.db.execute("INSERT INTO charges VALUES ('r2', 'p1', 250, 'ZAR', 'paid', 'ch_1', NULL, 5.0, 6.0)")
    writer.db.execute("INSERT INTO people VALUES ('p1', 'Ann Dube', '27821234570', 5.0)")
    writer.db.execute("INSERT INTO roles VALUES ('p1', 'staff', 'active', 1, 5.0)")
    writer.db.execute("INSERT INTO documents VALUES ('p1', 'licence', 'L 1', 1900000000.0)")
    writer.db.execute(
        "INSERT INTO login_codes VALUES ('q1', '27821234570', '192.0.2.1', 'staff', 0, 'k', 'm', 5.0, 0, NULL)"
    )
    writer.db.execute("INSERT INTO login_failures VALUES (5.0)")
    writer.db.execute("INSERT INTO staff_requests VALUES ('p1', 'k1', 7, '{}', 5.0)")
    writer.db.execute("INSERT INTO login_sessions VALUES ('s1', 'p1', 'staff', 'k', 0, 5.0, 5.0, 6.0, NULL)")
    writer.db.execute("INSERT INTO devices VALUES ('d1', 'a token', 'fcm', 'p1', 's1', 5.0)")
    writer.db.execute("INSERT INTO blocked_pairs VALUES (?, ?, 7.0)", (SARAH.passenger_id, DRIVER_ID))
    writer.close()
    return path


def column(path: Path, table: str, name: str, **options: object) -> list[object]:
    return [row[name] for row in rows(path, table, **options)]


def test_every_table_can_be_shown_with_the_columns_it_promises(town: Path) -> None:
    for table, shown in TABLES.items():
        found = rows(town, table)
        assert found
        assert list(found[0]) == shown.columns.split(", ")


def test_the_newest_come_last_and_a_limit_keeps_the_newest(town: Path) -> None:
    assert column(town, "rides", "ride_id") == ["r0", "r1", "r2", "r3", "r4"]
    assert column(town, "rides", "ride_id", limit=2) == ["r3", "r4"]
    assert column(town, "events", "kind", limit=2) == ["QuoteMade", "QuoteTaken"]


def test_rows_are_filtered_by_status_and_by_ride(town: Path) -> None:
    assert column(town, "rides", "ride_id", status="cancelled") == ["r1"]
    assert column(town, "rides", "ride_id", status="pending", ride="r3") == ["r3"]
    assert column(town, "drivers", "name", status="available") == ["Michael Brown"]
    assert column(town, "offers", "offer_id", status="open", ride="r2") == ["o1"]
    assert column(town, "quotes", "fare_minor", ride="r3") == [9310]
    assert column(town, "quotes", "expires_at") == ["2025-11-24T12:05:02.250Z"]
    assert column(town, "events", "kind", ride="r1") == ["RideRequested", "RideCancelled"]


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ("rides", {"status": "canceled"}, "did you mean 'cancelled'"),
        ("events", {"status": "open"}, "events have no status to filter by"),
        ("passengers", {"ride": "r1"}, "passengers have no ride to filter by"),
    ],
)
def test_a_filter_that_cannot_match_is_explained(town: Path, table: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        rows(town, table, **options)


def test_times_are_told_as_people_write_them(town: Path) -> None:
    assert column(town, "rides", "requested_at", limit=1) == ["2025-11-24T12:00:04.250Z"]
    [event] = rows(town, "events", ride="r0")
    assert event["at"] == event["body"]["at"] == "2025-11-24T12:00:00.250Z"
    [offer] = rows(town, "offers")
    assert (offer["expires_at"], offer["closed_at"]) == ("2025-11-24T12:00:31.250Z", None)


def test_no_phone_number_is_shown_in_full_unless_asked_for(town: Path) -> None:
    masked = str([rows(town, table) for table in TABLES])
    assert re.findall(r"\d{10,}", masked) == []
    assert "2782•••4568" in masked
    open_ones = str([rows(town, table, full_phones=True) for table in TABLES])
    assert {"27821234567", "27821234568", "27830000001"} <= set(re.findall(r"\d{11}", open_ones))


def test_an_id_that_is_no_phone_number_stays_readable(path: Path) -> None:
    writer = Writer(path, "off")
    writer.write([append("driver/anna", DriverOnline("anna")), append("ride/2025112400001", at=0.0)])
    writer.write([booked("2025112400001")])
    writer.close()
    assert column(path, "events", "stream") == ["driver/anna", "ride/2025112400001"]
    assert column(path, "rides", "ride_id") == ["2025112400001"]


def test_a_damaged_body_is_shown_as_it_is(town: Path) -> None:
    writer = Writer(town, "off")
    writer.db.execute("UPDATE events SET body = '{half' WHERE n = 1")
    writer.close()
    assert column(town, "events", "body")[0] == "{half"


def test_a_file_that_is_not_there_is_told_and_not_made(path: Path) -> None:
    with pytest.raises(StorageMissing):
        rows(path, "rides")
    assert not path.exists()

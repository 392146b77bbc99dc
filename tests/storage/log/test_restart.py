"""A start records that every connection of the process before is gone, in events like any others, and leaves rides as they are."""

from pathlib import Path

import pytest

from dispatch.domain.driver.record import DriverRecord, stranger
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.events import (
    DriverOnline,
    DriverRegistered,
    DriverReserved,
    OfferPlaced,
    OffersClosed,
    OffersMade,
)
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.log.restart import APPENDS_A_COMMIT, Disconnected, mark_all_disconnected
from tests.storage.stories import DISPATCHER, MICHAEL, Town, append, booked


def counts(writer: Writer, query: str) -> dict[str, int]:
    return dict(writer.db.execute(query).fetchall())


def test_an_empty_file_has_nobody_to_disconnect(writer: Writer) -> None:
    assert mark_all_disconnected(writer, 0.0) == Disconnected(0, 0)
    assert writer.db["events"].count == 0


@pytest.mark.parametrize("seed", range(8))
def test_nobody_is_online_nothing_is_open_and_every_ride_is_as_it_was(writer: Writer, path: Path, seed: int) -> None:
    writer.write(list(Town(seed, rides=40).story()))
    rides = counts(writer, "SELECT ride_id, status FROM rides")
    kept = counts(writer, "SELECT driver_id, ride_id FROM drivers WHERE ride_id IS NOT NULL")
    online = writer.db["drivers"].count_where("online")

    assert mark_all_disconnected(writer, 500.0).drivers == online > 0

    assert counts(writer, "SELECT ride_id, status FROM rides") == rides
    assert counts(writer, "SELECT driver_id, ride_id FROM drivers WHERE ride_id IS NOT NULL") == kept
    assert writer.db["drivers"].count_where("online") == 0
    assert writer.db["offers"].count_where("outcome = 'open'") == 0
    assert Reader(path).reserved_drivers() == sorted(kept)


@pytest.mark.parametrize("seed", range(4))
def test_the_events_it_adds_are_legal_for_every_driver(writer: Writer, path: Path, seed: int) -> None:
    town = Town(seed, rides=30)
    writer.write(list(town.story()))
    mark_all_disconnected(writer, 500.0)
    reader = Reader(path)
    for card in town.cards:
        driver = DriverRecord(card.driver_id)
        for event in reader.events_of(f"driver/{card.driver_id}"):
            driver.apply(event)
        assert (driver.reservation is not None) is (card.driver_id in reader.reserved_drivers())


def test_to_do_it_again_changes_nothing(writer: Writer) -> None:
    writer.write(list(Town(1, rides=40).story()))
    mark_all_disconnected(writer, 500.0)
    events = writer.db["events"].count
    assert mark_all_disconnected(writer, 501.0) == Disconnected(0, 0)
    assert writer.db["events"].count == events


def test_more_drivers_and_offers_than_share_a_commit_are_all_disconnected(writer: Writer, path: Path) -> None:
    drivers = [DriverId(f"d{number:04}") for number in range(2 * APPENDS_A_COMMIT + 7)]
    cards = [append(f"driver/{name}", DriverRegistered(stranger(name)), DriverOnline(name)) for name in drivers]
    asked = [booked(f"r{number:04}") for number in range(APPENDS_A_COMMIT + 7)]
    made = [
        append(
            DISPATCHER, OffersMade(RideId(f"r{n:04}"), 1, 1, (OfferPlaced(OfferId(f"o{n}"), drivers[n], 9.0),), 30.0)
        )
        for n in range(len(asked))
    ]
    writer.write([*cards, *asked, *made])

    assert mark_all_disconnected(writer, 500.0) == Disconnected(len(drivers), len(asked))

    assert writer.db["drivers"].count_where("online") == 0
    assert writer.db["offers"].count_where("outcome <> 'vanished'") == 0
    assert list(findings(path)) == []


def test_an_offer_that_its_driver_accepted_is_left_for_the_ride_to_answer(writer: Writer, path: Path) -> None:
    driver_id, other = MICHAEL.driver_id, DriverId("d2")
    placed = (OfferPlaced(OfferId("o1"), driver_id, 10.0), OfferPlaced(OfferId("o2"), other, 20.0))
    writer.write([booked("r1")])
    writer.write([append(DISPATCHER, OffersMade(RideId("r1"), 1, 1, placed, 30.0))])
    writer.write([append(f"driver/{driver_id}", DriverRegistered(MICHAEL), DriverOnline(driver_id))])
    writer.write([append(f"driver/{driver_id}", DriverReserved(RideId("r1"), driver_id, OfferId("o1"), 1, 1))])
    assert mark_all_disconnected(writer, 10.0) == Disconnected(1, 1)
    assert Reader(path).events_of_ride(RideId("r1"))[-1] == OffersClosed(
        RideId("r1"), (OfferId("o2"),), (other,), "vanished"
    )


def test_a_start_finds_open_offers_by_the_rides_that_are_open(writer: Writer) -> None:
    """However many offers were ever made."""
    asked: list[str] = []
    writer.db.conn.set_trace_callback(asked.append)
    mark_all_disconnected(writer, 0.0)
    writer.db.conn.set_trace_callback(None)
    steps = [row[3] for query in asked for row in writer.db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()]
    assert [step for step in steps if step.startswith(("SCAN ", "SEARCH "))] == [
        "SCAN drivers",
        "SCAN r USING INDEX rides_open",
        "SEARCH o USING INDEX sqlite_autoindex_offers_1 (ride_id=?)",
        "SEARCH d USING PRIMARY KEY (driver_id=?) LEFT-JOIN",
    ]

"""A file whose events contradict one another is refused at start in one line, mended in one commit, and served then."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.domain.driver.record import DriverRecord
from dispatch.domain.ride.record import RideRecord
from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.events import (
    ChargeRequested,
    DriverFolded,
    DriverOnline,
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    OfferPlaced,
    OffersMade,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideRated,
    RideScheduled,
    RideStarted,
)
from dispatch.messages.journal import Append
from dispatch.storage.failures import StorageContradicts, StorageDamaged
from dispatch.storage.health.check import findings
from dispatch.storage.health.mend import mend
from dispatch.storage.health.startup_check import require_sound
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.show import rows
from dispatch.values import DriverCard, Money
from tests.storage.damage import closed_file
from tests.storage.old_files import ANN, BEN, CONTRADICTING, EVE, MIA, Served, old_file
from tests.storage.stories import DISPATCHER, DRIVER_ID, MICHAEL, SARAH, TRIP, append, booked

R1, R2 = RideId("r1"), RideId("r2")
OTHER = DriverCard(DriverId("d2"), "Ben", "")


def given(ride_id: RideId, card: DriverCard = MICHAEL) -> list[Append]:
    """This ride is offered to this driver, who accepts and has it."""
    driver_id, offer = card.driver_id, OfferId(f"{ride_id}-{card.driver_id}")
    return [
        append(DISPATCHER, OffersMade(ride_id, 1, 1, (OfferPlaced(offer, driver_id, 10.0),), 30.0)),
        append(f"driver/{driver_id}", DriverReserved(ride_id, driver_id, offer, 1, 1)),
        append(f"ride/{ride_id}", RideAssigned(ride_id, card, offer, 1, 2.5)),
    ]


def of_ride(*events: object) -> list[Append]:
    return [append("ride/r1", *events)]  # type: ignore[arg-type]


def of_driver(*events: object) -> list[Append]:
    return [append(f"driver/{DRIVER_ID}", *events)]  # type: ignore[arg-type]


CHARGE = ChargeRequested(R1, SARAH.passenger_id, Money(250, "ZAR"))
SHAPES: dict[str, Sequence[Append]] = {
    "a driver has two rides": [booked("r1"), booked("r2"), *given(R1), *given(R2)],
    "a ride has two drivers": [booked("r1"), *given(R1), *given(R1, OTHER)],
    "a ride is assigned twice to one": [booked("r1"), *given(R1), *given(R1)[2:]],
    "a ride goes on after its end": [booked("r1"), *of_ride(RideCancelled(R1, "passenger")), *given(R1)],
    "a ride ends twice": [booked("r1"), *of_ride(RideCancelled(R1, "passenger"), RideCancelled(R1, "ops"))],
    "a ride is booked again after its end": [booked("r1"), *of_ride(RideCancelled(R1, "passenger")), booked("r1")],
    "a ride is driven by somebody else": [booked("r1"), *given(R1), *of_ride(RideArrived(R1, OTHER.driver_id, 9.0))],
    "a step comes before its time": [booked("r1"), *of_ride(RideStarted(R1, DRIVER_ID, 9.0))],
    "a ride is charged before its end": [booked("r1"), *of_ride(CHARGE)],
    "a ride is rated before its end": [
        booked("r1"), *given(R1), *of_ride(RideRated(R1, "passenger", 1, "", DRIVER_ID, SARAH.passenger_id)),
    ],
    "a ride with a driver is put off": [booked("r1"), *given(R1), *of_ride(RideScheduled(R1, SARAH, TRIP, 9e3, 1.0))],
    "an event stands with another ride": [booked("r1"), booked("r2"), append("ride/r2", RideCancelled(R1, "ops"))],
    "what a dispatcher did stands with a ride": [booked("r1"), append("ride/r1", given(R1)[0].events[0])],
    "what a dispatcher did stands with a driver": [booked("r1"), append(f"driver/{DRIVER_ID}", given(R1)[0].events[0])],
    "a driver is released who is free": [booked("r1"), *of_driver(DriverReleased(R1, DRIVER_ID, OfferId("o"), "over"))],
    "a driver is reserved twice": [booked("r1"), *given(R1)[1:2], *given(R1)[1:2]],
    "a driver is released from another ride": [
        booked("r1"), *given(R1), *of_driver(DriverReleased(R2, DRIVER_ID, OfferId("o"), "over")),
    ],
    "a driver is folded into another state": [
        booked("r1"), *given(R1), *of_driver(DriverFolded(DRIVER_ID, MICHAEL, None, True, ())),
    ],
}  # fmt: skip


def written(path: Path, story: Sequence[Append]) -> Path:
    writer = Writer(path, "off")
    for card in (MICHAEL, OTHER):
        writer.write([append(f"driver/{card.driver_id}", DriverRegistered(card), DriverOnline(card.driver_id))])
    writer.write(story)
    writer.close()
    return path


def require_folds(path: Path) -> None:
    """Every ride and every driver of the file can be woken."""
    server = Served(path)
    for row in rows(path, "rides", full_phones=True):
        ride = RideRecord(row["ride_id"])
        for event in server.store.events_of(f"ride/{row['ride_id']}"):
            ride.apply(event)
    for row in rows(path, "drivers", full_phones=True):
        driver = DriverRecord(row["driver_id"])
        for event in server.store.events_of(f"driver/{row['driver_id']}"):
            driver.apply(event)
    server.run(until=24 * 3600.0)
    assert server.store.open_rides() == server.store.reserved_drivers() == []
    server.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_refused_in_one_line_then_mended_and_served(path: Path, shape: str) -> None:
    written(path, SHAPES[shape])
    writer = Writer(path, "off")
    with pytest.raises(StorageContradicts) as refused:
        require_sound(writer.db, path)
    writer.close()
    assert str(refused.value).count("\n") == 0 and f"dispatch db mend --db {path}" in str(refused.value)
    assert list(findings(path)) != []
    before = path.read_bytes()
    told = mend(path, now=50.0, dry_run=True)
    assert path.read_bytes() == before and list(findings(path)) != []

    assert mend(path, now=50.0) == told
    assert told.found and told.done
    assert list(findings(path)) == []
    assert mend(path, now=51.0) == ([], []), "nothing is left to mend"
    require_folds(path)
    assert list(findings(path)) == []


def test_of_two_rides_of_one_driver_the_earlier_goes_on(path: Path) -> None:
    written(path, SHAPES["a driver has two rides"])
    mend(path, now=50.0)
    first, second = rows(path, "rides", full_phones=True)
    assert (first["status"], first["driver_id"]) == ("accepted", DRIVER_ID)
    assert (second["status"], second["ended_by"], second["driver_id"]) == ("cancelled", "system", None)
    server = Served(path)
    app = server.driver(DRIVER_ID)
    server.run(until=1.0)
    assert app.last("snapshot")["ride"]["ride_id"] == "r1"
    server.close()


def test_what_two_servers_wrote_at_once_is_refused_and_mended(tmp_path: Path) -> None:
    path = old_file(CONTRADICTING, tmp_path)
    with pytest.raises(StorageContradicts, match=r"is reserved for hers-2 by event \d+ and for hers-1 as well"):
        Served(path)
    events = rows(path, "events", limit=1_000, full_phones=True)

    found, _ = mend(path, now=events[-1]["n"])

    assert len(found) == 4 and list(findings(path)) == []
    told = {row["ride_id"]: (row["status"], row["ended_by"]) for row in rows(path, "rides")}
    assert told == {
        "hers-1": ("accepted", None),
        "hers-2": ("cancelled", "system"),
        "shared": ("cancelled", "system"),
        "ended": ("cancelled", "passenger"),
    }
    drivers = {row["driver_id"]: row["ride_id"] for row in rows(path, "drivers", full_phones=True)}
    assert drivers == {ANN: "hers-1", BEN: None, EVE: None, MIA: None}
    kept = {row["n"]: (row["kind"], row["body"]) for row in rows(path, "events", limit=1_000, full_phones=True)}
    assert all(kept[row["n"]] == (row["kind"], row["body"]) for row in events), "no event is lost or changed"
    require_folds(path)


def test_only_what_is_woken_and_what_is_new_is_looked_at_by_a_start_and_all_by_check(path: Path) -> None:
    """An old ride that nobody wakes does not keep a server from serving, whatever was done to it."""
    quiet = append(f"driver/{DRIVER_ID}", *[DriverFolded(DRIVER_ID, MICHAEL, None, True, ())] * 1_001)
    written(path, [*SHAPES["a ride ends twice"], quiet])
    writer = Writer(path, "off")
    require_sound(writer.db, path)
    writer.close()
    assert list(findings(path)) == ["event 7 of ride r1 cannot be: cannot cancel a ride that is cancelled"]


def test_a_ride_that_nobody_booked_wakes_nobody_and_is_mended(path: Path) -> None:
    written(path, given(R1))
    writer = Writer(path, "off")
    require_sound(writer.db, path)
    writer.close()
    assert mend(path, now=50.0).found == list(findings(path)) or list(findings(path)) == []
    assert list(findings(path)) == []


def test_a_file_that_lacks_events_is_not_mended(path: Path) -> None:
    written(path, SHAPES["a driver has two rides"])
    writer = Writer(path, "off")
    writer.db.execute("DELETE FROM events WHERE n = 2")
    writer.close()
    with pytest.raises(StorageDamaged, match="1 events are missing"):
        mend(path, now=50.0)


TAMPERED = (
    "UPDATE events SET stream = 'ride/ride-1' WHERE stream = 'ride/ride-0' AND kind = 'RideRequested'",
    "UPDATE events SET kind = 'DriverOnline' WHERE n = 1",
    "UPDATE events SET ride_no = ride_no + 1 WHERE ride_id = 'ride-2'",
    "UPDATE rides SET status = 'odd', fare = 1.0 WHERE ride_id = 'ride-3'",
    "DELETE FROM rides WHERE ride_id = 'ride-4'",
    "DELETE FROM offers",
    "INSERT INTO tracks SELECT * FROM tracks LIMIT 3",
    "UPDATE drivers SET ride_id = NULL, online = 1",
)


@pytest.mark.parametrize("statement", TAMPERED)
def test_whatever_was_changed_behind_the_journals_back_is_made_what_the_events_tell(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(closed_file(path), isolation_level=None)) as file:
        assert file.execute(statement).rowcount > 0
    assert list(findings(path)) != []
    found, done = mend(path, now=500.0)
    assert found and done
    assert list(findings(path)) == []
    require_folds(path)


def test_a_sound_file_is_left_alone(path: Path) -> None:
    before = closed_file(path).read_bytes()
    assert mend(path, now=50.0) == ([], [])
    assert path.read_bytes() == before

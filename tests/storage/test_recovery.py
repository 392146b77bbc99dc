"""A start ends what the process before left open, in events that read like any others."""

from pathlib import Path

import pytest

from dispatch.domain.driver import FREE, DriverRecord
from dispatch.domain.ride import CANCELLED, RideRecord
from dispatch.messages.events import DriverOffline, DriverReleased, DriverReserved, RideCancelled
from dispatch.storage.reader import Reader
from dispatch.storage.recovery import close_open_rides
from dispatch.storage.writer import Writer
from dispatch.types import DriverId, OfferId, RideId
from tests.storage.stories import Town, append, booked


def counts(writer: Writer, query: str) -> dict[str, int]:
    return dict(writer.db.execute(query).fetchall())


def test_an_empty_file_has_nothing_to_close(writer: Writer) -> None:
    assert close_open_rides(writer, 0.0) == 0
    assert writer.db["events"].count == 0


@pytest.mark.parametrize("seed", range(8))
def test_every_open_ride_is_cancelled_and_every_driver_free_and_offline(writer: Writer, path: Path, seed: int) -> None:
    writer.write(list(Town(seed, rides=40).story()))
    ended = counts(writer, "SELECT status, count(*) FROM rides WHERE ended_at IS NOT NULL GROUP BY 1")
    [open_before] = writer.db.execute("SELECT count(*) FROM rides WHERE ended_at IS NULL").fetchone()
    assert open_before > 0

    assert close_open_rides(writer, 500.0) == open_before

    ended["cancelled"] = ended.get("cancelled", 0) + open_before
    assert counts(writer, "SELECT status, count(*) FROM rides GROUP BY 1") == ended
    assert counts(writer, "SELECT status, count(*) FROM drivers GROUP BY 1") == {"offline": 12}
    assert writer.db["drivers"].count_where("ride_id IS NOT NULL OR online") == 0
    assert writer.db["offers"].count_where("outcome = 'open'") == 0
    assert Reader(path).open_rides() == []


@pytest.mark.parametrize("seed", range(4))
def test_the_events_it_adds_are_legal_for_every_ride_and_driver(writer: Writer, path: Path, seed: int) -> None:
    town = Town(seed, rides=30)
    writer.write(list(town.story()))
    close_open_rides(writer, 500.0)
    reader = Reader(path)
    for ride_id in town.rides:
        ride = RideRecord(ride_id)
        for event in reader.events_of(f"ride/{ride_id}"):
            ride.apply(event)
        assert ride.is_over
    for card in town.cards:
        driver = DriverRecord(card.driver_id)
        for event in reader.events_of(f"driver/{card.driver_id}"):
            driver.apply(event)
        assert driver.binding == FREE


def test_it_says_who_ended_the_ride_and_why(writer: Writer, path: Path) -> None:
    writer.write([booked("r1")])
    close_open_rides(writer, 77.0)
    assert Reader(path).events_of("ride/r1")[-1] == RideCancelled(RideId("r1"), "system", "server restarted")
    row = next(writer.db.query("SELECT * FROM rides"))
    assert (row["status"], row["ended_by"], row["reason"], row["ended_at"]) == (
        CANCELLED,
        "system",
        "server restarted",
        77.0,
    )


def test_a_driver_is_released_from_the_very_offer_he_accepted(writer: Writer, path: Path) -> None:
    town = Town(0, rides=0)
    writer.write(list(town.story()))
    him = DriverId("d3")
    for name in ("old", "new"):
        writer.write([append("driver/d3", DriverReserved(RideId(name), him, OfferId(f"offer-{name}"), 1, 1))])
    close_open_rides(writer, 5.0)
    assert Reader(path).events_of("driver/d3")[-2:] == (
        DriverReleased(RideId("new"), him, OfferId("offer-new"), "server restarted"),
        DriverOffline(him, "server restarted"),
    )


def test_doing_it_again_adds_nothing(writer: Writer) -> None:
    writer.write(list(Town(2, rides=30).story()))
    close_open_rides(writer, 500.0)
    events = writer.db["events"].count
    assert close_open_rides(writer, 501.0) == 0
    assert writer.db["events"].count == events


def test_thousands_of_rides_are_closed_in_several_commits(writer: Writer) -> None:
    writer.write([booked(f"r{n}") for n in range(2_500)])
    commits: list[str] = []
    writer.db.conn.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    assert close_open_rides(writer, 9.0) == 2_500
    assert len(commits) == 3

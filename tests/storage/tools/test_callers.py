"""Who is found by the beginning of a phone, and which places stand beside the name."""

from contextlib import closing
from itertools import count
from pathlib import Path

from msgspec.structs import replace

from dispatch import addresses
from dispatch.ids import PassengerId, RideId
from dispatch.messages.events import RideRequested
from dispatch.messages.journal import Append
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tools.callers import MOST_CALLERS, callers
from dispatch.values import Passenger, Place
from tests.storage.stories import TRIP

ANN = Passenger(PassengerId("p-ann"), "Ann", "27821110001")


def on_file(path: Path, *booked: tuple[Passenger, str, str]) -> Path:
    """A file with these bookings: who, from where, where to."""
    writer, numbers = Writer(path, "off"), count(1)
    for who, pickup, dropoff in booked:
        number = next(numbers)
        trip = replace(TRIP, pickup=Place(1.0, 2.0, pickup), dropoff=Place(3.0, 4.0, dropoff))
        ride_id = RideId(f"r{number}")
        event = RideRequested(ride_id, 1, who, trip, float(number))
        writer.write([Append(addresses.ride(ride_id), 1, 1, float(number), (event,))])
    writer.close()
    return path


def found(path: Path, *beginnings: str) -> list[str]:
    with closing(open_read_only(path)) as db:
        return [row["phone"] for row in callers(db, beginnings)]


def test_a_caller_has_the_last_pickup_and_the_usual_dropoffs_the_most_frequent_first(tmp_path: Path) -> None:
    path = on_file(
        tmp_path / "d.db",
        (ANN, "home", "work"),
        (ANN, "home", "market"),
        (ANN, "home", "work"),
        (ANN, "office", "home"),
    )
    with closing(open_read_only(path)) as db:
        (row,) = callers(db, ["2782111"])
    assert (row["name"], row["phone"], row["rides"]) == ("Ann", "27821110001", 4)
    assert row["pickup"] == {"address": "office", "latitude": 1.0, "longitude": 2.0}
    assert [place["address"] for place in row["dropoffs"]] == ["work", "home", "market"]


def test_only_phones_that_begin_so_are_found_each_once_and_a_few_at_most(tmp_path: Path) -> None:
    many = [(Passenger(PassengerId(f"p{n}"), "Bo", f"2782333{n:04}"), "a", "b") for n in range(9)]
    path = on_file(tmp_path / "d.db", (ANN, "home", "work"), *many)
    assert found(path, "2782111", "27821") == ["27821110001"]
    assert found(path, "27829") == []
    assert found(path, "2782333") == [f"2782333{n:04}" for n in range(MOST_CALLERS)]

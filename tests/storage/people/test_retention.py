"""What is older than it is kept goes, everything else stays as it was, and the file is sound."""

from pathlib import Path
from typing import Any

import pytest

from dispatch import addresses
from dispatch.ids import PersonId, QuoteId, RideId
from dispatch.messages.events import EVENT_TYPES, QuoteMade, RideCancelled, RideRequested
from dispatch.storage.health.check import findings
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import retention
from dispatch.storage.people.removal import remove
from dispatch.storage.people.retention import DAY_S, Gone, Keep, plan, purge
from dispatch.storage.tables.opening import reading
from dispatch.storage.tools.explain import explanation
from tests.storage.people.test_removal import CANARY_TRIP, HOME, ROSA, TOM, WORK, bytes_of, fill
from tests.storage.stories import PRICE, append

NOW = 20_000.0 + 10 * DAY_S
A_WEEK = Keep(keep_tracks_days=7, keep_quotes_days=7, keep_addresses_days=7)
EXACT = (b"-26.20417", b"28.04731", b"-26.18533", b"28.05577", b"Canary", b"082 000 0777")
"""Where canaries ride, and what they note."""


def booked(n: int, at: float, over_at: float | None) -> Any:
    """A ride of Rosa's, and when it was cancelled."""
    ride_id = RideId(f"late-{n}")
    yield append(addresses.ride(ride_id), RideRequested(ride_id, 1, ROSA, CANARY_TRIP, at), at=at)
    if over_at is not None:
        yield append(addresses.ride(ride_id), RideCancelled(ride_id, "passenger", "late"), at=over_at)


def keep(writer: Writer, *appends: Any) -> None:
    for each in appends:
        writer.write([each])


def body(writer: Writer, kind: str, at_last: bool = True) -> str:
    order = "DESC" if at_last else "ASC"
    (found,) = writer.db.execute(
        f"SELECT body FROM events WHERE kind = ? ORDER BY n {order} LIMIT 1", (kind,)
    ).fetchone()
    return str(found)


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_of_rides_and_quotes_that_are_old_no_place_and_no_note_is_left_and_all_else_is(
    writer: Writer, path: Path, seed: int | None
) -> None:
    fill(writer, seed)
    assert all(word in bytes_of(path) for word in EXACT)
    figures = "SELECT ride_id, passenger_id, driver_id, status, fare, distance_km, requested_at, ended_at FROM rides"
    before = writer.db.execute(figures).fetchall(), writer.db.execute("SELECT * FROM ratings").fetchall()
    told = purge(writer, A_WEEK, NOW)
    wiping.wipe(writer)
    assert [word for word in EXACT if word in bytes_of(path)] == []
    assert (writer.db.execute(figures).fetchall(), writer.db.execute("SELECT * FROM ratings").fetchall()) == before
    assert b"Kanarienvogel" in bytes_of(path) and b"a fine drive" in bytes_of(path)
    assert list(findings(path)) == []
    assert told["tracks"].count >= 2 and told["quotes"].count >= 3 and told["addresses"].count >= 6
    assert explanation(path, RideId("canary-1"))["rounds"] == []


def test_it_is_said_how_much_goes_and_how_old_it_is_before_and_after(writer: Writer, path: Path) -> None:
    fill(writer)
    with reading(path) as db:
        before, changes, event = plan(db, str(path), A_WEEK, NOW)
    assert event is not None and len(changes) >= event.events
    assert before["tracks"] == Gone(2, 10_109.0, 10_209.0)
    assert all(word in bytes_of(path) for word in EXACT)
    assert purge(writer, A_WEEK, NOW) == before
    assert sum(gone.count for gone in before.values()) == event.events


def test_each_kind_is_kept_for_days_of_its_own_and_0_is_for_ever(writer: Writer, path: Path) -> None:
    fill(writer)
    for days, kind, gone in (
        (Keep(keep_tracks_days=7), "TrackRecorded", "-26.20417"),
        (Keep(keep_quotes_days=7), "QuoteMade", "-26.18533"),
        (Keep(keep_addresses_days=7), "RideRequested", "7 Canary Close"),
    ):
        assert purge(writer, Keep(), NOW) == {kind: Gone() for kind in ("tracks", "quotes", "addresses")}
        assert gone in "".join(row[0] for row in writer.db.execute("SELECT body FROM events WHERE kind = ?", (kind,)))
        told = purge(writer, days, NOW)
        assert [name for name, found in told.items() if found.count] == [
            {"TrackRecorded": "tracks", "QuoteMade": "quotes", "RideRequested": "addresses"}[kind]
        ]
        assert gone not in "".join(
            row[0] for row in writer.db.execute("SELECT body FROM events WHERE kind = ?", (kind,))
        )
        wiping.wipe(writer)
        assert list(findings(path)) == []


def test_a_ride_that_is_open_or_ended_lately_keeps_everything_until_its_time_has_come(writer: Writer) -> None:
    old, lately = NOW - 30 * DAY_S, NOW - 7 * DAY_S
    keep(writer, *booked(1, old, lately - 1.0), *booked(2, old, lately + 1.0), *booked(3, old, None))
    assert purge(writer, A_WEEK, NOW)["addresses"] == Gone(1, old, old)
    kept = "SELECT ride_id, pickup_lat, pickup_address FROM rides ORDER BY ride_id"
    exact = (HOME.lat, HOME.address)
    assert writer.db.execute(kept).fetchall() == [("late-1", -26.2, ""), ("late-2", *exact), ("late-3", *exact)]
    assert purge(writer, A_WEEK, NOW + 10.0)["addresses"].count == 1
    assert purge(writer, A_WEEK, NOW + 90 * DAY_S)["addresses"].count == 0


def test_a_second_purge_finds_and_writes_nothing(writer: Writer) -> None:
    fill(writer)
    purge(writer, A_WEEK, NOW)
    count = "SELECT count(*), max(n) FROM events"
    before = writer.db.execute(count).fetchall()
    assert sum(gone.count for gone in purge(writer, A_WEEK, NOW + 60.0).values()) == 0
    assert writer.db.execute(count).fetchall() == before
    assert writer.db.execute("SELECT at FROM events WHERE kind = 'Purged' ORDER BY n DESC LIMIT 1").fetchone() == (NOW,)


def test_a_quote_that_nobody_took_is_nobody_s_afterwards(writer: Writer, path: Path) -> None:
    quote = QuoteMade(QuoteId("q9"), ROSA.passenger_id, HOME, WORK, "sedan", PRICE, 5.0, 305.0)
    keep(writer, append(addresses.quote(QuoteId("q9")), quote, at=5.0))
    assert purge(writer, A_WEEK, NOW)["quotes"] == Gone(1, 5.0, 5.0)
    row = writer.db.execute("SELECT passenger_id, pickup_lat FROM quotes WHERE quote_id = 'q9'").fetchone()
    assert row == (None, -26.2) and ROSA.passenger_id not in body(writer, "QuoteMade")
    wiping.wipe(writer)
    assert list(findings(path)) == []


def test_the_event_says_how_far_it_went_and_by_whose_order_and_nothing_of_anybody(writer: Writer) -> None:
    fill(writer)
    told = purge(writer, A_WEEK, NOW, by="p2")
    until = NOW - 7 * DAY_S
    changed = sum(gone.count for gone in told.values())
    assert body(writer, "Purged") == (
        f'{{"type":"Purged","tracks_until":{until},"quotes_until":{until},"addresses_until":{until},'
        f'"events":{changed},"by":"p2"}}'
    )


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_every_event_with_a_place_or_a_note_is_of_a_kind_that_is_purged(kind: Any) -> None:
    has_any = {"trip", "claim", "pickup", "dropoff", "note", "points"} & set(kind.__struct_fields__)
    assert bool(has_any) is any(f"'{kind.__name__}'" in query for query in retention._EVENTS.values())


def test_people_are_removed_before_and_after_a_purge(writer: Writer, path: Path) -> None:
    fill(writer)
    remove(writer, PersonId(TOM.driver_id), 12_000.0)
    purge(writer, A_WEEK, NOW)
    remove(writer, PersonId(ROSA.passenger_id), NOW)
    wiping.wipe(writer)
    assert list(findings(path)) == []
    assert [word for word in (*EXACT, b"Kanarien", b"27820000777", b"27820000888") if word in bytes_of(path)] == []

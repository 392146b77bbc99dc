"""One batch, one transaction, all or nothing: on real files with a real full disk and a real lock."""

import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.errors import DatabaseError
from dispatch.messages.events import (
    DriverOnline,
    Event,
    OffersMade,
    RideArrived,
    RideAssigned,
    RideCancelled,
    RideRequested,
    RideStarted,
    SearchFailed,
)
from dispatch.storage.failures import EventRefused, StorageBusy, StorageFault, StorageFull
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_database
from tests.storage.stories import ONE_OF_EACH, append, booked


def example(kind: type[Event]) -> Event:
    """The one event of this kind among the examples."""
    return next(event for event in ONE_OF_EACH if type(event) is kind)


def on_disk(path: Path) -> list[tuple[str, str]]:
    """What another process would read: stream and kind of every event, in order."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT stream, kind FROM events ORDER BY n").fetchall()


def statements(writer: Writer, *batch: object) -> list[str]:
    heard: list[str] = []
    writer.db.conn.set_trace_callback(heard.append)
    writer.write(batch)
    writer.db.conn.set_trace_callback(None)
    return heard


def test_a_batch_is_one_transaction_of_its_own(writer: Writer) -> None:
    heard = statements(writer, *(booked(f"r{n}") for n in range(50)))
    assert heard[0] == "BEGIN IMMEDIATE"
    assert heard[-1] == "COMMIT"
    assert sum(text.startswith(("BEGIN", "COMMIT", "SAVEPOINT")) for text in heard) == 2


def test_events_lie_in_the_order_in_which_they_were_told(writer: Writer, path: Path) -> None:
    writer.write(
        [append("ride/b", example(RideRequested), example(RideArrived)), append("driver/a", example(DriverOnline))]
    )
    writer.write([append("ride/b", example(RideStarted))])
    assert on_disk(path) == [
        ("ride/b", "RideRequested"),
        ("ride/b", "RideArrived"),
        ("driver/a", "DriverOnline"),
        ("ride/b", "RideStarted"),
    ]


def test_every_time_is_stored_as_it_was_recorded(path: Path) -> None:
    noon = 1_763_953_290.5
    writer = Writer(path, "off")
    writer.write([booked("r1", at=noon + 10.0)])
    writer.write([append("ride/r1", example(RideAssigned), at=noon + 12.0)])
    (requested_at, at, body) = writer.db.execute(
        "SELECT requested_at, events.at, body FROM rides JOIN events USING (ride_id) WHERE ride_id = 'r1'"
    ).fetchone()
    assert (requested_at, at) == (noon + 10.0, noon + 10.0)
    assert f'"at":{noon + 10.0}' in body
    writer.close()


def test_a_full_disk_keeps_nothing_and_heals_when_space_returns(writer: Writer, path: Path) -> None:
    writer.write([booked("before")])
    pages = writer.db.execute("PRAGMA page_count").fetchone()[0]
    writer.db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFull, match=r"dispatch\.db cannot grow because the disk is full; free some space"):
        writer.write([booked(f"r{n}") for n in range(500)])
    assert on_disk(path) == [("ride/before", "RideRequested")]
    writer.db.execute("PRAGMA max_page_count = 1000000")
    writer.write([booked("after")])
    assert on_disk(path) == [("ride/before", "RideRequested"), ("ride/after", "RideRequested")]


def test_a_lock_that_outlasts_the_wait_keeps_nothing_and_heals_when_it_goes(path: Path) -> None:
    writer = Writer(open_database(path, "off", busy_timeout_s=0.05))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageBusy, match="locked by another process"):
        writer.write([booked("r1")])
    other.execute("ROLLBACK")
    assert on_disk(path) == []
    writer.write([booked("r1")])
    assert on_disk(path) == [("ride/r1", "RideRequested")]
    writer.close()


@pytest.mark.parametrize(
    "poison",
    [
        booked("bad", at=float("nan")),
        booked("bad", fare=float("nan")),
        append("ride/bad", RideCancelled("bad", "driver", "\ud800")),
        append("ride/bad", RideCancelled("bad", object())),
        append(
            "ride/bad",
            SearchFailed("bad", "cap", 2**70, 1),
            OffersMade("bad", 2**70, 1, (), 0.0),
        ),
    ],
    ids=[
        "a time that is no number",
        "a fare that is no number",
        "half a letter",
        "no text",
        "a number beyond SQLite's",
    ],
)
def test_events_that_can_never_be_stored_are_refused_and_nothing_of_their_batch_is_kept(
    writer: Writer, path: Path, poison: object
) -> None:
    with pytest.raises(EventRefused, match=r"dispatch\.db does not take these events"):
        writer.write([booked("good"), poison])
    assert on_disk(path) == []
    writer.write([booked("good")])
    assert on_disk(path) == [("ride/good", "RideRequested")]


def test_a_batch_that_is_interrupted_half_way_keeps_nothing(writer: Writer, path: Path) -> None:
    writer.db.conn.set_progress_handler(lambda: 1, 2_000)
    with pytest.raises(StorageFault, match="interrupted"):
        writer.write([booked(f"r{n}") for n in range(500)])
    writer.db.conn.set_progress_handler(None, 0)
    assert on_disk(path) == []
    writer.write([booked("after")])
    assert on_disk(path) == [("ride/after", "RideRequested")]


def test_a_disk_that_takes_no_more_bytes_keeps_nothing_and_heals(writer: Writer, path: Path) -> None:
    writer.write([booked("before")])
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    log_bytes = path.with_name("dispatch.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes + 8_192, was[1]))
    try:
        with pytest.raises(StorageFault, match=r"dispatch\.db cannot be used: disk I/O error"):
            writer.write([booked(f"r{n}") for n in range(500)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
    assert on_disk(path) == [("ride/before", "RideRequested")]
    writer.write([booked("after")])
    assert on_disk(path) == [("ride/before", "RideRequested"), ("ride/after", "RideRequested")]


def test_a_file_that_broke_while_in_use_is_told_by_name(writer: Writer, path: Path) -> None:
    writer.write([booked(f"r{n}") for n in range(200)])
    writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(DatabaseError, match=r"dispatch\.db is damaged"):
        Writer(path, "off").write([booked("r1")])


def test_what_need_not_wait_for_the_disk_is_committed_all_the_same_and_the_next_commit_waits_again(path: Path) -> None:
    writer = Writer(path, "full")
    heard: list[str] = []
    writer.db.conn.set_trace_callback(heard.append)
    writer.write_soon([("INSERT INTO login_failures (at) VALUES (?)", (1.0,))])
    writer.db.conn.set_trace_callback(None)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT at FROM login_failures").fetchall() == [(1.0,)]
    assert heard[:2] == ["PRAGMA synchronous = 1", "BEGIN IMMEDIATE"]
    assert writer.db.execute("PRAGMA synchronous").fetchone() == (2,)
    with pytest.raises(DatabaseError):
        writer.write_soon([("INSERT INTO no_such_table VALUES (1)", ())])
    assert writer.db.execute("PRAGMA synchronous").fetchone() == (2,)
    writer.close()


def test_several_writes_are_one_commit_or_nothing(path: Path) -> None:
    writer = Writer(path, "off")
    with pytest.raises(KeyError), writer.one_commit():
        writer.write([booked("r1")])
        assert writer.db.execute("SELECT count(*) FROM rides").fetchone() == (1,), "what follows sees it"
        raise KeyError
    assert writer.db.execute("SELECT count(*) FROM rides").fetchone() == (0,)
    with closing(sqlite3.connect(path)) as other:
        with writer.one_commit():
            writer.write([booked("r1")])
            writer.write([booked("r2")])
            assert other.execute("SELECT count(*) FROM rides").fetchone() == (0,)
        assert other.execute("SELECT count(*) FROM rides").fetchone() == (2,)
    writer.write([booked("r3")])
    writer.close()
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM rides").fetchone() == (3,)


def test_a_write_that_fails_undoes_those_before_it_in_the_same_commit(path: Path) -> None:
    writer = Writer(path, "off")
    with pytest.raises(DatabaseError), writer.one_commit():
        writer.write([booked("r1")])
        writer.write([], [("INSERT INTO no_such_table VALUES (1)", ())])
    assert writer.db.execute("SELECT count(*) FROM events").fetchone() == (0,)
    writer.write([booked("r1")])
    writer.close()

"""The journal's thread on real files: group commit, answers only for what is on disk, refusals that heal."""

import queue
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event

import pytest

from dispatch.messages.base import Message, Recorded
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.runtime.thread import Stopped
from dispatch.storage.failures import EventRefused, StorageBusy, StorageFull, StorageUnreachable
from dispatch.storage.log.journal import APPENDS_A_COMMIT, FIRST_PAUSE_S, SHORTEST_WAIT_S, JournalPort
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_database
from tests.storage.log.test_on_file_writer import on_disk
from tests.storage.stories import RIDE, append, booked

PATIENCE_S = 20
NAN = float("nan")


class Steered(Writer):
    """The real writer, which first does to its connection what the test told it: only its own thread may."""

    orders: queue.SimpleQueue[str]

    def write(self, batch: Iterable[Append]) -> None:
        while not self.orders.empty():
            self.db.execute(self.orders.get())
        super().write(list(batch))

    def touch(self) -> None:
        (most,) = self.db.execute("PRAGMA max_page_count").fetchone()
        if most < 1_000:  # a page that is there already does not feel this limit, as it would a disk's
            raise StorageFull(self.path)
        super().touch()


class Desk:
    """A journal at work, what it posted and what it reported."""

    def __init__(self, path: Path, busy_timeout_s: float = PATIENCE_S) -> None:
        self.path = path
        self.busy_timeout_s = busy_timeout_s
        self.orders: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.posts: queue.SimpleQueue[list[tuple[str, Message]]] = queue.SimpleQueue()
        self.reports: list[BaseException | None] = []
        self.seen_on_disk: list[int] = []
        self.heard: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self.port = JournalPort(self.open_writer, self.post_many, self.report)

    def report(self, trouble: BaseException | None) -> None:
        self.reports.append(trouble)
        self.heard.put(trouble)

    def open_writer(self) -> Writer:
        writer = Steered(open_database(self.path, "full", busy_timeout_s=self.busy_timeout_s))
        writer.orders = self.orders
        return writer

    def post_many(self, letters: Iterable[tuple[str, Message]]) -> None:
        self.seen_on_disk.append(len(on_disk(self.path)))
        self.posts.put(list(letters))

    def answers(self, count: int) -> list[tuple[str, Message]]:
        """The next `count` letters, whichever commits they come from."""
        letters: list[tuple[str, Message]] = []
        while len(letters) < count:
            letters += self.posts.get(timeout=PATIENCE_S)
        assert len(letters) == count
        return letters

    def ask(self, told: Append) -> Message:
        self.port.deliver(told)
        [(address, answer)] = self.answers(1)
        assert address == told.reply_to
        return answer


@pytest.fixture()
def open_desk(path: Path) -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def opened(**options: float) -> Desk:
        desks.append(Desk(path, **options))
        return desks[-1]

    yield opened
    for desk in desks:
        desk.port.stop(PATIENCE_S)


@pytest.fixture()
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()


@pytest.fixture()
def lock(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process in the middle of a transaction; `ROLLBACK` ends it."""
    open_database(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    yield other
    other.close()


def test_an_append_is_answered_with_its_own_incarnation_and_count(desk: Desk) -> None:
    assert desk.ask(booked("r1", incarnation=3, through=7)) == Appended(3, 7)


def test_all_that_waits_shares_a_commit_and_every_append_gets_its_answer_in_order(
    desk: Desk, lock: sqlite3.Connection
) -> None:
    lock.execute("BEGIN IMMEDIATE")  # the first commit waits for this, and the rest gathers behind it
    for n in range(100):
        desk.port.deliver(booked(f"r{n}", through=n))
    lock.execute("ROLLBACK")
    assert desk.answers(100) == [(f"ride/r{n}", Appended(1, n)) for n in range(100)]
    assert len(desk.seen_on_disk) <= 2
    assert on_disk(desk.path) == [(f"ride/r{n}", "RideRequested") for n in range(100)]


def test_a_very_long_queue_is_committed_in_parts(desk: Desk, lock: sqlite3.Connection) -> None:
    lock.execute("BEGIN IMMEDIATE")
    total = 2 * APPENDS_A_COMMIT + 10
    for n in range(total):
        desk.port.deliver(append("driver/d1", through=n))
    lock.execute("ROLLBACK")
    assert [answer.through for _, answer in desk.answers(total)] == list(range(total))
    assert len(desk.seen_on_disk) >= 3


def test_nothing_is_answered_before_another_process_could_read_it(desk: Desk) -> None:
    answered = 0
    for n in range(50):
        desk.port.deliver(booked(f"r{n}"))
    while answered < 50:
        answered += len(desk.posts.get(timeout=PATIENCE_S))
        assert desk.seen_on_disk.pop(0) >= answered


def test_a_full_disk_refuses_and_later_appends_of_the_same_incarnation_are_refused_too(desk: Desk) -> None:
    assert desk.ask(booked("before")) == Appended(1, 1)
    desk.orders.put("PRAGMA max_page_count = 1")  # SQLite makes it what the file has: not a page more
    long_story = append("ride/r1", *_filler(3_000), through=3_000)
    assert desk.ask(long_story) == NotAppended(1, 3_000, "disk_full")
    desk.orders.put("PRAGMA max_page_count = 1000000")
    assert desk.ask(append("ride/r1", through=3_001)) == NotAppended(1, 3_001, "disk_full"), "it builds on what is lost"
    assert desk.ask(booked("other")) == Appended(1, 1), "others are served as soon as space returns"
    assert desk.ask(booked("r1", incarnation=2)) == Appended(2, 1), "and so is the rebuilt actor"
    assert on_disk(desk.path) == [(f"ride/{name}", "RideRequested") for name in ("before", "other", "r1")]


def test_trouble_is_reported_once_when_it_comes_and_once_when_it_goes(desk: Desk) -> None:
    desk.orders.put("PRAGMA max_page_count = 1")
    for n in range(3):
        desk.ask(append(f"ride/r{n}", *_filler(3_000)))
    desk.orders.put("PRAGMA max_page_count = 1000000")
    for n in range(3):
        desk.ask(booked(f"fine{n}"))
    [came, went] = desk.reports
    assert isinstance(came, StorageFull)
    assert went is None


def test_a_short_lock_is_waited_out(open_desk: Callable[..., Desk], lock: sqlite3.Connection) -> None:
    desk = open_desk()
    lock.execute("BEGIN IMMEDIATE")
    desk.port.deliver(booked("r1"))
    with pytest.raises(queue.Empty):
        desk.posts.get(timeout=0.05)
    lock.execute("ROLLBACK")
    assert desk.answers(1) == [("ride/r1", Appended(1, 1))]


def test_a_lock_that_outlasts_the_wait_refuses_and_heals(
    open_desk: Callable[..., Desk], lock: sqlite3.Connection
) -> None:
    desk = open_desk(busy_timeout_s=0.02)
    lock.execute("BEGIN IMMEDIATE")
    assert desk.ask(booked("r1")) == NotAppended(1, 1, "database_busy")
    lock.execute("ROLLBACK")
    assert desk.ask(booked("r2")) == Appended(1, 1)
    assert on_disk(desk.path) == [("ride/r2", "RideRequested")]
    assert [type(report) for report in desk.reports] == [StorageBusy, type(None)]


def test_it_heals_though_nobody_writes(open_desk: Callable[..., Desk], lock: sqlite3.Connection) -> None:
    desk = open_desk(busy_timeout_s=0.02)
    lock.execute("BEGIN IMMEDIATE")
    desk.ask(booked("r1"))
    assert isinstance(desk.heard.get(timeout=PATIENCE_S), StorageBusy)
    lock.execute("ROLLBACK")
    assert desk.heard.get(timeout=PATIENCE_S) is None
    assert on_disk(desk.path) == []


def test_a_dispatcher_that_asks_again_at_once_is_answered_ever_later(
    open_desk: Callable[..., Desk], lock: sqlite3.Connection
) -> None:
    desk = open_desk(busy_timeout_s=0.001)
    lock.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    for n in range(1, 5):
        asked = append("dispatcher/0", *booked("r1").events, incarnation=n)
        assert desk.ask(asked) == NotAppended(n, 1, "database_busy")
    assert time.monotonic() - began >= (1 + 2 + 4) * FIRST_PAUSE_S
    lock.execute("ROLLBACK")


def test_a_person_who_asks_again_at_once_is_answered_soon(
    open_desk: Callable[..., Desk], lock: sqlite3.Connection
) -> None:
    desk = open_desk(busy_timeout_s=0.001)
    lock.execute("BEGIN IMMEDIATE")
    tries = 40
    began = time.monotonic()
    for n in range(1, tries):
        assert desk.ask(booked("r1", incarnation=n)) == NotAppended(n, 1, "database_busy")
    assert time.monotonic() - began < tries * 5 * SHORTEST_WAIT_S, "by the timer alone it were a second each"
    lock.execute("ROLLBACK")


def test_others_are_answered_at_once_meanwhile(open_desk: Callable[..., Desk], lock: sqlite3.Connection) -> None:
    desk = open_desk(busy_timeout_s=0.001)
    lock.execute("BEGIN IMMEDIATE")
    again = [append("dispatcher/0", *booked("again").events, incarnation=n) for n in range(1, 5)]
    for told in again[:3]:  # until tries by the timer are far apart
        desk.ask(told)
    desk.port.deliver(again[3])
    for n in range(10):
        desk.port.deliver(booked(f"r{n}"))
        desk.port.deliver(append(f"driver/d{n}", after=Recorded("dispatcher/0", 4, 1)))
        assert desk.answers(1) == [(f"ride/r{n}", NotAppended(1, 1, "database_busy"))]
    lock.execute("ROLLBACK")
    healed = desk.answers(11)
    assert healed[0] == ("dispatcher/0", Appended(4, 1)), "and what waits is kept in its order"
    assert sorted(address for address, _ in healed[1:]) == [f"driver/d{n}" for n in range(10)]
    assert {type(answer) for _, answer in healed} == {Appended}


@pytest.mark.parametrize("bad", [0, 7, 19])
def test_an_event_at_fault_is_left_out_alone(desk: Desk, lock: sqlite3.Connection, bad: int) -> None:
    lock.execute("BEGIN IMMEDIATE")
    desk.port.deliver(booked("first"))
    for n in range(20):
        desk.port.deliver(booked(f"r{n}", fare=NAN if n == bad else 1.0))
    desk.port.deliver(append(f"ride/r{bad}", through=2))
    lock.execute("ROLLBACK")
    refused = [(address, answer) for address, answer in desk.answers(22) if isinstance(answer, NotAppended)]
    assert refused == [(f"ride/r{bad}", NotAppended(1, through, "event_refused")) for through in (1, 2)]
    kept = [stream for stream, _ in on_disk(desk.path)]
    assert kept == ["ride/first", *(f"ride/r{n}" for n in range(20) if n != bad)]
    assert [type(report) for report in desk.reports] == [EventRefused]


def test_a_stop_commits_and_answers_what_waits_and_lets_go_of_the_file(path: Path) -> None:
    desk = Desk(path)
    for n in range(200):
        desk.port.deliver(booked(f"r{n}"))
    desk.port.stop(PATIENCE_S)
    assert len(desk.answers(200)) == 200
    assert not path.with_name("dispatch.db-wal").exists(), "the last one out folds the log into the file"
    assert len(on_disk(path)) == 200
    assert desk.reports == []


def test_a_file_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    reports: list[BaseException | None] = []
    with pytest.raises(StorageUnreachable, match="it is a directory"):
        JournalPort(lambda: Writer(tmp_path), lambda letters: None, reports.append)
    assert reports == [], "whoever starts it has heard already"


def test_a_fault_inside_is_reported_and_ends_the_journal(path: Path) -> None:
    reports: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def broken_post(letters: object) -> None:
        raise RuntimeError("nobody there to post to")

    port = JournalPort(lambda: Writer(path), broken_post, reports.put)
    port.deliver(booked("r1"))
    assert repr(reports.get(timeout=PATIENCE_S)) == "RuntimeError('nobody there to post to')"
    with pytest.raises(Stopped, match="the journal has stopped"):
        port.deliver(booked("r2"))


def test_what_is_delivered_while_one_thing_leads_to_the_next_is_one_commit(path: Path) -> None:
    later: list[Callable[[], None]] = []
    posts: queue.SimpleQueue[list[tuple[str, Message]]] = queue.SimpleQueue()
    port = JournalPort(lambda: Writer(path), lambda letters: posts.put(list(letters)), print, later.append)
    for ride_id in ("r1", "r2", "r3"):
        port.deliver(booked(ride_id))
    assert posts.empty() and len(later) == 1
    later.pop()()
    assert [address for address, _ in posts.get(timeout=PATIENCE_S)] == ["ride/r1", "ride/r2", "ride/r3"]
    port.deliver(booked("r4"))
    port.stop(PATIENCE_S)
    assert [address for address, _ in posts.get(timeout=PATIENCE_S)] == ["ride/r4"], (
        "what waits is handed over at the end"
    )
    later.pop()()
    assert posts.empty()


def test_each_commit_is_told_with_what_it_kept_and_how_long_it_took(path: Path) -> None:
    commits: list[tuple[int, float]] = []
    posts: queue.SimpleQueue[list[tuple[str, Message]]] = queue.SimpleQueue()
    port = JournalPort(
        lambda: Writer(path),
        lambda letters: posts.put(list(letters)),
        print,
        on_commit=lambda batch, took_s: commits.append((sum(len(each.events) for each in batch), took_s)),
    )
    port.deliver(booked("r1"))
    posts.get(timeout=PATIENCE_S)
    port.stop(PATIENCE_S)
    [(events, took_s)] = commits
    assert events == 1 and 0.0 < took_s < PATIENCE_S


def test_the_oldest_that_waits_is_known_from_its_delivery_until_it_is_answered(
    open_desk: Callable[..., Desk], lock: sqlite3.Connection
) -> None:
    desk = open_desk()
    assert desk.port.oldest_at is None
    lock.execute("BEGIN IMMEDIATE")
    desk.port.deliver(booked("r1", at=70.0))
    desk.port.deliver(booked("r2", at=80.0))
    assert desk.port.oldest_at == 70.0
    lock.execute("ROLLBACK")
    desk.answers(2)
    desk.port.run(lambda writer: None).result(PATIENCE_S)
    assert desk.port.oldest_at is None


def test_what_is_delivered_and_not_handed_over_yet_waits_as_well(path: Path) -> None:
    later: list[Callable[[], None]] = []
    port = JournalPort(lambda: Writer(path), lambda letters: None, print, later.append)
    port.deliver(booked("r1", at=70.0))
    assert port.oldest_at == 70.0
    port.stop(PATIENCE_S)
    assert port.oldest_at is None


def test_an_event_that_is_lost_waits_no_more(desk: Desk) -> None:
    assert isinstance(desk.ask(booked("r1", fare=NAN)), NotAppended)
    desk.port.run(lambda writer: None).result(PATIENCE_S)
    assert desk.port.oldest_at is None


def _filler(count: int) -> list[object]:
    event = booked(RIDE).events[0]
    return [event.__class__(f"f{n}", 1, event.passenger, event.trip, 0.0) for n in range(count)]


def test_a_job_for_which_nobody_waits_any_more_hurts_nobody(desk: Desk) -> None:
    go, done = Event(), []
    first = desk.port.run(lambda writer: go.wait(PATIENCE_S))
    assert desk.port.run(lambda writer: done.append("cancelled")).cancel()
    go.set()
    assert first.result(PATIENCE_S)
    desk.port.run(lambda writer: done.append("next")).result(PATIENCE_S)
    assert done == ["cancelled", "next"]

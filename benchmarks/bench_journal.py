"""What an event costs and how soon it is answered: `python benchmarks/bench_journal.py [events a second] [seconds]`.

Whole rides of ten events and five offers each, fifty under way at once, ids in no order. First the writer alone, batch by batch,
views included, beside a plain `executemany` of the same rows into the same events table. Then the journal's thread, fed from
an event loop: idle, and with the loop kept 80 % busy by other work; ack is the time from `deliver` to the answer on the loop.
Everything with `synchronous = full`. Last the read side, and the journal of virtual time.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time, thread_time

from dispatch.ids import DriverId, OfferId, PassengerId, RideId
from dispatch.messages.base import Message
from dispatch.messages.events import (
    DriverRegistered,
    DriverReleased,
    DriverReserved,
    Event,
    OfferDeclined,
    OfferPlaced,
    OffersClosed,
    OffersMade,
    RideArrived,
    RideAssigned,
    RideCompleted,
    RideRequested,
    RideStarted,
)
from dispatch.messages.journal import Append, Appended
from dispatch.storage.log.journal import JournalPort
from dispatch.storage.log.memory import MemoryJournal
from dispatch.storage.log.on_file import ADD_EVENT, Reader, Writer, encode
from dispatch.storage.tables.opening import open_database, open_read_only
from dispatch.values import DriverCard, Passenger, Place, Trip

RATE, SECONDS = 15_000, 6
BATCHES = (1, 10, 30, 100, 1_000)
EVENTS = 60_000
DRIVERS = 1_000
UNDER_WAY = 50
READS = 20_000
SWITCH_INTERVAL_S = 0.0005  # as the server sets it: at Python's own 5 ms a commit waits for the loop again and again
SLICE_S = 0.001


class Town:
    """An endless legal story, drawn from one seed. Each append carries one event and its number."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._cards = [DriverCard(DriverId(f"2782{n:07}"), f"Driver {n}", f"2782{n:07}") for n in range(DRIVERS)]

    def fleet(self) -> list[Append]:
        """Everybody who drives, to be written first."""
        return [Append(f"driver/{card.driver_id}", 1, 1, 0.0, (DriverRegistered(card),)) for card in self._cards]

    def story(self) -> Iterator[Append]:
        """Rides side by side."""
        number = 0
        rides = [self._ride() for _ in range(UNDER_WAY)]
        while True:
            slot = self._dice.randrange(UNDER_WAY)
            step = next(rides[slot], None)
            if step is None:
                rides[slot] = self._ride()
                continue
            number += 1
            yield Append(step[0], 1, number, number / RATE, (step[1],))

    def _ride(self) -> Iterator[tuple[str, Event]]:
        ride_id = RideId(f"{self._dice.getrandbits(64):016x}")
        ride, dispatcher = f"ride/{ride_id}", "dispatcher/0"
        cards = self._dice.sample(self._cards, 5)
        placed = tuple(
            OfferPlaced(OfferId(f"{ride_id}-{n}"), card.driver_id, 400.0 * n) for n, card in enumerate(cards)
        )
        driver_id, offer_id = cards[0].driver_id, placed[0].offer_id
        passenger = Passenger(PassengerId(f"2783{self._dice.randrange(10_000):07}"), "Sarah Johnson", "27831234567")
        trip = Trip(Place(-26.2041, 28.0473, "123 Main St"), Place(-26.185, 28.055, "456 Oak Ave"), 5.2, 15.0, 85.5)
        yield ride, RideRequested(ride_id, 1, passenger, trip, 1.0)
        yield dispatcher, OffersMade(ride_id, 1, 1, placed, 31.0)
        yield f"driver/{cards[1].driver_id}", OfferDeclined(ride_id, cards[1].driver_id, placed[1].offer_id)
        yield dispatcher, OffersClosed(ride_id, (placed[2].offer_id,), (cards[2].driver_id,), "vanished")
        yield f"driver/{driver_id}", DriverReserved(ride_id, driver_id, offer_id, 1, 1)
        yield ride, RideAssigned(ride_id, cards[0], offer_id, 1, 8.0)
        yield ride, RideArrived(ride_id, driver_id)
        yield ride, RideStarted(ride_id, driver_id, 400.0)
        yield ride, RideCompleted(ride_id, driver_id, 85.5)
        yield f"driver/{driver_id}", DriverReleased(ride_id, driver_id, offer_id, "completed")


def writer_alone(folder: Path) -> None:
    """CPU per event of the writer beside that of rows alone, by batch."""
    story = list(islice(Town(1).story(), EVENTS))
    print("writer, us of CPU an event     batch   with views   executemany of the rows alone")
    for batch in BATCHES:
        used = EVENTS if batch > 1 else EVENTS // 6
        writer = Writer(folder / f"views-{batch}.db")
        writer.write(Town(1).fleet())
        began = process_time()
        for start in range(0, used, batch):
            writer.write(story[start : min(start + batch, used)])
        with_views = process_time() - began
        writer.close()
        alone = rows_alone(folder / f"rows-{batch}.db", story[:used], batch)
        print(f"{batch:36,}{with_views / used * 1e6:13.1f}{alone / used * 1e6:14.1f}")


def rows_alone(path: Path, story: list[Append], batch: int) -> float:
    """CPU seconds of the least that could be done: encoded rows, one transaction a batch, no views."""
    db = open_database(path)
    began = process_time()
    for start in range(0, len(story), batch):
        rows = [
            (each.at, each.reply_to, getattr(event, "ride_id", None), *encode(event))
            for each in story[start : start + batch]
            for event in each.events
        ]
        db.conn.execute("BEGIN IMMEDIATE")
        db.conn.executemany(ADD_EVENT, rows)
        db.conn.execute("COMMIT")
    used = process_time() - began
    db.close()
    return used


class Feed:
    """Tells a journal so many appends a second from an event loop, and times the answers."""

    def __init__(self, path: Path, rate: int, seconds: int, busy: float) -> None:
        self.rate, self.busy = rate, busy
        self.story = list(islice(Town(2).story(), rate * seconds))
        self.told_at = [0.0] * (len(self.story) + 1)
        self.waits_s: list[float] = []
        self.commits = 0
        self.journal_cpu_s = 0.0
        self.path = path

    async def run(self) -> None:
        """Feed, wait for the last answer, print."""
        loop, answered = asyncio.get_running_loop(), asyncio.Event()

        def hear(letters: list[tuple[str, Message]]) -> None:
            now = perf_counter()
            self.commits += 1
            self.waits_s += [
                now - self.told_at[answer.through] for _, answer in letters if isinstance(answer, Appended)
            ]
            if len(self.waits_s) == len(self.story):
                answered.set()

        def post_many(letters: Iterable[tuple[str, Message]]) -> None:
            loop.call_soon_threadsafe(hear, list(letters))
            self.journal_cpu_s = thread_time()

        writer = Writer(self.path)
        writer.write(Town(2).fleet())
        writer.close()
        port = JournalPort(lambda: Writer(self.path), post_many, print)
        began, cpu_began = perf_counter(), process_time()
        await self._feed(port, began)
        await answered.wait()
        self._print(perf_counter() - began, process_time() - cpu_began)
        port.stop()

    async def _feed(self, port: JournalPort, began: float) -> None:
        told = 0
        while told < len(self.story):
            due = min(len(self.story), int((perf_counter() - began) * self.rate))
            for each in self.story[told:due]:
                self.told_at[each.through] = perf_counter()
                port.deliver(each)
            told = due
            work_until = perf_counter() + SLICE_S * self.busy
            while perf_counter() < work_until:
                pass
            await asyncio.sleep(SLICE_S * (1 - self.busy))

    def _print(self, seconds: float, cpu_s: float) -> None:
        waits_ms = sorted(wait * 1e3 for wait in self.waits_s)
        events = len(waits_ms)
        p50, p99 = (waits_ms[int(share * (events - 1))] for share in (0.5, 0.99))
        print(
            f"loop busy {self.busy:4.0%}: {events / seconds:7,.0f} events/s in batches of {events / self.commits:5.1f}, ack p50"
            f" {p50:.2f} ms, p99 {p99:.2f} ms, longest {waits_ms[-1]:.1f} ms; journal {self.journal_cpu_s / events * 1e6:.1f} us"
            f" of CPU an event, whole process {cpu_s / seconds:.0%} of a core"
        )


def read_side(path: Path) -> None:
    """Look-ups in the file that the feed left behind."""
    reader = Reader(path)
    db = open_read_only(path)
    [(ride_id, driver_id)] = db.execute("SELECT ride_id, driver_id FROM rides WHERE ended_at > 0 LIMIT 1").fetchall()
    db.close()
    asked = {
        "a ride that is not there": lambda: reader.ride_exists(RideId("never-booked")),
        "a ride that is there": lambda: reader.ride_exists(ride_id),
        "a driver's card": lambda: reader.driver_card(driver_id),
        "all events of a ride": lambda: reader.events_of_ride(ride_id),
    }
    print("reader, us a question         ", end="")
    for name, question in asked.items():
        began = process_time()
        for _ in range(READS):
            question()
        print(f" {name} {(process_time() - began) / READS * 1e6:.1f}", end=";")
    print()
    reader.close()


class Deaf:
    """A clock whose actors never listen: what is left is the journal's own cost."""

    now = 0.0

    def tell(self, address: str, message: Message) -> None:
        """Nobody is there."""

    def set_timer(self, delay_s: float, address: str, message: Message) -> None:
        """Nothing is ever due."""

    def rng(self, name: str) -> random.Random:
        """Dice of this name."""
        return random.Random(name)


def virtual_time() -> None:
    """The journal in memory: CPU an event, and what a forgotten ride leaves behind."""
    story = list(islice(Town(3).story(), EVENTS))
    journal = MemoryJournal(Deaf())
    began = process_time()
    for each in story:
        journal.deliver(each)
    used = process_time() - began
    print(f"journal in memory: {used / EVENTS * 1e6:.2f} us of CPU an event", end="")

    forgetful, forgotten = MemoryJournal(Deaf()), 0
    tracemalloc.start()
    for each in islice(Town(4).story(), EVENTS):
        forgetful.deliver(each)
        [event] = each.events
        if isinstance(event, DriverReleased):
            forgetful.forget(event.ride_id)
            forgotten += 1
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"; a forgotten ride holds {held / forgotten:,.0f} bytes")


def main(rate: int = RATE, seconds: int = SECONDS) -> None:
    """Print all of it."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer_alone(folder)
        print(f"journal, fed {rate:,} events a second for {seconds} s")
        for busy in (0.0, 0.8):
            asyncio.run(Feed(folder / f"fed-{busy}.db", rate, seconds, busy).run())
        read_side(folder / "fed-0.0.db")
    virtual_time()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))

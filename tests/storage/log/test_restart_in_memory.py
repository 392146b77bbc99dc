"""A journal in memory and one on file say the same of the process before."""

from pathlib import Path

import pytest

from dispatch.ids import DriverId, OfferId, RideId
from dispatch.messages.events import DriverOffline, Event, OfferPlaced, OffersClosed, OffersMade
from dispatch.runtime import VirtualRuntime
from dispatch.storage.log.memory import MemoryJournal
from dispatch.storage.log.on_file import Reader, Writer
from dispatch.storage.log.restart import Disconnected, HeldOffer, held_offers, mark_all_disconnected, restart_events
from tests.storage.stories import DISPATCHER, DRIVER_ID, OFFER, RIDE, Town, append, booked


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 1.0])
def test_at_any_point_of_a_story_file_and_memory_say_the_same(
    writer: Writer, path: Path, seed: int, share: float
) -> None:
    story = list(Town(seed, rides=12).story())
    told = story[: round(share * len(story))]
    memory = MemoryJournal(VirtualRuntime(seed))
    for each in told:
        memory.deliver(each)
    writer.write(told)
    reader, streams = Reader(path), sorted({each.reply_to for each in story} | {DISPATCHER})
    before = {stream: len(memory.events_of(stream)) for stream in streams}

    gone = memory.mark_all_disconnected()

    assert mark_all_disconnected(writer, 0.0) == gone
    said: list[tuple[Event, ...]] = [memory.events_of(stream)[before[stream] :] for stream in streams]
    assert [reader.events_of(stream)[before[stream] :] for stream in streams] == said
    assert sum(map(len, said)) >= gone.drivers > 0


def test_those_who_lost_an_offer_of_a_ride_are_named_together_and_drivers_come_last() -> None:
    rides = [RideId("r1"), RideId("r1"), RideId("r2")]
    offers = [HeldOffer(ride, OfferId(f"o{n}"), DriverId(f"d{n}")) for n, ride in enumerate(rides)]
    said = [(told.reply_to, *told.events) for told in restart_events([DRIVER_ID], offers, 9.0)]
    assert said == [
        (DISPATCHER, OffersClosed(RideId("r1"), (OfferId("o0"), OfferId("o1")), (DriverId("d0"), DriverId("d1")), "vanished")),
        (DISPATCHER, OffersClosed(RideId("r2"), (OfferId("o2"),), (DriverId("d2"),), "vanished")),
        (f"driver/{DRIVER_ID}", DriverOffline(DRIVER_ID, "restarted")),
    ]  # fmt: skip


def test_a_round_of_an_older_search_holds_nobody() -> None:
    late = OffersMade(RIDE, 0, 1, (OfferPlaced(OFFER, DRIVER_ID, 10.0),), 31.0)
    assert held_offers([*booked(RIDE).events, late]) == []


def test_to_do_it_again_changes_nothing() -> None:
    memory = MemoryJournal(VirtualRuntime(1))
    memory.deliver(booked("r1"))
    memory.deliver(append(DISPATCHER, OffersMade(RideId("r1"), 1, 1, (OfferPlaced(OFFER, DRIVER_ID, 10.0),), 30.0)))
    assert memory.mark_all_disconnected() == Disconnected(0, 1)
    assert memory.mark_all_disconnected() == Disconnected(0, 0)

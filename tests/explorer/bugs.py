"""Mistakes planted into the real program, one at a time, to see whether the small worlds would find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import DriverActor
from dispatch.actors.recorded import RecordedActor
from dispatch.domain.search import Search
from dispatch.messages.base import Message
from dispatch.messages.commands import AcceptOffer, Detach
from dispatch.messages.events import DriverOffline
from dispatch.types import Lease, RideId

LATE_S = 5.0


@contextmanager
def accept_after_the_deadline() -> Iterator[None]:
    """The driver's own check is gone, and the dispatcher closes offers five seconds too late."""
    expired, on_accept = Search.expired, DriverActor._on_accept

    def expire_late(search: Search, now: float) -> list[Lease]:
        return expired(search, now - LATE_S)

    def accept_whenever(driver: DriverActor, message: AcceptOffer) -> None:
        offer = driver._open(message.ride_id, message.offer_id)
        if offer is not None and driver.runtime.now >= offer.lease.closes_at and driver.is_new(message):
            driver._reserve(offer, message.command)
        else:
            on_accept(driver, message)

    with patch.object(Search, "expired", expire_late), handled(DriverActor, AcceptOffer, accept_whenever):
        yield


@contextmanager
def a_busy_driver_is_offered() -> Iterator[None]:
    """Supply and driver both forget that he is bound: each alone would be saved by the other."""
    refusal = DriverActor._refusal

    def forget_binding(driver: DriverActor, ride_id: RideId, closes_at: float) -> str:
        binding, driver.driver.binding = driver.driver.binding, "free"
        try:
            return refusal(driver, ride_id, closes_at)
        finally:
            driver.driver.binding = binding

    def status(driver: DriverActor) -> str:
        return "available" if driver.link is not None and driver.driver.wants_offers else "offline"

    with patch.object(DriverActor, "_refusal", forget_binding), patch.object(DriverActor, "_status", status):
        yield


@contextmanager
def nothing_is_withdrawn() -> Iterator[None]:
    """A ride is taken or cancelled, and the others who hold an offer of it are not told."""

    def close(dispatcher: DispatcherActor, search: Search, reason: str) -> None:
        del dispatcher.searches[search.card.ride_id]
        dispatcher._waiting.remove(search.card.ride_id)

    with patch.object(DispatcherActor, "_close", close):
        yield


@contextmanager
def a_dead_socket_keeps_its_place() -> Iterator[None]:
    """The driver's connection is gone; his offers stay open."""

    def keep_offers(driver: DriverActor, message: Detach) -> None:
        if message.number == driver.link_number and driver.link is not None:
            driver.link = None
            driver.record(DriverOffline(driver.driver_id, message.reason))
            driver._announce()

    with handled(DriverActor, Detach, keep_offers):
        yield


@contextmanager
def announced_before_it_is_on_disk() -> Iterator[None]:
    """What is recorded is told at once, and not when the journal has it."""

    def tell(actor: RecordedActor, address: str, message: Message) -> None:
        actor.runtime.tell(address, message)

    with patch.object(RecordedActor, "send", tell):
        yield


@contextmanager
def handled(
    actor_type: type[RecordedActor], message_type: type[Message], handler: Callable[..., None]
) -> Iterator[None]:
    """Replace what an actor does with one type of message."""
    with patch.dict(actor_type.handlers, {message_type: handler}):
        yield


PLANTED: dict[str, tuple[Callable[[], AbstractContextManager[None]], str]] = {
    "accept after the deadline": (accept_after_the_deadline, "deadline"),
    "a busy driver is offered": (a_busy_driver_is_offered, "no-offer-to-busy"),
    "nothing is withdrawn": (nothing_is_withdrawn, "withdrawn"),
    "a dead socket keeps its place": (a_dead_socket_keeps_its_place, "dead-link"),
    "announced before it is on disk": (announced_before_it_is_on_disk, "on-disk-first"),
}
"""Each bug, and the invariant that must catch it."""

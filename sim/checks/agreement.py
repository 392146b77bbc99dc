"""Checks that only the small worlds can afford: what everybody believes of the others, and everyone's account at the end."""

from __future__ import annotations

from typing import Any

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import DriverActor
from dispatch.addresses import dispatcher as address_of_dispatcher
from dispatch.addresses import driver as address_of_driver
from dispatch.domain.driver.record import FREE, DriverRecord
from dispatch.domain.matching.search import Search
from dispatch.domain.matching.supply import AVAILABLE
from dispatch.domain.places.geo import haversine_m
from dispatch.domain.ride.record import RideRecord
from dispatch.ids import DriverId, RideId
from sim.checks.subject import Subject
from sim.people.restless import InsistentPhone

AT_ONE_INSTANT = 20_000
"""No instant of a small world has so many deliveries, unless two actors answer one another for ever."""


class Livelock(BaseException):
    """Time stands still. Not an `Exception`: nobody may survive it."""


class Progress:
    """An observer: raises Livelock where messages breed messages and the clock does not move."""

    def __init__(self) -> None:
        self._now = -1.0
        self._count = 0

    def __call__(self, now: float, address: str, message: Any) -> None:
        if now != self._now:
            self._now, self._count = now, 0
        self._count += 1
        if self._count > AT_ONE_INSTANT:
            raise Livelock(f"{address} gets {type(message).__name__}, and so on for ever")


def check_views(world: Subject) -> None:
    """Between two instants, with nothing on its way: what the dispatcher believes of a driver is what the driver himself knows.

    A driver who is believed to hold an offer, or to be busy, is never asked again; one of whom too much is believed, in vain.
    """
    dispatcher = world.runtime.actor(address_of_dispatcher("0"))
    if not world.watch.ledger.is_settled or not isinstance(dispatcher, DispatcherActor):
        return
    now, add, supply = world.runtime.now, world.watch.violations.add, dispatcher.supply
    held: dict[str, None] = {}
    idle: list[DriverId] = []
    for driver_id in world.drivers:
        driver, believed = world.runtime.actor(address_of_driver(driver_id)), supply.get(driver_id)
        if not isinstance(driver, DriverActor):
            continue  # out of service, which the account at the end tells
        offers = [offer.lease.offer_id for offer in driver.offers.open.values()]
        status = driver.driver.status(driver.app.link is not None)
        held.update(dict.fromkeys(offers))
        if sorted(offers) != sorted(believed.pending):
            add(now, "same-view", f"{driver_id} holds {offers}, the dispatcher believes {list(believed.pending)}")
        if believed.status != status:
            add(now, "same-view", f"{driver_id} is {status}, the dispatcher believes {believed.status}")
        if status == AVAILABLE and len(offers) < world.settings.live_offers and world.board.fresh(driver_id, now):
            idle.append(driver_id)
    for ride_id, search in dispatcher.searches.items():
        unknown = [offer_id for offer_id, offer in search.open.items() if not offer.claimed and offer_id not in held]
        if unknown:
            add(now, "same-view", f"the dispatcher waits for answers to {unknown}, which nobody holds")
        if search.free_places() or search.may_open_round():
            left = [driver_id for driver_id in idle if _would_ask(dispatcher, search, driver_id)]
            if left:
                add(now, "nobody-idle", f"{ride_id} looks for drivers and {left} are not asked")


def _would_ask(dispatcher: DispatcherActor, search: Search, driver_id: DriverId) -> bool:
    """Whether this driver, who could be asked, is one for this search. Whoever drove into its reach is found by the next sweep."""
    supply = dispatcher.supply
    if driver_id in supply._stirred or driver_id in supply._board._moved:
        return False
    place, pickup = dispatcher.supply.position(driver_id, dispatcher.runtime.now), search.card.trip.pickup
    if place is None or not search.may_ask(driver_id) or not dispatcher.choice.fits(search, driver_id):
        return False
    return dispatcher.choice.is_in_reach(search, haversine_m(*place, pickup.lat, pickup.lon))


def check_accounts(world: Subject) -> None:
    """The world is quiet: apps, actors and journal must tell the same of everyone."""
    now, add = world.runtime.now, world.watch.violations.add
    for ride_id, status in world.watch.ledger.ended.items():
        record = RideRecord(RideId(ride_id))
        for event in world.journal.events_of(f"ride/{ride_id}"):
            record.apply(event)
        if record.status != status:
            add(now, "replay", f"{ride_id} was {status} and its events say {record.status}")
    for driver_id, phone in world.drivers.items():
        _check_driver(world, driver_id, phone)
    for ride_id in world.passengers:
        add(now, "passenger-knows", f"the app of {ride_id} still waits")


def _check_driver(world: Subject, driver_id: Any, phone: Any) -> None:
    now, add = world.runtime.now, world.watch.violations.add
    address = address_of_driver(driver_id)
    actor = world.runtime.actor(address)
    if not isinstance(actor, DriverActor):
        add(now, "in-service", f"{driver_id} has no actor")
        return
    record = DriverRecord(driver_id)
    for event in world.journal.events_of(address):
        record.apply(event)
    if record.binding != FREE or actor.driver.binding != FREE:
        add(now, "replay", f"{driver_id} is {actor.driver.binding}, the driver's events say {record.binding}")
    if phone.ride is not None:
        add(now, "driver-knows", f"the app of {driver_id} still drives {phone.ride.ride_id}")
    if phone.offers:
        add(now, "driver-knows", f"the app of {driver_id} still shows {list(phone.offers)}")
    if isinstance(phone, InsistentPhone) and phone.unanswered:
        add(now, "answered", f"{driver_id} never heard what became of {list(phone.unanswered.values())}")

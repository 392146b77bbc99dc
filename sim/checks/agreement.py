"""What actors believe of one another, and what apps, actors and journal tell at the end. Only small worlds can afford these checks."""

from __future__ import annotations

from dispatch.actors.dispatcher import DispatcherActor
from dispatch.actors.driver import DriverActor
from dispatch.addresses import dispatcher as address_of_dispatcher
from dispatch.addresses import driver as address_of_driver
from dispatch.domain.driver.record import FREE, DriverRecord
from dispatch.domain.matching.rounds import Rounds
from dispatch.domain.matching.search import PLACES, ROUND, Search
from dispatch.domain.places.geo import haversine_m
from dispatch.domain.ride.record import RideRecord
from dispatch.ids import DriverId, RideId
from dispatch.words import DriverStatus
from sim.checks.subject import Subject
from sim.people.driver import DriverPhone
from sim.people.restless import InsistentPhone


def check_views(world: Subject) -> None:
    """The dispatcher believes of each driver what the driver's actor knows. To be called between two instants.

    Nothing is checked while commits are on their way. A driver who wrongly counts as busy is never asked again, and one who wrongly
    counts as free is asked in vain. Also, no driver who could be asked is idle while a search looks for one.
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
            continue  # out of service: `check_accounts` notes that
        offers = [offer.lease.offer_id for offer in driver.offers.open.values()]
        status = driver.driver.status(driver.app.link is not None)
        held.update(dict.fromkeys(offers))
        if sorted(offers) != sorted(believed.pending):
            add(now, "same-view", f"{driver_id} holds {offers}, the dispatcher believes {list(believed.pending)}")
        if believed.status != status:
            add(now, "same-view", f"{driver_id} is {status}, the dispatcher believes {believed.status}")
        if (
            status == DriverStatus.AVAILABLE
            and len(offers) < world.settings.live_offers
            and world.board.fresh(driver_id, now)
        ):
            idle.append(driver_id)
    asks_at_once = isinstance(dispatcher.policy, Rounds)
    for ride_id, search in dispatcher.searches.items():
        unknown = [offer_id for offer_id, offer in search.open.items() if not offer.claimed and offer_id not in held]
        if unknown:
            add(now, "same-view", f"the dispatcher waits for answers to {unknown}, which nobody holds")
        if asks_at_once and search.need(now).kind in (ROUND, PLACES):
            left = [driver_id for driver_id in idle if _would_ask(dispatcher, search, driver_id)]
            if left:
                add(now, "nobody-idle", f"{ride_id} looks for drivers and {left} are not asked")


def _would_ask(dispatcher: DispatcherActor, search: Search, driver_id: DriverId) -> bool:
    """Whether this search wants this driver, who could be asked. A driver who moved since the last sweep is found by the next one."""
    supply, zone, now = dispatcher.supply, dispatcher.zone, dispatcher.runtime.now
    if driver_id in supply._moved_since_sweep or driver_id in supply.board._moved:
        return False
    place, pickup = supply.position(driver_id, now), search.card.trip.pickup
    if place is None:
        return False
    zone.now = now
    return zone.would_ask(search, driver_id, haversine_m(*place, pickup.lat, pickup.lon))


def check_accounts(world: Subject) -> None:
    """Apps, actors and journal tell the same of every ride and driver. To be called when the world is at rest."""
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


def _check_driver(world: Subject, driver_id: DriverId, phone: DriverPhone) -> None:
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

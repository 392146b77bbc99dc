"""What a desk has drawn agrees with the actors. Called when the desk has drawn a beat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dispatch import addresses
from dispatch.actors.driver import DriverActor
from dispatch.actors.ride import RideActor
from dispatch.domain.places.positions import PositionBoard
from dispatch.domain.ride.record import PENDING, TERMINAL, UNBOOKED
from dispatch.ids import DriverId
from dispatch.runtime import Runtime
from sim.people.desk import DeskPage


def differences(page: DeskPage, runtime: Runtime, board: PositionBoard, open_on_file: frozenset[str]) -> list[str]:
    """What the page shows otherwise than it is. Actors that wait for the disk are left out: what they show is not true yet.

    `open_on_file`: rides that are not over; one whose actor is out of service stays on the page.
    """
    return [*_of_drivers(page, runtime, board), *_of_rides(page, runtime, open_on_file)]


def _of_drivers(page: DeskPage, runtime: Runtime, board: PositionBoard) -> Iterator[str]:
    drawn, now = page.drivers, runtime.now
    awake = {addresses.name_of(address) for address in runtime.addresses(addresses.DRIVER)}
    for stray in drawn.keys() - awake:
        yield f"driver {stray} is drawn and not in memory"
    for driver_id, actor in _committed(runtime, addresses.DRIVER):
        assert isinstance(actor, DriverActor)
        if driver_id not in drawn:
            yield f"driver {driver_id} is not drawn"
            continue
        each, is_connected, reservation = drawn[driver_id], actor.app.link is not None, actor.driver.reservation
        is_now = (actor.driver.status(is_connected), is_connected, reservation.ride_id if reservation else None)
        if (each.status, each.connected, each.ride_id) != is_now:
            yield f"driver {driver_id} is drawn as {each}, and is {is_now}"
        fix = board.position(DriverId(driver_id))
        where = (round(fix.lat * 1e5), round(fix.lon * 1e5), now - fix.at <= board.max_age_s) if fix else None
        if where is not None and (each.lat, each.lon, each.fresh) != where:
            yield f"driver {driver_id} is drawn at {each}, and is at {where}"


def _of_rides(page: DeskPage, runtime: Runtime, open_on_file: frozenset[str]) -> Iterator[str]:
    holders: dict[str, set[str]] = {}
    settled = set()
    for driver_id, actor in _committed(runtime, addresses.DRIVER):
        assert isinstance(actor, DriverActor)
        settled.add(driver_id)
        for offered in actor.offers.open:
            holders.setdefault(offered, set()).add(driver_id)
    seen = set()
    for ride_id, ride in _committed(runtime, addresses.RIDE):
        assert isinstance(ride, RideActor)
        record, row = ride.ride, page.rides.get(ride_id)
        if record.status == UNBOOKED or record.status in TERMINAL:
            continue
        seen.add(ride_id)
        if row is None:
            yield f"ride {ride_id} is not drawn"
            continue
        driven_by = record.driver.driver_id if record.driver is not None else None
        assert record.trip is not None
        is_now = (record.status, driven_by, record.trip.pickup.lat, record.trip.dropoff.address)
        if (row.status, row.driver_id, row.pickup_latitude, row.dropoff_address) != is_now:
            yield f"ride {ride_id} is drawn as {row}, and is {is_now}"
        asked = set(row.asked) & settled
        if asked != holders.get(ride_id, set()):
            yield f"ride {ride_id} is drawn as asking {sorted(asked)}, and asks {sorted(holders.get(ride_id, ()))}"
        if (row.unasked_since is not None) != (record.status == PENDING and not row.asked):
            yield f"ride {ride_id} is drawn as {row}: since when nobody is asked contradicts who is"
    waiting = {addresses.name_of(address) for address in runtime.addresses(addresses.RIDE)} - seen
    for stray in page.rides.keys() - seen:
        actor = runtime.actor(addresses.RIDE + "/" + stray)
        is_uncommitted = stray in waiting and isinstance(actor, RideActor) and not actor.is_committed
        if not is_uncommitted and stray not in open_on_file:
            yield f"ride {stray} is drawn and over"


def _committed(runtime: Runtime, kind: str) -> Iterator[tuple[str, Any]]:
    for address in runtime.addresses(kind):
        actor: Any = runtime.actor(address)
        if actor is not None and actor.is_committed:
            yield addresses.name_of(address), actor

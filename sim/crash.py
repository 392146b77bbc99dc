"""The server's process dies and starts again, in a world where the people and the clock go on.

What is committed survives, and nothing else: actors, sessions, mail, timers and positions are gone, apps find their connections dead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Final

from dispatch import addresses
from dispatch.app import ANYBODY, populate, position_board, recover, search_policy
from dispatch.domain.search_history import search_of
from dispatch.messages.events import DriverOffline, DriverOnline, OffersClosed
from dispatch.messages.journal import Append
from dispatch.storage.recovery import RESTARTED, VANISHED
from dispatch.transport.memory import MemoryLink
from dispatch.transport.session import Gateway, SessionLimits
from dispatch.types import DriverId
from sim.restless import ComeBack
from sim.world import World

PROCESS: Final = frozenset(
    (
        *(addresses.RIDE, addresses.DRIVER, addresses.DISPATCHER, addresses.TRACKER),
        *(addresses.SESSION, addresses.QUOTE, addresses.REQUEST),
    )
)
"""Kinds of addresses that live in the server's process."""


def crash(world: World, back_after_s: float = 1.0, absent: Collection[str] = ()) -> None:
    """It dies now, starts again at once and recovers. Apps that had a connection make a new one after `back_after_s`.

    `absent`: the addresses of phones that do not.
    """
    for phone in (*world.drivers.values(), *world.passengers.values()):
        link, phone.link = phone.link, None
        if isinstance(link, MemoryLink):
            link.silence()
            if phone.address not in absent:
                world.runtime.set_timer(back_after_s, phone.address, ComeBack())
    world.runtime.lose(PROCESS)
    world.journal.crash()
    world.board = position_board(world.settings)
    world.watch.crashed(world.runtime.now, world.board, partial(_is_on_disk, world))
    for append in _taking_leave(world):
        world.journal.append(append)
    populate(world.runtime, world.journal, world.board, world.settings, world.travel, world.pricer)
    world.gateway = _gateway(world)
    recover(world.runtime, world.journal)


def _is_on_disk(world: World, append: Append) -> bool:
    return all(event in world.journal.events_of(append.reply_to) for event in append.events)


def _taking_leave(world: World) -> Iterator[Append]:
    """As `dispatch.storage.recovery` does on file: drivers are offline, open offers give their places back."""
    now, journal, policy = world.runtime.now, world.journal, search_policy(world.settings)
    for ride_id in journal.open_rides():
        search = search_of(ride_id, journal.events_of_ride(ride_id), policy)
        leases = [offer.lease for offer in search.open.values() if not offer.claimed] if search is not None else []
        if leases:
            offers, drivers = tuple(x.offer_id for x in leases), tuple(x.driver_id for x in leases)
            closed = OffersClosed(ride_id, offers, drivers, VANISHED)
            yield Append(addresses.dispatcher("0"), 0, 1, now, (closed,))
    for driver_id in world.drivers:
        if _is_online(world, driver_id):
            yield Append(addresses.driver(driver_id), 0, 1, now, (DriverOffline(driver_id, RESTARTED),))


def _is_online(world: World, driver_id: DriverId) -> bool:
    events = world.journal.events_of(addresses.driver(driver_id))
    told = [type(event) for event in events if isinstance(event, DriverOnline | DriverOffline)]
    return bool(told) and told[-1] is DriverOnline


def _gateway(world: World) -> Gateway:
    """A process of its own: another epoch, and sessions counted from one."""
    before, settings = world.gateway, world.settings
    return Gateway(
        world.runtime,
        world.board,
        SessionLimits.of(settings),
        epoch=f"{before.frames.epoch}+",
        wall_zero=before.frames.wall_zero,
        show_phones=before.frames.show_phones,
        default_passenger=ANYBODY,
        currency=settings.currency,
        currency_digits=world.pricer.tariff.digits,
        travel=world.travel,
    )

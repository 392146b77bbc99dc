"""The server's process dies and starts again, while people and the clock go on.

Only what is committed survives. Actors, sessions, mail, timers and positions are gone, and apps find their connections dead.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Final

from dispatch import addresses
from dispatch.assembly import recover
from dispatch.messages.journal import Append
from dispatch.transport.sessions.memory import MemoryLink
from sim.people.phone import Phone
from sim.people.restless import ComeBack
from sim.world import World

PROCESS: Final = frozenset(
    (
        *(addresses.RIDE, addresses.DRIVER, addresses.DISPATCHER, addresses.TRACKER),
        *(addresses.SESSION, addresses.QUOTE, addresses.REQUEST, addresses.PASSENGER, addresses.POSITIONS),
    )
)
"""Kinds of addresses that live in the server's process."""


def crash(world: World, back_after_s: float = 1.0, absent: Collection[str] = ()) -> None:
    """The server crashes, starts again at once and recovers. Apps that had a connection make a new one after `back_after_s`.

    `absent`: the addresses of phones that do not.
    """
    for phone in die(world):
        if phone.address not in absent:
            world.runtime.set_timer(back_after_s, phone.address, ComeBack())
    start(world)


def die(world: World) -> list[Phone]:
    """The server crashes, and nobody answers until `start`. Returns the phones that lost their connection."""
    cut: list[Phone] = []
    for phone in (*world.drivers.values(), *world.passengers.values()):
        link, phone.link = phone.link, None
        if isinstance(link, MemoryLink):
            link.silence()
            cut.append(phone)
    world.runtime.lose(PROCESS)
    world.journal.crash()
    world.is_down = True
    world.watch.crashed(world.runtime.now, partial(_is_on_disk, world))
    return cut


def start(world: World) -> None:
    """A new process starts: it marks everybody as disconnected, recovers, and answers from now on."""
    world.runtime.epoch += 1
    world.journal.mark_all_disconnected()
    world.serve()
    world.watch.started(world.runtime.now, world.board)
    world.is_down = False
    recover(world.runtime, world.journal)


def _is_on_disk(world: World, append: Append) -> bool:
    return all(event in world.journal.events_of(append.reply_to) for event in append.events)

"""Removals beside a running server: whoever in memory knows the person leaves it first, and so nobody writes the person again."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from dispatch import addresses
from dispatch.actors.driver import DriverActor
from dispatch.actors.ride import RideActor
from dispatch.errors import DatabaseError, Unavailable
from dispatch.identity.people import RideIsOpen
from dispatch.ids import DriverId
from dispatch.messages.notices import CutOff
from dispatch.runtime import Runtime
from dispatch.runtime.thread import Stopped
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people.removal import Whereabouts, named, remove, whereabouts
from dispatch.storage.tools.privacy_orders import Answer, RemovePerson, finish, told
from dispatch.transport.sessions.gateway import Gateway

TRIES: Final = 100
PAUSE_S: Final = 0.02
"""So long, a hundred times, for connections to close and for what they tell to get on disk."""
T = TypeVar("T")


class Runs(Protocol):
    """Whoever has the file."""

    def __call__(self, job: Callable[[Writer], T]) -> Awaitable[T]:
        """Run the job in the journal's thread. Return what it returns, raise what it raises."""


class LiveRemovals:
    """Made by the composition root. Used on the event loop."""

    def __init__(
        self, run: Runs, runtime: Runtime, gateway: Gateway, forget_codes: Callable[[Collection[str]], object]
    ) -> None:
        """`forget_codes`: is given the phones of whoever was removed."""
        self._run = run
        self._runtime = runtime
        self._gateway = gateway
        self._forget_codes = forget_codes
        self._turn = asyncio.Lock()

    async def remove(self, order: RemovePerson) -> Answer:
        """Log the person out, let their actors leave memory, and rewrite the file; mail for these actors waits meanwhile.

        Raises NoSuchPerson, RideIsOpen, Unavailable while somebody goes on speaking for the person, and what the journal raises.
        """
        async with self._turn:
            await self._run(finish)
            found = await self._run(partial(_found, order=order))
            with _withheld(self._runtime, _addresses(found)):
                self._disconnect(found)
                await self._let_go(found)
                job = partial(remove, person_id=found.person_id, now=self._runtime.now, by=order.by)
                removed = await self._run(job)
                self._forget_codes(removed.phones)
            return told(removed, await self._run(wiping.why_not_wiped))

    async def remove_for(self, who: str, by: str) -> Answer:
        """The same by order of the member of staff with the id `by`. Raises Unavailable where the journal cannot write."""
        try:
            return await self.remove(RemovePerson(who=who, by=by))
        except (Stopped, DatabaseError):
            raise Unavailable from None

    def _disconnect(self, found: Whereabouts) -> None:
        """Their sockets close for good; the other side of a ride that is over may come back at once, and hears of a pseudonym."""
        for ident in found.ids:
            self._gateway.forget(ident)
        own = {*map(addresses.driver, map(DriverId, found.ids)), *map(addresses.ride, found.rides)}
        for address in _addresses(found):
            actor = self._runtime.actor(address)
            link = actor.app.link if isinstance(actor, RideActor | DriverActor) else None
            if link is not None:
                self._runtime.tell(link, CutOff(for_good=address in own))

    async def _let_go(self, found: Whereabouts) -> None:
        """Return once nobody in memory knows the person. Raises RideIsOpen while they book, Unavailable if it takes too long."""
        for _ in range(TRIES):
            await self._run(_nothing)  # whatever was recorded so far is on disk
            await asyncio.sleep(PAUSE_S)
            if self._books(found):
                raise RideIsOpen("this person is booking a ride")
            stay = [address for address in _addresses(found) if not self._leaves(address)]
            if not stay:
                return
        raise Unavailable("an app goes on speaking for this person; nothing was done, try again")

    def _leaves(self, address: str) -> bool:
        """Have whoever is at this address leave memory. Whether nobody is there now."""
        actor = self._runtime.actor(address)
        return actor is None or (isinstance(actor, RideActor | DriverActor) and actor.leave())

    def _books(self, found: Whereabouts) -> bool:
        """Whether a booking of theirs still waits for its price."""
        awake = map(self._runtime.actor, self._runtime.addresses(addresses.RIDE))
        books = (actor.question.booking for actor in awake if isinstance(actor, RideActor))
        return any(booking is not None and booking.passenger.passenger_id in found.ids for booking in books)


def _found(writer: Writer, order: RemovePerson) -> Whereabouts:
    return whereabouts(writer, named(writer, order.who, order.phone_region))


def _nothing(writer: Writer) -> None:
    """The journal has committed all that came before."""


def _addresses(found: Whereabouts) -> list[str]:
    """Of all who know the person, and record what they do."""
    drivers = map(addresses.driver, map(DriverId, found.ids))
    return [*drivers, *map(addresses.ride, (*found.rides, *found.driven))]


class _Waiting:
    """The sink at the address of somebody who is not to be woken now."""

    def __init__(self, address: str, letters: list[tuple[str, Any]]) -> None:
        self._address = address
        self._letters = letters

    def deliver(self, message: Any) -> None:
        self._letters.append((self._address, message))


@contextmanager
def _withheld(runtime: Runtime, withheld: list[str]) -> Iterator[None]:
    """Mail wakes nobody at these addresses until the block is left; whoever is awake there gets theirs."""
    letters: list[tuple[str, Any]] = []
    for address in withheld:
        runtime.sink(address, _Waiting(address, letters))
    try:
        yield
    finally:
        for address in withheld:
            runtime.remove_sink(address)
        for address, message in letters:
            runtime.tell(address, message)

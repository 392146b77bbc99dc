"""People on file as `/api/people` reads and changes them: the same orders as those of the command line, beside a running server."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from dispatch.errors import DatabaseError, Unavailable
from dispatch.live.desk import LiveDesk
from dispatch.messages.base import Command
from dispatch.principals import Principal
from dispatch.runtime.thread import Stopped
from dispatch.storage.tools.orders import Answer, Order
from dispatch.storage.tools.people_orders import (
    AddPerson,
    ChangePerson,
    ImportPeople,
    KeepDocument,
    MovePhone,
    SetStatus,
    list_of,
)
from dispatch.storage.tools.people_show import in_full, page_of
from dispatch.transport.http.queries import cursor_for, read_text_cursor
from dispatch.words import PersonRole, PersonStatus

Told = dict[str, Any]
PEOPLE: Final = "people"
"""The kind of cursors of this list."""
Perform = Callable[[Order], Awaitable[Answer]]


class LivePeople:
    """`KeepsPeople` of the live file. Made by the composition root, used on the event loop."""

    def __init__(
        self, perform: Perform, desk: LiveDesk, now: Callable[[], float], *, phone_region: str, time_zone: str
    ) -> None:
        """`perform`: does an order. `time_zone`: in which the days of documents end."""
        self._do = perform
        self._desk = desk
        self._now = now
        self._phone_region = phone_region
        self._time_zone = time_zone

    async def page(self, role: str | None, cursor: str | None, limit: int) -> Told:
        """A page of people, by id. Raises BadField."""
        after = read_text_cursor(PEOPLE, cursor) or ""
        wanted, now = PersonRole(role) if role is not None else None, self._now()
        people, last = await self._desk.read(lambda db: page_of(db, wanted, after, limit, now))
        return {"people": people, "next": cursor_for(PEOPLE, last)}

    async def person(self, who: str) -> Told:
        """One person, named by a phone or an id. Raises NoSuchPerson."""
        now = self._now()
        return await self._desk.read(lambda db: in_full(db, who, self._phone_region, now))

    async def add(self, by: Principal, fields: Told, command: Command | None) -> tuple[Told, bool]:
        """Put a person on file. Returns the person, and whether that is news."""
        role, is_manager = PersonRole(fields.pop("role")), fields.pop("manager")
        answer = await self._perform(AddPerson(role=role, is_manager=is_manager, **fields, **self._by(by, command)))
        return await self.person(answer["person"]["id"]), answer["news"]

    async def import_list(self, by: Principal, fields: Told, command: Command | None) -> Told:
        """Put the people of a list on file. Returns what came of it. Raises BadField for a list that is too long."""
        role, text, skip_bad = PersonRole(fields["role"]), list_of(fields["csv"].encode()), fields["skip_bad"]
        more = {"time_zone": self._time_zone, **self._by(by, command)}
        return await self._perform(ImportPeople(role=role, text=text, skip_bad=skip_bad, **more))

    async def keep(self, by: Principal, what: str, who: str, fields: Told, command: Command | None) -> Told:
        """Change a person's file. Returns the person."""
        if "role" in fields:
            fields["role"] = PersonRole(fields["role"])
        more = {"who": who, **fields, **self._by(by, command)}
        orders: dict[str, Callable[[], Order]] = {
            "change": lambda: ChangePerson(**more),
            "suspend": lambda: SetStatus(status=PersonStatus.SUSPENDED, **more),
            "activate": lambda: SetStatus(status=PersonStatus.ACTIVE, **more),
            "phone": lambda: MovePhone(**more),
            "document": lambda: KeepDocument(time_zone=self._time_zone, **more),
        }
        answer = await self._perform(orders[what]())
        return await self.person(answer["person"]["id"])

    def _by(self, by: Principal, command: Command | None) -> Told:
        return {"by": by.id, "by_manager": by.is_manager, "command": command, "phone_region": self._phone_region}

    async def _perform(self, order: Order) -> Answer:
        try:
            return await self._do(order)
        except (Stopped, DatabaseError):
            raise Unavailable from None

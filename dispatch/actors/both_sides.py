"""How a ride answers those who speak to it: its passenger on a connection of his own, its driver by way of his actor."""

from __future__ import annotations

from typing import Any

from dispatch import addresses
from dispatch.actors.conversing import ConversingActor
from dispatch.actors.parts.conversation import Answer, Memory
from dispatch.actors.recorded import State
from dispatch.ids import DriverId, RideId
from dispatch.messages.base import Command, Message
from dispatch.messages.matching import RideAnswered, RideRefused
from dispatch.ports import EventStore
from dispatch.runtime import Runtime


class BothSides(ConversingActor):
    """The base of a ride. A driver's command has a `driver_id`; what became of it is remembered here only if it is on record."""

    __slots__ = ("_booking", "ride_id")

    def __init__(self, runtime: Runtime, address: str, store: EventStore, state: State, memory: Memory) -> None:
        super().__init__(runtime, address, store, state, memory)
        self.ride_id = RideId(addresses.name_of(address))
        self._booking: Command | None = None

    def repeat(self, message: Any, known: Answer) -> None:
        driver_id = _driver_of(message)
        if driver_id is None:
            super().repeat(message, known)
        elif known.result is not None:  # his actor has forgotten
            self.send(addresses.driver(driver_id), RideAnswered(self.ride_id, known.result, message.command))

    def deny(self, message: Any, code: str, text: str) -> None:
        if _driver_of(message) is None:
            super().deny(message, code, text)
        else:
            self.send(*self._no_to_driver(message, code, text))

    def turn_away(self, message: Any, code: str, text: str) -> None:
        if _driver_of(message) is None:
            super().turn_away(message, code, text)
        else:
            self._forget(message.command)
            self.runtime.tell(*self._no_to_driver(message, code, text))

    def refuse_message(self, message: Any, code: str, text: str) -> None:
        """The command did nothing: to the driver who asked, or to the passenger."""
        if _driver_of(message) is None:
            self.refuse(message.command, code, text, self.ride_id)
        else:
            self._forget(message.command)
            self.deny(message, code, text)

    def _no_to_driver(self, message: Any, code: str, text: str) -> tuple[str, RideRefused]:
        return addresses.driver(message.driver_id), RideRefused(self.ride_id, code, text, message.command)

    def _forget(self, command: Command | None) -> None:
        if command is not None:
            self.answers.drop(command)

    def _subject(self, notices: tuple[Message, ...]) -> RideId:
        return self.ride_id

    # -- the one command whose answer comes from elsewhere

    def say(self, notice_type: Any, *fields: Any) -> Any:
        """As all do; whatever is said first after a booking is its answer."""
        notice = super().say(notice_type, *fields)
        self._booked(notice)
        return notice

    def _wait_for_answer(self, booking: Command | None) -> None:
        """The passenger booked, and hears what came of it when something is said. One that he has replaced is done."""
        self._booked()
        self._booking = booking

    def _booked(self, *answer: Message) -> None:
        booking, self._booking = self._booking, None
        if booking is not None:
            self.done(booking, *answer)

    def carry_over(self, before: BothSides) -> None:  # type: ignore[override]
        super().carry_over(before)
        if before._booking is not None and self.answers.find(before._booking) is not None:
            self._booking = before._booking


def _driver_of(message: Any) -> DriverId | None:
    """The driver who says this by way of his actor; None: the passenger does, or nobody."""
    driver_id: DriverId | None = getattr(message, "driver_id", None)
    return driver_id

"""Who asked a ride something, and how they are answered: the passenger's app, a driver's actor, or the operator's people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from dispatch import addresses
from dispatch.domain.ride import agreement, journey
from dispatch.domain.ride.record import Decision, Refusal
from dispatch.errors import IdReused, IllegalTransition
from dispatch.messages.base import Command
from dispatch.messages.commands import FindDriver, RateRide
from dispatch.messages.events import CommandDone
from dispatch.messages.matching import DeskAnswered, RideAnswered, RideRefused
from dispatch.principals import DRIVER
from dispatch.words import RefusalCode, Result

if TYPE_CHECKING:
    from dispatch.actors.ride import RideActor


class Asker(Protocol):
    """Who asked the ride something, and so who is answered, and how. One for each kind: `asker_of` finds it."""

    def is_new(self, ride: RideActor, message: Any) -> bool:
        """Whether this must be carried out. False: it was before, and is answered as then."""

    def answer(self, ride: RideActor, message: Any, decision: Decision) -> None:
        """Tell what the ride decided, where what followed from it has not told it already."""

    def refuse(self, ride: RideActor, message: Any, refusal: Refusal) -> None:
        """It did nothing, and this is why."""

    def fail(self, ride: RideActor, message: Any, code: RefusalCode, text: str) -> None:
        """Nothing came of it, and the same may be asked again."""


class Booker(Asker, Protocol):
    """Who may book."""

    def is_old(self, ride: RideActor, message: FindDriver) -> None:
        """There is nothing to book any more: somebody may have taken or ended the ride."""


class _App:
    """The passenger's app. Notices answer it."""

    def is_new(self, ride: RideActor, message: Any) -> bool:
        return ride.app.is_new(ride, message)

    def answer(self, ride: RideActor, message: Any, decision: Decision) -> None:
        if decision.refusal is not None:
            self.refuse(ride, message, decision.refusal)
        elif decision.say_end:
            ride.app.done(ride, message.command, ride.say_end_again())
        elif isinstance(message, RateRide):  # of which no notice tells
            ride.app.done(ride, message.command)

    def refuse(self, ride: RideActor, message: Any, refusal: Refusal) -> None:
        code, text, field, wait_s, tries_left = refusal
        ride.app.refuse(ride, message.command, code, text, ride.ride_id, field, wait_s, tries_left)

    def fail(self, ride: RideActor, message: Any, code: RefusalCode, text: str) -> None:
        ride.app.fail_retryable(ride, message, code, text)

    def is_old(self, ride: RideActor, message: FindDriver) -> None:
        """The app hears how the ride stands."""
        ride.app.done(ride, message.command, ride.app.say(ride, ride.snapshot()))


class _DriversActor:
    """A driver's actor, in the name of its app. What became of a command is known here only if it is on record."""

    def is_new(self, ride: RideActor, message: Any) -> bool:
        command, driver = message.command, addresses.driver(message.driver_id)
        known = ride.app.answers.admit(command, ride.recorded) if command is not None else None
        if known is None:
            return True
        if known.fingerprint != command.fingerprint:
            text = f"id {command.id!r} was used for another message"
            ride.send(driver, RideRefused(ride.ride_id, IdReused.code, text, command))
        elif known.result is not None:  # the driver's actor has forgotten
            ride.send(driver, RideAnswered(ride.ride_id, known.result, command))
        return False

    def answer(self, ride: RideActor, message: Any, decision: Decision) -> None:
        if decision.refusal is not None:
            self.refuse(ride, message, decision.refusal)
        elif isinstance(message, RateRide):
            done = RideAnswered(ride.ride_id, Result.OK, message.command)
            ride.send(addresses.driver(message.driver_id), done)  # type: ignore[arg-type]

    def refuse(self, ride: RideActor, message: Any, refusal: Refusal) -> None:
        ride.send(addresses.driver(message.driver_id), self._refused(ride, message, refusal))

    def fail(self, ride: RideActor, message: Any, code: RefusalCode, text: str) -> None:
        ride.runtime.tell(addresses.driver(message.driver_id), self._refused(ride, message, Refusal(code, text)))

    def _refused(self, ride: RideActor, message: Any, refusal: Refusal) -> RideRefused:
        if message.command is not None:
            ride.app.answers.drop(message.command)
        told = RideRefused(ride.ride_id, refusal.code, refusal.text, message.command)
        return replace(told, wait_s=refusal.wait_s, tries_left=refusal.tries_left)


class _Desk:
    """Somebody of the operator's people, at an address for this one question."""

    def is_new(self, ride: RideActor, message: Any) -> bool:
        known = self._known(ride, message)
        if known is not None:
            ride.send(message.reply_to, known)
        return known is None

    def _known(self, ride: RideActor, message: Any) -> DeskAnswered | None:
        """What was answered to this before; None: it is new."""
        if isinstance(message, FindDriver):
            return agreement.answer_known(ride.ride, message)
        command: Command | None = message.command
        if command is None:
            return None
        known = ride.app.answers.find(command)
        if known is not None:
            before = Command(command.id, known.fingerprint, command.driver_id, command.staff_id)
            return journey.told_again(before, command, journey.told_desk(ride.ride))
        # The dispatcher's among them: a ride does not hear of what it did for staff.
        told = ride.store.events_of_ride(ride.ride_id)
        return journey.act_known(ride.ride_id, command, told, ride.ride.status)

    def answer(self, ride: RideActor, message: Any, decision: Decision) -> None:
        if decision.refusal is not None:
            self.refuse(ride, message, decision.refusal)
        elif decision.ask is None:  # else the dispatcher answers
            command: Command | None = message.command
            if command is not None and ride.app.answers.find(command) is None:  # nothing had to be done for it
                ride.app.record(ride, CommandDone(command, Result.OK, ride.ride_id))
            ride.send(message.reply_to, journey.told_desk(ride.ride))

    def refuse(self, ride: RideActor, message: Any, refusal: Refusal) -> None:
        ride.send(message.reply_to, DeskAnswered(ride.ride.status, refusal.code, refusal.text, refusal.field or ""))

    def fail(self, ride: RideActor, message: Any, code: RefusalCode, text: str) -> None:
        ride.runtime.tell(message.reply_to, DeskAnswered(ride.ride.status, code, text))

    def is_old(self, ride: RideActor, message: FindDriver) -> None:
        text = f"cannot edit a ride that is {ride.ride.status}"
        self.refuse(ride, message, Refusal(IllegalTransition.code, text))


_APP, _DRIVER, _DESK = _App(), _DriversActor(), _Desk()


def booker_of(message: FindDriver) -> Booker:
    """Who wants to book this: drivers book nothing."""
    return _APP if message.reply_to is None else _DESK


def asker_of(message: Any) -> Asker:
    """Who asked this."""
    if getattr(message, "reply_to", None) is not None:
        return _DESK
    return _DRIVER if message.principal.role is DRIVER else _APP

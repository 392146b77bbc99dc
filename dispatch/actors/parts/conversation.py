"""The app's side of an actor: one connection, a stream of numbered notices, and one answer for each idempotency key."""

from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from dispatch.actors.recorded import RecordedActor
from dispatch.config import Rules
from dispatch.errors import IdReused, NoSuchRide
from dispatch.ids import NO_NUMBER, Number, RideId
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import Attach, Detach, Resume
from dispatch.messages.events import CommandDone, OfferDeclined
from dispatch.messages.notices import Ack, Faulted, Numbered, Refused, Replaced
from dispatch.words import RefusalCode, Result

OK: Final = Result.OK
RESULTS: Final[dict[type[Message], Result]] = {OfferDeclined: Result.DECLINED}
"""The result in the `Ack` of a command that caused this event; for every other event it is `ok`."""
RESTORED: Final = -1
"""`Answer.recorded` of an answer that was read from the record."""


class Memory(msgspec.Struct, frozen=True, gc=False):
    """How many of the last notices, and of the last commands with an id, an actor remembers. `epoch`: of this process's streams."""

    notices: int = Rules.stream_kept
    answers: int = Rules.answers_kept
    epoch: str = ""


class Conversation:
    """A part of every actor that an app talks to. Each method is handed the actor, through which it sends and records.

    Notices and answers that follow an uncommitted event are told when it is on disk. If the event is lost they were never said: their
    numbers are given again, and their commands may be sent again.
    """

    __slots__ = ("_booking", "about", "answers", "link", "link_number", "stream")

    def __init__(self, memory: Memory, about: RideId | None = None) -> None:
        """`about`: the ride that every command is about; None: its answer names the ride, if there is one."""
        self.about = about
        self.link: str | None = None
        self.link_number = NO_NUMBER
        self.stream = Stream(memory.notices, memory.epoch)
        self.answers = Answers(memory.answers)
        self._booking: Command | None = None

    def afresh(self) -> "Conversation":
        """Of the same kind, with nobody: nothing was said yet."""
        stream = self.stream
        return Conversation(Memory(stream.limit, self.answers.limit, stream.epoch), self.about)

    # -- the connection

    def take_link(self, actor: RecordedActor, message: Attach) -> bool:
        """Speak to this connection from now on, and tell the one before that it is replaced. False: a newer one was here before."""
        tell = actor.runtime.tell
        if message.number < self.link_number:
            tell(message.session, Replaced())
            return False
        if self.link is not None:
            tell(self.link, Replaced())
        self.link, self.link_number = message.session, message.number
        return True

    def lose_link(self, number: Number) -> bool:
        """Connection `number` is gone. False: it was gone before, or replaced."""
        if number != self.link_number or self.link is None:
            return False
        self.link = None
        return True

    def welcome(
        self, actor: RecordedActor, message: Attach | Resume, snapshot: Callable[[bool], Numbered | None] | None
    ) -> None:
        """Tell a connection what its app missed, if all of that is known, and how things stand now.

        `message`: the connection is new (`Attach`), or its app noticed a gap (`Resume`). `snapshot(recovered)` makes the notice that
        tells the whole state, or None while it cannot be told. `recovered`: the app has heard all that came before. Without a
        `snapshot` there is nothing to go on with yet, and an app that wants to is refused.
        """
        resume = message.resume if isinstance(message, Attach) else message
        if snapshot is None:
            if resume is not None:
                self.refuse(actor, resume.command, NoSuchRide.code, NoSuchRide.says)
            return
        recovered = resume is not None and self._say_missed(actor, resume, is_new_link=message is not resume)
        notice = snapshot(recovered)
        if notice is not None:
            self.say(actor, notice)
        if resume is not None and resume.command is not None:
            self.say_again(actor, Ack(Result.OK, resume.command.id))

    def _say_missed(self, actor: RecordedActor, resume: Resume, is_new_link: bool) -> bool:
        """What is not on disk yet still waits for it, in its place. Returns whether all that was missed is known."""
        assert self.link is not None
        missed = self.stream.after(resume.epoch, resume.last_seq)
        first_unsure = self.stream.first_unsure(actor.committed)
        for notice in missed or ():
            if notice.seq < first_unsure:
                actor.runtime.tell(self.link, notice)
            elif is_new_link:
                actor.send(self.link, notice)
        return missed is not None

    # -- the stream

    def say(self, actor: RecordedActor, notice: Numbered) -> Any:
        """Tell the app, once everything recorded so far is on disk. Returns the notice with its number.

        It answers the booking that waits for an answer, if one does.
        """
        stream = self.stream
        numbered = replace(notice, seq=stream.seq + 1, epoch=stream.epoch)
        is_sure = actor.recorded == actor.committed
        if self.link is not None:
            if is_sure:
                actor.runtime.tell(self.link, numbered)
            else:
                actor.send(self.link, numbered)
        stream.seq += 1  # not before it was sent: a handler that fails in between leaves no gap
        kept, unsure = stream.kept, stream.unsure
        if stream.limit:
            kept.append(numbered)
            if len(kept) > stream.limit:
                del kept[0]
        if unsure and unsure[0][0] <= actor.committed:
            stream.forget_sure(actor.committed)
        if not is_sure:
            stream.unsure.append((actor.recorded, stream.seq))
        if self._booking is not None:
            self.settle_booking(actor, numbered)
        return numbered

    def say_again(self, actor: RecordedActor, notice: Message) -> None:
        """Tell the app a notice that has its number already, or takes none."""
        if self.link is not None:
            actor.send(self.link, notice)

    def retell(self, told: Callable[[Any], Any]) -> None:
        """From now on what was said is said again as `told` has it: it is given each notice, and returns it or another in its place."""
        self.stream.kept[:] = [told(notice) for notice in self.stream.kept]
        self.answers.retell(told)

    # -- commands

    def is_new(self, actor: RecordedActor, message: Any) -> bool:
        """Whether the app's command in `message` must be carried out. False: it was before, and is answered as then."""
        command: Command | None = message.command
        known = self.answers.admit(command, actor.recorded) if command is not None else None
        if known is None:
            return True
        if known.fingerprint != command.fingerprint:  # type: ignore[union-attr]
            self.reject_reused_id(actor, message)
        else:
            for notice in known.notices:
                self.say_again(actor, notice)
        return False

    def record(self, actor: RecordedActor, event: Any) -> None:
        """Record an event. If it names the command that caused it, that command is done as soon as the event is on disk."""
        actor.record(event)
        if getattr(event, "command", None) is not None:
            self.answers.note(event, actor.recorded)

    def done(
        self, actor: RecordedActor, command: Command | None, *notices: Message, result: Result = OK, kept: bool = False
    ) -> None:
        """The command took effect, and `notices` told the app. Acknowledge it if it has an id or no notice answered it.

        A result that no event tells is recorded (`CommandDone`), so that a later life gives the same answer. `kept`: another actor has
        it on record.
        """
        if command is None:
            if not notices:
                self.say_again(actor, Ack(result))
            return
        known = self.answers.find(command)
        if not kept and (known is None or known.result != result):
            self.record(actor, CommandDone(command, result, self.about or ride_of(notices)))
        ack = Ack(result, command.id)
        self.answers.close(command, (*notices, ack), actor.recorded)
        self.say_again(actor, ack)

    def refuse(
        self,
        actor: RecordedActor,
        command: Command | None,
        code: RefusalCode,
        text: str,
        ride_id: RideId | None = None,
        field: str | None = None,
        wait_s: float = 0.0,
        tries_left: int | None = None,
    ) -> None:
        """The command did nothing, and the same id is answered so again. `field`: which field of the frame is at fault, if one is.
        `wait_s`: seconds after which it may be tried again, if time helps.
        """
        retry_after_ms = ceil(wait_s * 1000.0) or None
        refused = Refused(code, text, field, command.id if command else None, ride_id, retry_after_ms, tries_left)
        if command is not None:
            self.answers.close(command, (refused,), actor.recorded)
        self.say_again(actor, refused)

    def reject_reused_id(self, actor: RecordedActor, message: Any) -> None:
        """Another message had this id before: carry out nothing, and leave the answer to that message as it is."""
        text = f"id {message.command.id!r} was used for another message"
        self.say_again(
            actor, Refused(IdReused.code, text, id=message.command.id, ride_id=getattr(message, "ride_id", None))
        )

    def fail_retryable(self, actor: RecordedActor, message: Any, code: RefusalCode, text: str) -> None:
        """Nothing came of the command in `message`: tell the app at once. The same id may be sent again."""
        command: Command | None = message.command
        if command is not None:
            self.answers.drop(command)
        if self.link is not None:
            refused = Refused(code, text, id=command.id if command else None, ride_id=getattr(message, "ride_id", None))
            actor.runtime.tell(self.link, refused)

    # -- a booking, whose answer is whatever is said next

    def await_answer(self, actor: RecordedActor, booking: Command | None) -> None:
        """The next notice answers this booking. One that waits still, which this one replaces, is done."""
        if self._booking is not None:
            self.settle_booking(actor)
        self._booking = booking

    def settle_booking(self, actor: RecordedActor, *answer: Message) -> None:
        """The booking that waits has its answer."""
        booking, self._booking = self._booking, None
        self.done(actor, booking, *answer)

    # -- lives

    def replay(self, events: Iterable[Any], life: Number | None) -> None:
        """Read answers from the events of earlier lives. `life`: the number of this life of the stream; None: it goes on."""
        is_on_record = False
        for event in events:
            is_on_record = True
            if getattr(event, "command", None) is not None:
                self.answers.replay(event)
        if is_on_record and life is not None:
            self.stream.epoch += f".{life[1]}"  # an earlier life, of which no number is known, may have used them all

    def cut(self, recorded: int) -> None:
        """An actor that is made anew takes this over: events after the first `recorded` are lost, and what followed was never said."""
        self.stream.cut(recorded)
        self.answers.cut(recorded)
        if self._booking is not None and self.answers.find(self._booking) is None:
            self._booking = None

    def set_aside(self, actor: RecordedActor, message: Attach | Detach, error_id: str) -> bool:
        """The handler of this message failed: its connection is gone. Returns whether it was the one that this actor speaks to."""
        if isinstance(message, Attach):
            actor.runtime.tell(message.session, Faulted(error_id))  # its app must come again
        return self.lose_link(message.number)


class Stream:
    """What one app is told, numbered without a gap; the last notices are kept for an app that missed some.

    `seq` is the number given last, in this `epoch`: another one means that the numbers began anew. A notice that is
    said while an event is not on disk is unsure: if the event is lost, the notice was never said, and its number is given again.
    """

    __slots__ = ("epoch", "kept", "limit", "seq", "unsure")

    def __init__(self, limit: int, epoch: str = "") -> None:
        """`limit`: how many notices are kept."""
        self.epoch = epoch
        self.seq = 0
        self.limit = limit
        self.kept: list[Any] = []
        self.unsure: list[tuple[int, int]] = []
        """For each unsure notice, how many events its actor had recorded, and its number."""

    def after(self, epoch: str, last_seq: int) -> Sequence[Any] | None:
        """All that came after this number of that epoch, or None where not all of it is known any more."""
        missed = self.seq - last_seq
        if epoch != self.epoch or not 0 <= missed <= len(self.kept):
            return None
        return self.kept[len(self.kept) - missed :]

    def forget_sure(self, committed: int) -> None:
        """The first `committed` events are on disk, and so is all that followed no other."""
        self.unsure = [unsure for unsure in self.unsure if unsure[0] > committed]

    def first_unsure(self, committed: int) -> int:
        """The first number that is lost if an event is lost which is not among the first `committed`."""
        return next((seq for recorded, seq in self.unsure if recorded > committed), self.seq + 1)

    def cut(self, recorded: int) -> None:
        """Only the first `recorded` events are or will be on disk: what was said after later ones was never said."""
        first = self.first_unsure(recorded)
        lost = self.seq + 1 - first
        if lost:
            self.seq = first - 1
            del self.kept[max(0, len(self.kept) - lost) :]
            self.unsure = [unsure for unsure in self.unsure if unsure[1] < first]


class Answer(NamedTuple):
    """The answer to a command: `notices`, to be said again; none yet: the command is under way. `result`: what is on record about it.

    `recorded`: how many events its actor had recorded when it was answered. The answer is lost with the last of them.
    """

    fingerprint: int
    notices: tuple[Message, ...] = ()
    recorded: int = 0
    result: Result | None = None


class Answers:
    """The answers to the last commands that have an id, by whose they are and the id. The oldest is forgotten first.

    Commands that took effect are on record as well: `replay` reads them back.
    """

    __slots__ = ("_by_id", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._by_id: dict[tuple[str | None, str, str], Answer] = {}

    def find(self, command: Command) -> Answer | None:
        """The answer to this command, if it came before."""
        return self._by_id.get(command.name)

    def admit(self, command: Command, recorded: int) -> Answer | None:
        """The answer to this command, if it came before; else it is under way from now on."""
        known = self.find(command)
        if known is None:
            self._put(command, Answer(command.fingerprint, (), recorded))
        return known

    def close(self, command: Command, notices: tuple[Message, ...], recorded: int) -> None:
        """It was answered so. Nothing happens for one that was forgotten."""
        known = self.find(command)
        if known is not None:
            self._put(command, known._replace(notices=notices, recorded=recorded))

    def note(self, event: Message, recorded: int) -> None:
        """This event names the command that caused it."""
        command: Command = event.command  # type: ignore[attr-defined]
        known = self.find(command) or Answer(command.fingerprint)
        self._put(command, known._replace(result=result_of(event), recorded=recorded))

    def drop(self, command: Command) -> None:
        """Nothing came of it: the same may be tried again. One that was answered keeps its answer."""
        known = self.find(command)
        if known is not None and known.result is None and not known.notices:
            del self._by_id[command.name]

    def cut(self, recorded: int) -> None:
        """Only the first `recorded` events are or will be on disk: whatever was answered after later ones was not."""
        self._by_id = {name: answer for name, answer in self._by_id.items() if answer.recorded <= recorded}

    def retell(self, told: Callable[[Any], Any]) -> None:
        """From now on every answer is given as `told` has it."""
        for name, answer in self._by_id.items():
            self._by_id[name] = answer._replace(notices=tuple(map(told, answer.notices)))

    def replay(self, event: Message) -> None:
        """An event of an earlier life. What this life knows of the command already is more."""
        command: Command = event.command  # type: ignore[attr-defined]
        known = self.find(command)
        if known is None or known.recorded == RESTORED:
            result = result_of(event)
            self._put(command, Answer(command.fingerprint, (Ack(result, command.id),), RESTORED, result))

    def reopen(self, command: Command) -> bool:
        """The record has its effect, but not its result: return whether that is still to be said in this life."""
        known = self.find(command)
        if known is not None and known.recorded == RESTORED:
            known = Answer(known.fingerprint, (), RESTORED, known.result)
            self._put(command, known)
        return known is not None and not known.notices

    def _put(self, command: Command, answer: Answer) -> None:
        self._by_id[command.name] = answer
        if len(self._by_id) > self.limit:
            del self._by_id[next(iter(self._by_id))]


def result_of(event: Message) -> Result:
    """The result with which the command behind this event is acknowledged."""
    return event.result if isinstance(event, CommandDone) else RESULTS.get(type(event), OK)


def ride_of(notices: Iterable[Any]) -> RideId | None:
    """The ride that an answer is about."""
    named: Iterable[RideId | None] = (getattr(notice, "ride_id", None) for notice in notices)
    return next(filter(None, named), None)

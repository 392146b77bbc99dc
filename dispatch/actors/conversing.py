"""An actor that an app talks to: its connection, its numbered stream, and the commands that the app may repeat."""

from __future__ import annotations

from typing import Any

from dispatch.actors.parts.conversation import Answer, Answers, Memory, Stream, ride_of
from dispatch.actors.recorded import RecordedActor, State
from dispatch.errors import IdReused, InternalError, NoSuchRide
from dispatch.ids import RideId
from dispatch.messages.base import Command, Message, Recorded
from dispatch.messages.commands import Attach, Detach, Resume
from dispatch.messages.events import CommandDone
from dispatch.messages.journal import NotAppended
from dispatch.messages.notices import Ack, Faulted, Refused, Replaced, StreamLife
from dispatch.ports import EventStore
from dispatch.runtime import Runtime, receives


class ConversingActor(RecordedActor):
    """The base of ride and driver."""

    __slots__ = ("_asked", "_is_continued", "answers", "is_on_record", "link", "link_number", "stream")

    def __init__(self, runtime: Runtime, address: str, store: EventStore, state: State, memory: Memory) -> None:
        super().__init__(runtime, address, store, state)
        self.link: str | None = None
        self.link_number = -1
        self.stream = Stream(memory.notices)
        self.answers = Answers(memory.answers)
        self.is_on_record = False
        self._is_continued = False
        self._asked: list[tuple[int, Message]] = []

    # -- the connection

    def take_link(self, message: Attach) -> bool:
        """The newest connection wins; mail of an older one is ignored (False)."""
        if message.number < self.link_number:
            self.runtime.tell(message.session, Replaced())
            return False
        if self.link is not None:
            self.runtime.tell(self.link, Replaced())
        self.link, self.link_number = message.session, message.number
        if self.stream.life:
            self.runtime.tell(self.link, StreamLife(self.stream.life))
        return True

    def welcome(self, message: Attach) -> None:
        """What a new connection hears first: all that its app missed, or how things stand; nothing where there is nothing yet."""
        if message.resume is not None:
            self._resume(message.resume, is_new_link=True)
        elif self.has_news():
            self._say_snapshot()

    @receives(Resume)
    def _on_resume(self, message: Resume) -> None:
        """Within a connection: the app noticed a gap."""
        if self.link is not None and message.number == self.link_number:
            self._resume(message, is_new_link=False)

    def _resume(self, message: Resume, is_new_link: bool) -> None:
        """The gap, if all of it is known, and how things stand. What is not on disk yet still waits for it, in its place."""
        self.remember(message)
        if not self.has_news():
            self.refuse(message.command, NoSuchRide.code, NoSuchRide.says)
            return
        assert self.link is not None
        missed = self.stream.after(message.life, message.last_seq)
        first_unsure = self.stream.first_unsure(self.committed)
        for notice in missed or ():
            if notice.seq < first_unsure:
                self.runtime.tell(self.link, notice)
            elif is_new_link:
                self.send(self.link, notice)
        self._say_snapshot(recovered=missed is not None)
        if message.command is not None:
            self.say_again(Ack(message.command.id))

    def has_news(self) -> bool:
        """Whether there is anything that an app which comes back must know."""
        raise NotImplementedError

    def _say_snapshot(self, recovered: bool = False) -> Any:
        """Say how things stand; `recovered`: to an app that has heard all that came before."""
        raise NotImplementedError

    def say(self, notice_type: Any, *fields: Any) -> Any:
        """Put a notice into the stream, with the next number; it reaches the app once it is true on disk."""
        notice = notice_type(*fields, seq=self.stream.seq + 1)
        if self.link is not None:
            self.send(self.link, notice)
        self.stream.add(notice, self.recorded, self.committed)
        return notice

    def say_again(self, notice: Message) -> None:
        """The same notice with the same number, or one that has none."""
        if self.link is not None:
            self.send(self.link, notice)

    # -- commands

    def is_new(self, message: Any) -> bool:
        """Whether this command must be carried out. False: it was before, and has been answered as then."""
        self.remember(message)
        command: Command | None = message.command
        if command is None:
            return True
        known = self.answers.admit(command, self.recorded)
        if known is None:
            return True
        if known.fingerprint != command.fingerprint:
            self.deny(message, IdReused.code, f"id {command.id!r} was used for another message")
        else:
            self.repeat(message, known)
        return False

    def depend_on(self, after: Recorded | None) -> None:
        if after is not None and self.recorded == self.committed:
            self._asked.clear()
        super().depend_on(after)

    def remember(self, message: Message) -> None:
        """Somebody waits for what becomes of this, and must hear of it should it be lost."""
        if self.recorded == self.committed:
            self._asked.clear()
        self._asked.append((self.recorded, message))

    def record(self, event: Message) -> None:
        """As every actor does; the command that the event names is done as soon as the event is on disk."""
        super().record(event)
        if getattr(event, "command", None) is not None:
            self.answers.note(event, self.recorded)

    def done(self, command: Command | None, *notices: Message, result: str = "ok", kept: bool = False) -> None:
        """The command took effect; `notices` were its answer. Acknowledged if the app gave it an id, or got no other answer.

        What no event tells of it yet is recorded, so that a later life answers the same; `kept`: another actor has it on record.
        """
        if command is None:
            if not notices:
                self.say_again(Ack(None, result))
            return
        known = self.answers.find(command)
        if not kept and (known is None or known.result != result):
            self.record(CommandDone(command, result, self._subject(notices)))
        self._close(command, (*notices, Ack(command.id, result)))

    def refuse(
        self,
        command: Command | None,
        code: str,
        text: str,
        ride_id: RideId | None = None,
        field: str | None = None,
    ) -> None:
        """The command did nothing; `field` names the one that was at fault, if one was."""
        refused = Refused(code, text, command.id if command else None, ride_id, field)
        if command is None:
            self.say_again(refused)
        else:
            self._close(command, (refused,))

    def repeat(self, message: Any, known: Answer) -> None:
        """The command came again: so does its answer, if there is one yet."""
        for notice in known.notices:
            self.say_again(notice)

    def deny(self, message: Any, code: str, text: str) -> None:
        """This message is no command at all, whatever came of another one with its id."""
        self.say_again(Refused(code, text, message.command.id, _ride_of(message)))

    def _close(self, command: Command, answer: tuple[Message, ...]) -> None:
        self.answers.close(command, answer, self.recorded)
        self.say_again(answer[-1])

    def _subject(self, notices: tuple[Message, ...]) -> RideId | None:
        """The ride that a command was about, by its answer."""
        return ride_of(notices)

    # -- its life

    def restore(self) -> list[Message]:
        events = super().restore()
        for event in events:
            self.replay(event)
        if self.is_on_record and not self._is_continued:
            self.stream.life = self.incarnation  # an earlier life, of which no number is known, may have used them all
        return events

    def replay(self, event: Any) -> None:
        """Take note of one event of an earlier life."""
        self.is_on_record = True
        if getattr(event, "command", None) is not None:
            self.answers.replay(event)

    @receives(NotAppended)
    def _on_not_appended(self, message: NotAppended) -> None:
        if self.lose(message) is not None:
            self.on_lost(message.reason)
            self.runtime.rebuild(self.address)

    def on_lost(self, reason: str) -> None:
        """Tell whoever waits that nothing was done."""
        for recorded, message in self._asked:
            if recorded >= self.committed:
                self.turn_away(message, "unavailable", f"nothing was done, try again: {reason}")
        self._asked.clear()

    def on_set_aside(self, message: Any, error_id: str) -> None:
        if type(message) is Attach:
            self.runtime.tell(message.session, Faulted(error_id))  # its app must come again
            self._lose_link(message.number)
        elif type(message) is Detach:
            self._lose_link(message.number)
        elif hasattr(message, "command"):
            self.turn_away(message, "internal", str(InternalError(error_id)))

    def _lose_link(self, number: int) -> None:
        if number == self.link_number:
            self.link = None
            self.on_link_lost()

    def on_link_lost(self) -> None:
        """Nobody speaks for this actor any more, and no `Detach` said so."""

    def turn_away(self, message: Any, code: str, text: str) -> None:
        """Nothing came of this command; the same `id` may be tried again."""
        command: Command | None = message.command
        if command is not None:
            self.answers.drop(command)
        if self.link is not None:
            refused = Refused(code, text, command.id if command else None, _ride_of(message))
            self.runtime.tell(self.link, refused)

    def carry_over(self, before: ConversingActor) -> None:  # type: ignore[override]
        """What was said and answered after events that are lost was never said: its numbers are given again, without a gap."""
        super().carry_over(before)
        self._is_continued = True
        self.link, self.link_number = before.link, before.link_number
        self.stream, self.answers, self._asked = before.stream, before.answers, before._asked
        self.stream.cut(self.recorded)
        self.answers.cut(self.recorded)

    def on_quarantine(self, error_id: str) -> None:
        if self.link is not None:
            self.runtime.tell(self.link, Faulted(error_id))


def _ride_of(message: Message) -> RideId | None:
    ride_id: RideId | None = getattr(message, "ride_id", None)
    return ride_id

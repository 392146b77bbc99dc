"""The journal of the live server: a thread of its own that commits whatever waits, all at once, and then says so.

The composition root opens a `JournalPort`; actors reach it as the sink of the address `journal`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from threading import Timer
from typing import Any, Final, NamedTuple, TypeVar

from dispatch.errors import DatabaseError
from dispatch.messages.base import Message
from dispatch.messages.journal import Append, Appended
from dispatch.runtime.thread import Stopped, ThreadActor, give_way
from dispatch.storage.failures import EventRefused
from dispatch.storage.log.losses import Losses, Repeaters
from dispatch.storage.log.writer import Writer

Letter = tuple[str, Message]
PostMany = Callable[[Iterable[Letter]], None]
"""Tells these letters, in order. Must be safe to call from any thread."""
T = TypeVar("T")
Job = Callable[[Writer], T]
Report = Callable[[BaseException | None], None]
"""Hears of trouble, in the journal's thread: the first failed commit after a good one, every event that is refused for its own
sake, the fault that ends the journal; and None at the first good commit after a failed one.
"""

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0
"""Between tries by timer while commits fail. Whoever has not just been told of a loss need not wait for one."""
APPENDS_A_COMMIT: Final = 4_096
"""No more share a transaction: the first of a long queue would wait for the last."""


class JournalPort:
    """The sink of the address `journal`. Opening it starts the thread and waits until the file is open there.

    What is delivered while one event leads to the next is handed over together, and so is committed together.
    """

    def __init__(
        self,
        open_writer: Callable[[], Writer],
        post_many: PostMany,
        report: Report,
        soon: Callable[[Callable[[], None]], object] = lambda hand_over: hand_over(),
    ) -> None:
        """`open_writer` runs in the journal's thread; what it raises is raised here. `soon` calls a function once whoever delivers
        has said all for now; without it everything is handed over at once.
        """
        self._delivered: list[Append] = []
        self._soon = soon
        self._parting: SimpleQueue[str] = SimpleQueue()
        opened: SimpleQueue[BaseException | None] = SimpleQueue()
        self._journal = Journal.start(open_writer, post_many, report, opened, self._parting)
        failure = opened.get()
        if failure is not None:
            raise failure

    def deliver(self, message: Append) -> None:
        """Hand over; the answer comes by mail. Raises once the journal has stopped."""
        if not self._journal.is_alive():
            raise Stopped("the journal has stopped")
        self._delivered.append(message)
        if len(self._delivered) == 1:
            self._soon(self._hand_over)

    def stop(self, timeout_s: float | None = None) -> str:
        """Commit and answer everything delivered so far, close the file, end the thread. Blocks until then, at most `timeout_s`.

        Returns what `Writer.close` returned; whoever else of this process has the file open lets go of it before.
        """
        self._hand_over()
        self._journal.stop(timeout=timeout_s)
        return "" if self._parting.empty() else self._parting.get()

    def run(self, job: Job[T]) -> Future[T]:
        """Do this with the writer, in the journal's thread, once everything delivered so far is on disk or refused.

        Raises Stopped once the journal has stopped; the future has what the job returns or raises.
        """
        self._hand_over()
        future: Future[T] = Future()
        self._journal.tell(_Job(job, future))
        return future

    def look(self) -> None:
        """Have it looked whether the file is still in its place, though nobody commits. A journal that has stopped does not."""
        with suppress(Stopped):
            self._journal.tell(_Look())

    def _hand_over(self) -> None:
        """Should the journal have died meanwhile, it has said so itself."""
        delivered, self._delivered = self._delivered, []
        if delivered:
            with suppress(Stopped):
                self._journal.tell(delivered)


class Journal(ThreadActor):
    """Keeps `Append`s in the order in which they were told and answers each with `Appended` or `NotAppended`.

    Group commit needs no timer: the first Append that finds nothing waiting tells the journal a `_Flush`, which lands behind the
    mail that is already there. While commits fail a timer tries as well, also when nothing waits, until one succeeds. Whoever asks for
    the first time is answered at once; whoever asks again and again waits for the timer.
    """

    def __init__(
        self,
        open_writer: Callable[[], Writer],
        post_many: PostMany,
        report: Report,
        opened: SimpleQueue[BaseException | None],
        parting: SimpleQueue[str],
    ) -> None:
        """`opened` gets None, or what went wrong, once the file was opened in the actor's thread; `parting` what its close returns."""
        super().__init__()
        self._open_writer = open_writer
        self._post_many = post_many
        self._report = report
        self._opened = opened
        self._parting = parting
        self._writer: Writer | None = None
        self._waiting: list[Append] = []
        self._losses = Losses()
        self._ails = False
        self._flush_is_due = self._is_to_flush = False
        self._repeaters = Repeaters()
        self._pause_s = FIRST_PAUSE_S
        self._again: Timer | None = None

    @staticmethod
    def _create_actor_inbox() -> Any:
        return SimpleQueue()  # pykka's own choice takes a lock in Python for every letter

    def on_start(self) -> None:
        give_way()  # the event loop holds the interpreter while it hands over
        try:
            self._writer = self._open_writer()
        except Exception as error:
            self._opened.put(error)
            self.stop()
        else:
            self._opened.put(None)

    def on_receive(self, message: list[Append] | _Flush | _Again | _Look | _Job) -> None:
        if type(message) is _Job:
            self._do(message)
            return
        if type(message) is _Look:
            self._look()
            return
        if type(message) is not list:
            if type(message) is _Again:
                self._again = None
            self._flush(all_of_it=type(message) is _Again)
            return
        self._waiting += message
        if not self._flush_is_due:
            if not self._ails or self._repeaters.has_others(message):
                self._flush_is_due = True
                self.actor_ref.tell(_Flush())
            else:
                self._flush_later()
        if len(self._waiting) >= APPENDS_A_COMMIT:
            self._flush()

    def on_stop(self) -> None:
        try:
            self._flush()
        finally:
            self._close()

    def on_failure(self, *_: object) -> None:
        self._close()

    def on_fault(self, fault: BaseException) -> None:
        self._report(fault)

    # -- a commit

    def _flush(self, all_of_it: bool = True) -> None:
        self._flush_is_due = self._is_to_flush = False
        batch, self._waiting = self._waiting, []
        if self._ails and not all_of_it:
            batch, self._waiting = self._repeaters.apart(batch)
            if self._waiting:
                self._flush_later()
            if not batch:
                return
        answers: list[Letter] = []
        self._keep(batch, answers)
        if answers:
            self._post_many(answers)
        if self._ails and not batch:
            self._try_to_write(batch)
        if self._ails and self._again is None:
            self._try_later()
        if self._waiting and not self._ails:  # it writes again, and those who were to wait need not
            self._flush()

    def _keep(self, batch: Sequence[Append], answers: list[Letter]) -> None:
        """Commit a batch and add its answers. Where its own events are at fault, halve it until only they are left out."""
        sound: list[Append] = []
        for append in batch:
            refusal = self._losses.refusal(append)
            if refusal is None:
                sound.append(append)
            else:
                self._repeaters.note(append)
                answers.append((append.reply_to, refusal))
        if not sound:
            return
        trouble = self._try_to_write(sound)
        if trouble is None:
            answers += [(append.reply_to, Appended(append.incarnation, append.through)) for append in sound]
        elif isinstance(trouble, EventRefused) and len(sound) > 1:
            middle = len(sound) // 2
            self._keep(sound[:middle], answers)
            self._keep(sound[middle:], answers)
        else:
            self._tell_trouble(trouble)
            for append in sound:
                self._repeaters.note(append)
                answers.append((append.reply_to, self._losses.lose(append, trouble.code)))

    def _try_to_write(self, batch: Sequence[Append]) -> DatabaseError | None:
        assert self._writer is not None
        try:
            if batch:
                self._writer.write(batch)
            else:
                self._writer.touch()
        except DatabaseError as trouble:
            return trouble
        if self._ails:
            self._ails = False
            self._repeaters.clear()
            self._pause_s = FIRST_PAUSE_S
            self._writer.hurry(False)
            self._report(None)
        return None

    def _do(self, told: _Job) -> None:
        assert self._writer is not None
        self._flush()
        try:
            self._writer.require_in_place()
            result = told.job(self._writer)
            self._writer.note_commit()
            told.future.set_result(result)
        except Exception as error:
            told.future.set_exception(error)

    def _look(self) -> None:
        """While commits fail a timer looks."""
        assert self._writer is not None
        if self._ails:
            return
        try:
            self._writer.require_in_place()
        except DatabaseError as trouble:
            self._tell_trouble(trouble)
            self._try_later()

    def _try_later(self) -> None:
        self._again = Timer(self._pause_s, self._try_again)
        self._again.daemon = True
        self._again.start()
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _flush_later(self) -> None:
        """For those who wait, since they were just told of a loss."""
        if not self._is_to_flush:
            self._is_to_flush = True
            timer = Timer(self._repeaters.wait_s, self._tell_flush)
            timer.daemon = True
            timer.start()

    def _tell_flush(self) -> None:
        """In the timer's thread."""
        with suppress(Stopped):
            self.actor_ref.tell(_Flush())

    def _try_again(self) -> None:
        """In the timer's thread."""
        if self.actor_ref.is_alive():
            self.actor_ref.tell(_Again())

    def _tell_trouble(self, trouble: DatabaseError) -> None:
        if isinstance(trouble, EventRefused):
            self._report(trouble)
        elif not self._ails:
            self._ails = True
            if self._writer is not None:
                self._writer.hurry(True)
            self._report(trouble)

    def _close(self) -> None:
        if self._again is not None:
            self._again.cancel()
        if self._writer is not None:
            self._parting.put(self._writer.close())


class _Flush:
    """The journal -> itself: everything that was waiting when you said this has been read."""


class _Job(NamedTuple):
    """The port -> the journal: do this with the writer."""

    job: Job[Any]
    future: Future[Any]


class _Look:
    """The port -> the journal: is the file still where it was?"""


class _Again:
    """A timer -> the journal: commits failed when it was set; try once more."""

"""The journal of the live server: a thread of its own that commits whatever waits, all at once, and then says so.

The composition root opens a `JournalPort`; actors reach it as the sink of the address `journal`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Timer
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dispatch.addresses import DISPATCHER, kind_of
from dispatch.errors import DatabaseError
from dispatch.ids import Number
from dispatch.messages.base import Message
from dispatch.messages.journal import Append, Appended, NotAppended
from dispatch.runtime.thread import Stopped, ThreadActor, give_way
from dispatch.storage.failures import EventRefused

if TYPE_CHECKING:
    from dispatch.storage.log.on_file import Writer

OutgoingLetter = tuple[str, Message]
PostMany = Callable[[Iterable[OutgoingLetter]], None]
"""Tells these letters, in order. Must be safe to call from any thread."""
T = TypeVar("T")
Job = Callable[["Writer"], T]
Done = Callable[[Any, Exception | None], object]
"""Hears what a job returned, or what it raised."""
Report = Callable[[BaseException | None], None]
"""Hears of trouble, in the journal's thread: the first failed commit after a good one, every event that is refused for its own
sake, the fault that ends the journal; and None at the first good commit after a failed one.
"""
OnCommit = Callable[[Sequence[Append], float], object]
"""Hears of each commit, in the journal's thread: what is on disk now, and how many seconds that took. It must not raise."""

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0
"""Between tries by timer while commits fail. Whoever has not just been told of a loss need not wait for one."""
APPENDS_A_COMMIT: Final = 4_096
"""No more share a transaction: the first of a long queue would wait for the last."""


REMEMBERED: Final = 10_000
"""Lives that ended with a loss and are remembered, because what they said may still lie in a mailbox."""

SHORTEST_WAIT_S: Final = 0.05
LONGEST_WAIT_S: Final = 1.0
TOLD_A_SECOND: Final = 400
"""Senders who were told of a loss wait before they are answered again, so long that no more than this many are told a second."""


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
        on_commit: OnCommit = lambda batch, took_s: None,
    ) -> None:
        """`open_writer` runs in the journal's thread; what it raises is raised here. `soon` calls a function once whoever delivers
        has said all for now; without it everything is handed over at once. `on_commit` hears of each commit.
        """
        self._delivered: list[Append] = []
        self._handed: deque[float] = deque()
        self._soon = soon
        self._parting: SimpleQueue[str] = SimpleQueue()
        opened: Future[None] = Future()
        self._journal = Journal.start(open_writer, post_many, report, opened, self._parting, self._handed, on_commit)
        opened.result()

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

    def begin(self, job: Job[T], done: Done) -> None:
        """Do this with the writer, in the journal's thread, once everything delivered so far is on disk or refused. `done` hears there
        what the job returned, or raised. Raises Stopped once the journal has stopped.
        """
        self._hand_over()
        self._journal.tell(lambda journal: journal.do(job, done))

    def run(self, job: Job[T]) -> Future[T]:
        """The same for whoever waits in a thread: the future has what the job returns or raises."""
        future: Future[T] = Future()
        self.begin(job, partial(_settle, future))
        return future

    def look(self) -> None:
        """Have it looked whether the file is still in its place, though nobody commits. A journal that has stopped does not."""
        with suppress(Stopped):
            self._journal.tell(Journal.look)

    @property
    def oldest_at(self) -> float | None:
        """When the oldest of what is not answered yet was recorded, by the clock of who did; None: all is answered."""
        with suppress(IndexError):  # its thread may be ready with it just now
            return self._handed[0]
        return self._delivered[0].at if self._delivered else None

    def _hand_over(self) -> None:
        """Should the journal have died meanwhile, it has said so itself."""
        delivered, self._delivered = self._delivered, []
        if delivered:
            self._handed.append(delivered[0].at)
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
        opened: Future[None],
        parting: SimpleQueue[str],
        handed: deque[float],
        on_commit: OnCommit,
    ) -> None:
        """`opened` is done, or has what went wrong, once the file was opened in its thread; `parting` what its close returns.

        `handed`: since when each list waits that was told, the oldest first, until it is answered.
        """
        super().__init__()
        self._handed, self._received = handed, 0
        self._on_commit = on_commit
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
            self._opened.set_exception(error)
            self.stop()
        else:
            self._opened.set_result(None)

    def on_receive(self, message: list[Append] | Call) -> None:
        if not isinstance(message, list):
            message(self)
            return
        self._received += 1
        self._waiting += message
        if not self._flush_is_due:
            if not self._ails or self._repeaters.has_others(message):
                self._flush_is_due = True
                self.actor_ref.tell(Journal._flush_due)
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
        answers: list[OutgoingLetter] = []
        self._keep(batch, answers)
        if answers:
            self._post_many(answers)
        if not self._waiting:
            for _ in range(self._received):
                self._handed.popleft()
            self._received = 0
        if self._ails and not batch:
            self._try_to_write(batch)
        if self._ails and self._again is None:
            self._try_later()
        if self._waiting and not self._ails:  # it writes again, and those who were to wait need not
            self._flush()

    def _keep(self, batch: Sequence[Append], answers: list[OutgoingLetter]) -> None:
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
                began = time.perf_counter()
                self._writer.write(batch)
                self._on_commit(batch, time.perf_counter() - began)
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

    def do(self, job: Job[T], done: Done) -> None:
        """Commit what waits, and then run the job. `done` hears what came of it, and must not raise."""
        assert self._writer is not None
        self._flush()
        try:
            self._writer.require_in_place(quick=True)
            result = job(self._writer)
            self._writer.note_commit()
        except Exception as error:
            done(None, error)
        else:
            done(result, None)

    def look(self) -> None:
        """Report a file that is not in its place any more. While commits fail a timer looks."""
        assert self._writer is not None
        if self._ails:
            return
        try:
            self._writer.require_in_place()
        except DatabaseError as trouble:
            self._tell_trouble(trouble)
            self._try_later()

    # -- later

    def _flush_due(self) -> None:
        """What was waiting when this was told has been read."""
        self._flush(all_of_it=False)

    def _flush_later(self) -> None:
        """For senders who wait, since they were just told of a loss."""
        if not self._is_to_flush:
            self._is_to_flush = True
            self._tell_after(self._repeaters.wait_s, Journal._flush_due)

    def _try_later(self) -> None:
        self._again = self._tell_after(self._pause_s, Journal._try_again)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _try_again(self) -> None:
        self._again = None
        self._flush()

    def _tell_after(self, delay_s: float, call: Call) -> Timer:
        """Tell this journal a call after a while. The timer has a thread of its own, and the journal may have stopped by then."""
        timer = Timer(delay_s, self._tell_if_alive, (call,))
        timer.daemon = True
        timer.start()
        return timer

    def _tell_if_alive(self, call: Call) -> None:
        with suppress(Stopped):
            self.actor_ref.tell(call)

    # -- trouble

    def _tell_trouble(self, trouble: DatabaseError) -> None:
        if not isinstance(trouble, EventRefused):
            if self._ails:
                return
            self._ails = True
            if self._writer is not None:
                self._writer.hurry(True)
        self._report(trouble)

    def _close(self) -> None:
        if self._again is not None:
            self._again.cancel()
        if self._writer is not None:
            self._parting.put(self._writer.close())


Call = Callable[[Journal], None]
"""What the journal is told beside appends: one of its own methods."""


def _settle(future: Future[Any], result: Any, error: Exception | None) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class Losses:
    """The lives of actors that were told `NotAppended`. What they, or others because of them, record afterwards is lost as well.

    A life is remembered as a sender until the next life of that actor records, and as a source of others' events for longer. Of each
    the last `REMEMBERED` lives are: a lost life may have mail in the journal's box for a moment, not for so many losses.
    """

    def __init__(self) -> None:
        self._lost: dict[str, NotAppended] = {}
        self._reasons: dict[tuple[str, Number], str] = {}

    def refusal(self, append: Append) -> NotAppended | None:
        """The answer to an append that builds on a lost one; None for one that does not."""
        if not self._reasons:
            return None
        lost = self._lost.get(append.reply_to)
        if lost is not None:
            if lost.incarnation == append.incarnation:
                return self.lose(append, lost.reason)
            del self._lost[append.reply_to]
        if append.after is None:
            return None
        # Whether this very event of that life was lost does not matter: a refused sender tries again soon.
        reason = self._reasons.get((append.after.address, append.after.incarnation))
        return self.lose(append, reason) if reason is not None else None

    def lose(self, append: Append, reason: str) -> NotAppended:
        """Note the loss, and the answer that tells of it."""
        refusal = self._lost[append.reply_to] = NotAppended(append.incarnation, append.through, reason)
        self._reasons.setdefault((append.reply_to, append.incarnation), reason)
        for remembered in (self._lost, self._reasons):
            if len(remembered) > REMEMBERED:
                del remembered[next(iter(remembered))]  # type: ignore[arg-type]
        return refusal


class Repeaters:
    """Senders who were just told of a loss. They are rebuilt and record again, without end if they were answered at once: so they wait.

    A dispatcher reads the events of all open rides when it is rebuilt, so it waits longest.
    """

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    @property
    def wait_s(self) -> float:
        """Seconds until a sender may be told again."""
        return min(max(len(self._told) / TOLD_A_SECOND, SHORTEST_WAIT_S), LONGEST_WAIT_S)

    def note(self, append: Append) -> None:
        """Note that the sender of this append is told of a loss now."""
        self._told[append.reply_to] = time.monotonic()

    def has_others(self, appends: Iterable[Append]) -> bool:
        """Whether the sender of one of these need not wait."""
        now = time.monotonic()
        return any(not self._waits(append, now) for append in appends)

    def apart(self, appends: Iterable[Append]) -> tuple[list[Append], list[Append]]:
        """The appends of senders who need not wait, and of those who must, each in their order."""
        now = time.monotonic()
        self._told = {sender: at for sender, at in self._told.items() if now - at < LONGEST_WAIT_S}
        others: list[Append] = []
        waiting: list[Append] = []
        for append in appends:
            (waiting if self._waits(append, now) else others).append(append)
        return others, waiting

    def clear(self) -> None:
        """Commits succeed again: nobody waits."""
        self._told.clear()

    def _waits(self, append: Append, now: float) -> bool:
        senders = (append.reply_to,) if append.after is None else (append.reply_to, append.after.address)
        return any(self._waits_still(sender, now) for sender in senders if sender in self._told)

    def _waits_still(self, sender: str, now: float) -> bool:
        wait_s = LONGEST_WAIT_S if kind_of(sender) == DISPATCHER else self.wait_s
        return now - self._told[sender] < wait_s


class JournalHealth:
    """Hears what the journal reports, in its thread, and says whether it writes."""

    def __init__(self) -> None:
        self.why_not = ""
        self.failures = 0
        """How often there was trouble."""

    def is_well(self) -> bool:
        """Whether the last commit succeeded."""
        return not self.why_not

    def note(self, trouble: BaseException | None) -> None:
        """None: it writes again. An event that is refused for its own sake keeps no other from being written."""
        if trouble is None:
            self.why_not = ""
            return
        self.failures += 1
        if not isinstance(trouble, EventRefused):
            self.why_not = f"the journal cannot write: {getattr(trouble, 'code', 'internal')}"

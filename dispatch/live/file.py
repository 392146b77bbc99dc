"""The database of the live server: opened for its journal and its actors once the process owns it, and left whole at the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import msgspec

from dispatch import addresses, logs
from dispatch.config import Settings
from dispatch.control import done, refused
from dispatch.errors import DatabaseError, DispatchError, Unavailable
from dispatch.live.committed import Committed
from dispatch.runtime.realtime import RealtimeRuntime
from dispatch.runtime.thread import Stopped
from dispatch.storage.file.owner import Ownership
from dispatch.storage.health.startup_check import require_sound
from dispatch.storage.log.journal import JournalHealth, JournalPort
from dispatch.storage.log.on_file import Reader, Writer, newest_at
from dispatch.storage.log.restart import mark_all_disconnected
from dispatch.storage.tables.region import agreed_region, settled_region
from dispatch.storage.tables.sandbox import marked_sandbox, require_no_sandbox
from dispatch.storage.tools.orders import Answer, Order, decode, perform
from dispatch.storage.tools.phone_ids import has_other_forms
from dispatch.storage.tools.privacy_orders import finish

OTHER_FORMS: Final = (
    "people on file are known by other forms of their phone numbers and would be taken for strangers:"
    " `dispatch db phones --dry-run` says who"
)
ACTORS: Final = frozenset(
    (addresses.RIDE, addresses.DRIVER, addresses.DISPATCHER, addresses.TRACKER, addresses.QUOTE, addresses.PASSENGER)
)

LOOK_EVERY_S: Final = 1.0
"""Whether the file is still in its place is looked at so often when nobody commits."""


T = TypeVar("T")


class RunsJobs(Protocol):
    """Whoever has the file: runs a job in the journal's thread, as `LiveFile.do` does."""

    def __call__(self, job: Callable[[Writer], T]) -> Awaitable[T]:
        """Hand the job over at once. Return what it returns, raise what it raises."""


class LiveFile:
    """The open file: `journal` writes it, `store` reads it, `health` knows whether commits succeed, `committed` counts them.

    `is_whole`: it was closed, and everything is in the one file.
    """

    def __init__(
        self, settings: Settings, ownership: Ownership, runtime: RealtimeRuntime, *, is_sandbox: bool = False
    ) -> None:
        """Opens it in both ways and tells the runtime where the journal is. `is_sandbox`: it is to be one, else it may be none.

        Raises DatabaseError, IsASandbox, IsNoSandbox; then nothing is open.
        """
        self._ownership = ownership
        self._runtime = runtime
        self.health = JournalHealth()
        self.committed = Committed()
        self.special: dict[type[Order], Callable[[Any], Awaitable[Answer]]] = {}
        """Orders that concern more than the file, and who carries them out."""
        self.on_done: Callable[[Answer], object] = _nobody
        """Hears what came of every order."""
        self.before_job: Callable[[], object] = _nothing
        """Called before each job: whoever keeps something back for the file hands it over, and the job sees it."""
        report = partial(_report, self.health)
        self.journal = JournalPort(
            partial(_open, settings, ownership, is_sandbox),
            runtime.tell_threadsafe,
            report,
            runtime.call_soon,
            self.committed.note,
        )
        try:
            self.store = Reader(settings.db, is_writing=self.health.is_well)
        except BaseException:
            self.journal.stop()
            raise
        runtime.start_at(self.store.newest_at())
        runtime.sink(addresses.JOURNAL, self.journal)
        self._is_open = True
        self.is_whole = False
        self._look_later()
        self._say_what_is_new(settings.db)

    async def close(self) -> None:
        """Commit what was recorded, move the log into the file, and let go of it: the writer is the last to close.

        Actors are gone before: what they would do now could not be recorded any more. They are woken from the file at the next start.
        """
        self._is_open = False
        self._runtime.lose(ACTORS)
        self.store.close()
        said = await asyncio.to_thread(self.journal.stop)
        self.is_whole = not said
        if said:
            logs.log.warning("the database is not as a stop leaves it", extra={"why": said})

    def do(self, job: Callable[[Writer], T]) -> Awaitable[T]:
        """Do this with the writer, in the journal's thread, once everything that was recorded so far is on disk. It is handed over at
        once. Returns what it returns and raises what it raises; Unavailable when the file cannot be written, or the server is stopping.
        """
        return _or_unavailable(self.run(job))

    def run(self, job: Callable[[Writer], T]) -> Awaitable[T]:
        """The same for whoever says what is wrong with the file or the server: raises Stopped or a DatabaseError as it is."""
        self.before_job()
        answer = asyncio.get_running_loop().create_future()
        try:
            self.journal.begin(job, partial(self._runtime.call_threadsafe, _settle, answer))
        except Stopped as error:
            answer.set_exception(error)
        return answer

    async def obey(self, line: bytes) -> bytes:
        """Do what a line of the control socket orders, and say what came of it. Raises nothing: a bad line hurts nobody."""
        try:
            return done(await self.perform(decode(line)))
        except msgspec.MsgspecError as error:
            return refused("bad_order", f"no such order: {error}")
        except DispatchError as error:
            return refused(error.code, str(error))
        except Stopped:
            return refused("stopping", "the server is stopping, nothing was done")
        except Exception:
            logs.log.exception("an order failed")
            return refused("internal", "something went wrong inside; the server's log says more")

    async def perform(self, order: Order) -> Answer:
        """Do what is ordered, let `on_done` know, and say what came of it. Raises DispatchError, and then nothing was done."""
        does = self.special.get(type(order), self._perform)
        answer = await does(order)
        self.on_done(answer)
        return answer

    async def _perform(self, order: Order) -> Answer:
        return await self.run(partial(perform, order=order, now=time.time()))

    def _look_later(self) -> None:
        if self._is_open:
            self.journal.look()
            self._runtime.call_later(LOOK_EVERY_S, self._look_later)

    def _say_what_is_new(self, path: str) -> None:
        if self._ownership.is_lost:
            logs.log.warning(
                "the database is gone, though its lock file is there; a new, empty one was made", extra={"db": path}
            )
        elif self._ownership.is_new:
            logs.log.info("a new database was made", extra={"db": path})


def _open(settings: Settings, ownership: Ownership, is_sandbox: bool) -> Writer:
    """In the journal's thread, before anyone is served: the file is ready, and no connection of the process before counts any more."""

    def trusts(db: Any) -> None:
        require_sound(db, settings.db)
        (marked_sandbox if is_sandbox else require_no_sandbox)(db, settings.db)
        agreed_region(db, settings.db, settings.phone_region)

    writer = Writer(settings.db, settings.synchronous, trusts=trusts)
    try:
        region = settled_region(writer.db, settings.db, settings.phone_region)
        others = has_other_forms(writer.db, region)
        writer.watch(settings.db, ownership)
        before = mark_all_disconnected(writer, max(time.time(), newest_at(writer.db)))
        unwiped = finish(writer)
    except BaseException:
        writer.close()
        raise
    if unwiped:
        logs.log.error("people who were removed may still be read from free pages", extra={"why": unwiped})
    if others:
        logs.log.warning(OTHER_FORMS, extra={"db": settings.db})
    if before.drivers:
        logs.log.info("drivers of the process before are offline until they return", extra=before._asdict())
    return writer


def _settle(answer: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if answer.done():  # nobody waits any more
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)


async def _or_unavailable(done: Awaitable[T]) -> T:
    try:
        return await done
    except (Stopped, DatabaseError):
        raise Unavailable from None


def _nothing() -> None:
    """Until the server is assembled, nobody keeps anything back."""


def _nobody(answer: Answer) -> None:
    """Until the server is assembled, nobody lives by what an order changes."""


def _report(health: JournalHealth, trouble: BaseException | None) -> None:
    health.note(trouble)
    if trouble is None:
        logs.log.info("the journal writes again")
    else:
        logs.log.error("the journal cannot write", extra={"trouble": str(trouble)})

"""Orders that rewrite history: `dispatch people remove`, `dispatch db purge`. Each is one transaction; then the file is made anew."""

from typing import Annotated, Any, ClassVar

import msgspec

from dispatch.config.options import options_of
from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import Writer, newest_at
from dispatch.storage.log.restart import mark_all_disconnected
from dispatch.storage.people.removal import Removed, named, remove
from dispatch.storage.people.retention import Keep, plan, purge
from dispatch.storage.tables.opening import reading
from dispatch.storage.tools.people_orders import PeopleOrder, Who

Answer = dict[str, Any]
_Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]


class RemovePerson(PeopleOrder, frozen=True, kw_only=True, tag="remove_person"):
    """Take a person out of the file. Answer: the `pseudonym` that stands for the person, how many `events` changed, and `unwiped`: why
    free pages of the file may still have something of the person; empty: they have nothing.
    """

    takes_s: ClassVar[float] = 600.0
    """A large file is written anew for as long as this, at most."""

    who: Who


def remove_person(writer: Writer, order: RemovePerson, now: float) -> Answer:
    """In a file that nobody serves, so that nobody is connected whatever it says. Raises NoSuchPerson, RideIsOpen."""
    finish(writer)
    person_id = named(writer, order.who, order.phone_region)
    mark_all_disconnected(writer, max(now, newest_at(writer.db)))
    return told(remove(writer, person_id, now, order.by), wiping.why_not_wiped(writer))


class PurgeOld(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="purge", forbid_unknown_fields=True):
    """Take out what is older than it is kept. Answer: what is `gone` by kind, and `unwiped`, as of a removal. Days; 0: for ever."""

    takes_s: ClassVar[float] = 600.0

    keep_tracks_days: _Days
    keep_quotes_days: _Days
    keep_addresses_days: _Days
    by: str = ""


def purge_old(writer: Writer, order: PurgeOld, now: float) -> Answer:
    """Also in a file that is served: nobody in memory writes again what goes. Raises StorageDamaged."""
    keep = options_of(Keep, order)
    gone = purge(writer, keep, now, order.by)
    return {"gone": msgspec.to_builtins(gone), "unwiped": finish(writer)}


def would_go(path: str, keep: Keep, now: float) -> dict[str, Any]:
    """What a purge would take out of the file, as its answer has it; also beside a server. Raises DatabaseError."""
    with reading(path) as db:
        return {"gone": msgspec.to_builtins(plan(db, path, keep, now)[0])}


def finish(writer: Writer) -> str:
    """Wipe what was taken out before, where the process died in between. Returns why that cannot be done now; nothing: it is done."""
    return wiping.why_not_wiped(writer) if wiping.is_due(writer.db) else ""


def told(removed: Removed, unwiped: str) -> Answer:
    """What came of a removal, as JSON."""
    return {"pseudonym": removed.pseudonym, "events": removed.events, "unwiped": unwiped}

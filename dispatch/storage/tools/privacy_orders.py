"""Orders that rewrite history: `dispatch people remove`. Each is one transaction, after which the file is written anew."""

from typing import Any, ClassVar

from dispatch.storage.log import wiping
from dispatch.storage.log.on_file import Writer, newest_at
from dispatch.storage.log.restart import mark_all_disconnected
from dispatch.storage.people.removal import Removed, named, remove
from dispatch.storage.tools.people_orders import PeopleOrder, Who

Answer = dict[str, Any]


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


def finish(writer: Writer) -> str:
    """Wipe what was taken out before, where the process died in between. Returns why that cannot be done now; nothing: it is done."""
    return wiping.why_not_wiped(writer) if wiping.is_due(writer.db) else ""


def told(removed: Removed, unwiped: str) -> Answer:
    """What came of a removal, as JSON."""
    return {"pseudonym": removed.pseudonym, "events": removed.events, "unwiped": unwiped}

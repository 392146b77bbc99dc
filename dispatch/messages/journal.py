"""What an actor and the journal tell one another. A message that announces an event waits for `Appended`, or goes to an actor that
waits for it as well."""

from dispatch.ids import NO_NUMBER, Number
from dispatch.messages.base import Message, Recorded
from dispatch.messages.events import Event


class Append(Message, frozen=True, gc=False):
    """Actor -> journal: keep these in order. `through` counts all that this incarnation has recorded or waited for so far.

    `at` is the runtime's clock. The answer goes to `reply_to` and names the same `incarnation` and `through`. `after`: what another
    actor recorded and this builds on; where that is lost, so is this. Without events it only asks whether that was kept.
    """

    reply_to: str
    incarnation: Number
    through: int
    at: float
    events: tuple[Event, ...]
    after: Recorded | None = None


def by_nobody(address: str, at: float, *events: Event) -> Append:
    """What no actor records, but a command or a start at Unix second `at`: events of this address. Nobody waits for the answer."""
    return Append(address, NO_NUMBER, 1, at, events)


class Appended(Message, frozen=True, gc=False):
    """Journal -> actor: everything up to `through` is on disk."""

    incarnation: Number
    through: int


class NotAppended(Message, frozen=True, gc=False):
    """Journal -> actor: nothing after what was `Appended` last is on disk, nor will be. The actor is rebuilt from what is."""

    incarnation: Number
    through: int
    reason: str

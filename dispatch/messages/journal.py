"""Between an actor and the journal. Nothing that an event would announce leaves the actor before `Appended` comes back."""

from __future__ import annotations

from dispatch.messages.base import Message, Recorded
from dispatch.messages.events import Event


class Append(Message, frozen=True, gc=False):
    """Actor -> journal: keep these in order. `through` is the count of all events that this incarnation has recorded, these included.

    `at` is the runtime's clock. The answer goes to `reply_to` and names the same `incarnation` and `through`. `after`: what another
    actor recorded and this builds on; where that is lost, so is this. Without events it only asks whether that was kept.
    """

    reply_to: str
    incarnation: int
    through: int
    at: float
    events: tuple[Event, ...]
    after: Recorded | None = None


class Appended(Message, frozen=True, gc=False):
    """Journal -> actor: everything up to `through` is on disk."""

    incarnation: int
    through: int


class NotAppended(Message, frozen=True, gc=False):
    """Journal -> actor: nothing after what was `Appended` last is on disk, nor will be. The actor is rebuilt from what is."""

    incarnation: int
    through: int
    reason: str

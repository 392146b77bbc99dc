"""Draws docs/STATES.md from the tables in dispatch/domain: `python docs/make_states.py`. tests/test_docs.py holds the page current."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path

from dispatch.domain.driver.decisions import ANSWERS, OfferStanding
from dispatch.domain.driver.record import BINDING, FREE, UNBINDING
from dispatch.domain.ride.record import MAY_CANCEL, STEPS_BEFORE_END, TERMINAL, TRANSITIONS, UNBOOKED
from dispatch.messages.commands import AcceptOffer, DeclineOffer

PAGE = Path(__file__).with_name("STATES.md")
Table = Mapping[str, Mapping[type, str]]
HEAD = """\
# States

Made by `python docs/make_states.py` from the tables that decide; do not edit it by hand.

An arrow is something that happened. A table has a row for every state; a step that has no arrow here is refused, and the app that
asked for it hears `illegal_now`. Time alone moves nothing: a timer is a message like any other.

## A ride

`dispatch/domain/ride/record.py`; the ride's actor is the only one who takes these steps, and each of them is an event in the journal.
The words are those that are stored and shown, but for `unbooked`: a socket is open for that id and nobody has booked yet.
"""
DRIVER = """
## A driver's binding

`dispatch/domain/driver/record.py`; the driver's actor is the only one who takes these steps. The driver is reserved by accepting.
Only the ride's answer binds or releases the driver; a lost connection never does. `ClaimGranted` is that answer. It is not in the
journal, where the ride's own `RideAssigned` stands: a driver who is rebuilt is reserved again, asks, and gets the same answer.
"""
ONLINE = """
Whether the driver is connected and wants offers is told apart from the binding. What is announced to the dispatcher follows from
all three: `busy` unless free, `offline` without a connection, `unavailable` where the driver wants no offers, otherwise `available`.
Only then are they offered rides.
"""

ANSWERING = """
## A driver's answer to an offer

`dispatch/domain/driver/decisions.py`. An answer means the offer that it names, or the open offer of its ride. The offer is `open`;
or `overdue`: its time is over, with the grace in which a late accept still counts, and nobody has closed it yet; or `accepted`: the
driver is reserved for its ride, or bound to it; or `closed`: it ended in another way, or never was.
"""


def page() -> str:
    """The whole page."""
    ride = _diagram(TRANSITIONS, UNBOOKED, TERMINAL)
    driver = _diagram(BINDING, FREE)
    return (
        f"{HEAD}\n{ride}\n{_events(TRANSITIONS)}\n{_cancelling()}\n{_skipping()}"
        f"{DRIVER}\n{driver}\n{_events(BINDING)}\n{_unbinding()}{ONLINE}"
        f"{ANSWERING}\n{_answering()}"
    )


def _diagram(table: Table, start: str, ends: frozenset[str] = frozenset()) -> str:
    """A table as Mermaid draws it, arrows in the table's order."""
    arrows = [f"    [*] --> {start}"]
    for state, steps in table.items():
        arrows += [f"    {state} --> {target}: {event.__name__}" for event, target in steps.items()]
        if state in ends:
            arrows.append(f"    {state} --> [*]")
    return "\n".join(("```mermaid", "stateDiagram-v2", *arrows, "```\n"))


def _events(table: Table) -> str:
    """What each arrow means, in the words of its own class."""
    named = {event: None for steps in table.values() for event in steps}
    rows = "".join(f"| `{event.__name__}` | {_meaning(event)} |\n" for event in named)
    return f"| arrow | what happened |\n|--|--|\n{rows}"


def _meaning(event: type) -> str:
    return (inspect.getdoc(event) or "").splitlines()[0]


def _cancelling() -> str:
    rows = "".join(f"| `{status}` | {', '.join(sorted(who))} |\n" for status, who in MAY_CANCEL.items() if who)
    return f"Who may cancel:\n\n| while it is | who |\n|--|--|\n{rows}"


def _skipping() -> str:
    skipped = "; ".join(f"from `{status}`: {' and '.join(steps)}" for status, steps in STEPS_BEFORE_END.items())
    return f"A driver's app may complete a ride without telling the steps between. What it skipped is on record: {skipped}.\n"


def _unbinding() -> str:
    names = ", ".join(f"`{name}`" for name in sorted(event.__name__ for event in UNBINDING))
    return f"Events of a driver that leave the binding as it is: {names}.\n"


def _answering() -> str:
    accepting, declining = ANSWERS[AcceptOffer], ANSWERS[DeclineOffer]
    rows = "".join(f"| `{standing}` | {accepting[standing]} | {declining[standing]} |\n" for standing in OfferStanding)
    return f"| the offer is | `accept_ride` | `decline_ride` |\n|--|--|--|\n{rows}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

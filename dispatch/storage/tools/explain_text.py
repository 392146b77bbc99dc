"""An explanation for people: a paragraph for each round, a line for each driver, nearest first. Pure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from dispatch.storage.tools.explain import PUSHED, Told, was_asked

RULES: Final[Mapping[str, str]] = {
    "offline": "offline",
    "suspended": "suspended",
    "document_ended": "has a document that has ended",
    "unavailable": "wants no offers",
    "busy": "busy with a ride",
    "stale": "not heard of for too long",
    "outside_radius": "outside the radius",
    "wrong_vehicle": "another type of vehicle",
    "blocked": "never to meet this passenger",
    "declined": "declined this ride before",
    "thinking": "holds an offer of this ride",
    "silent": "was silent before, as often as a driver is asked",
    "holds_offer": "holds another offer",
    "not_new": "was there before the last round",
    "asleep": "asleep, and enough others are awake",
    "behind": "behind those who were asked",
}
"""Why a driver was not asked."""
OUTCOMES: Final[Mapping[str, str]] = {
    "open": "has not answered yet",
    "accepted": "has the ride",
    "declined": "declined",
    "expired": "silent until the end",
    "taken": "somebody else was given the ride",
    "cancelled": "the ride was cancelled",
    "superseded": "the terms changed",
    "vanished": "lost the connection",
    "unavailable": "wanted no more offers",
    "driver_busy": "turned out to be busy",
}
"""What became of an offer."""


def lines(told: Told) -> Iterator[str]:
    """Every line of it."""
    began = _moment(told["requested_at"])
    wanted = f" for a {told['vehicle_type']}" if told["vehicle_type"] else ""
    yield f"Ride {told['ride_id']}, booked {told['requested_at']}{wanted}: {told['status']}"
    entries = [(_turn, one) for one in told["turns"]] + [(_round, one) for one in told["rounds"]]
    # At one moment the turn that led to the round first.
    for tell, one in sorted(entries, key=lambda entry: entry[1]["at"]):
        yield from tell(one, (_moment(one["at"]) - began).total_seconds())
    if not told["rounds"]:
        yield "No round was opened."
    elif not all(one["explained"] for one in told["rounds"]):
        yield "Where nobody was dropped, nothing was recorded: explain_candidates was 0."


def _round(one: Told, since_s: float) -> Iterator[str]:
    asked = [row for row in one["considered"] if was_asked(row)]
    reach = f" within {_distance(one['radius_m'])}" if one["radius_m"] else ""
    kind = "a place is filled again" if one["refill"] else f"{len(asked)} asked" if asked else "nobody to ask"
    yield ""
    yield f"{since_s:+.1f} s  search {one['search']}, round {one['round']}: {kind}{reach}"
    for row in one["considered"]:
        yield f"  {_distance(row['distance_m']):>8}  {row['driver_id']:<16}  {_fate(row)}"
    if not asked and one["considered"]:
        nearest = one["considered"][0]
        yield f"  The nearest was {_distance(nearest['distance_m'])} away: {RULES[nearest['rule']]}."
    if not one["considered"] and one["explained"]:
        yield "  No driver was known anywhere."
    if one["others"]:
        yield f"  Not listed, wherever they are: {', '.join(f'{count} {status}' for status, count in one['others'].items())}."


def _fate(row: Told) -> str:
    if not was_asked(row):
        return RULES[row["rule"]]
    outcome, how = OUTCOMES[row["outcome"]], "asleep, asked by push" if row["rule"] == PUSHED else "asked"
    return f"{how}: {outcome}" + (f" after {row['after_s']:.1f} s" if row["after_s"] is not None else "")


def _turn(one: Told, since_s: float) -> Iterator[str]:
    yield ""
    yield f"{since_s:+.1f} s  {_TURNS[one['what']](one)}"


_TURNS: Final[Mapping[str, Callable[[Any], str]]] = {
    "requested": lambda one: f"search {one['search']} begins",
    "assigned": lambda one: f"{one['driver_id']} has the ride",
    "unassigned": lambda one: f"{one['driver_id']} gave it up: search {one['search']} begins",
    "no_drivers": lambda one: f"the search ends without a driver: {one['reason']}",
    "cancelled": lambda one: f"cancelled by {one['by']}" + (f": {one['reason']}" if one["reason"] else ""),
}


def _distance(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"


def _moment(text: str) -> datetime:
    """What is no time counts as the first of all: whoever looks at such a file reads the number above."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)

"""What `/metrics` has: one row for each family, from which the page itself and docs/METRICS.md are made. It reads nothing itself.

Whoever has figures hands them over by the name of a row (`Figures`): a number, one for each value of the row's label, or a `Spread`.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"


class Family(NamedTuple):
    """A row. `name`: of a counter without the `_total` that Prometheus adds. `label`: its one label, empty: it has none.

    `always`: values of the label that are shown from the first scrape on, so that a rate over them is 0 and not nothing.
    """

    name: str
    kind: str
    help: str
    label: str = ""
    always: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The name by which a query asks for it."""
        return f"{self.name}_total" if self.kind == COUNTER else self.name


class Spread:
    """How often a figure was how large: what a histogram shows. Notes cost a search among a dozen bounds."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        """`bounds`: upper ends, rising. What is above the last one is counted too."""
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        """Count this one. What is negative, as after a step of the clock, counts as 0."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += max(0.0, value)


Figures = Mapping[str, float | Mapping[str, float] | Spread]
"""By the name of a row."""

LAG_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds of what should take none."""
COMMIT_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
ASSIGN_S: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 180.0, 300.0)

RIDES: Final = (
    Family("dispatch_rides_requested", COUNTER, "Rides that were booked, for now or for later"),
    Family(
        "dispatch_rides",
        GAUGE,
        "Rides that are not over, by status",
        "status",
        ("scheduled", "pending", "accepted", "arrived", "in_progress"),
    ),
    Family(
        "dispatch_rides_ended",
        COUNTER,
        "Rides that are over, by how they ended",
        "status",
        ("completed", "cancelled", "no_show", "no_drivers"),
    ),
    Family(
        "dispatch_time_to_assign_seconds",
        HISTOGRAM,
        "From the request of a ride to its first driver; rides of a process before are not in it",
    ),
    Family(
        "dispatch_rides_lost_driver", COUNTER, "Rides that lost their driver before the pickup, and were offered anew"
    ),
    Family("dispatch_searching", GAUGE, "Searches (`rides`) and their open offers (`offers`)", "what"),
    Family("dispatch_offers_made", COUNTER, "Offers to drivers"),
    Family(
        "dispatch_offers",
        COUNTER,
        "Offers that are over, by outcome. What neither was answered nor ran out was taken back: the ride was taken or cancelled",
        "outcome",
        ("accepted", "declined", "expired"),
    ),
    Family(
        "dispatch_drivers",
        GAUGE,
        "Drivers whom the dispatcher knows, by status as they announced it",
        "status",
        ("available", "busy", "unavailable", "offline", "asleep"),
    ),
    Family(
        "dispatch_positions", COUNTER, "Positions: `reported` are all, `refused` those that nobody believed", "fate"
    ),
    Family("dispatch_charges_unsettled", GAUGE, "Charges that the provider of payments has not settled"),
    Family("dispatch_charges_oldest_seconds", GAUGE, "Age of the oldest of them; 0: there is none"),
)
PEOPLE: Final = (
    Family(
        "dispatch_texts",
        COUNTER,
        "Texts to phones (login codes, callers), by what became of them",
        "fate",
        ("sent", "failed"),
    ),
    Family(
        "dispatch_pushes",
        COUNTER,
        "Pushes to drivers who sleep: sent, failed, to a device that is gone (`dead`), not sent while the offer lasted (`late`)",
        "fate",
        ("sent", "failed", "dead", "late"),
    ),
    Family(
        "dispatch_logins",
        COUNTER,
        "Login sessions that began (`code`) or went on (`refresh`)",
        "by",
        ("code", "refresh"),
    ),
    Family(
        "dispatch_logins_refused",
        COUNTER,
        "Logins that were refused, by code of the error",
        "code",
        ("wrong_code", "rate_limited"),
    ),
)
LAGS: Final = (
    Family("dispatch_loop_lag_seconds", HISTOGRAM, "How late the event loop was, looked at ten times a second"),
    Family("dispatch_loop_lag_max_seconds", GAUGE, "The worst of the last minute"),
    Family("dispatch_mail", GAUGE, "Messages between actors that wait for their turn", "state"),
    Family(
        "dispatch_mail_wait_seconds", HISTOGRAM, "How long a message waited in the post, tried out ten times a second"
    ),
    Family("dispatch_mail_oldest_seconds", GAUGE, "How old the oldest message in a mailbox is, to a tenth of a second"),
    Family("dispatch_delivered", COUNTER, "Messages delivered", "to"),
    Family(
        "dispatch_dead_letters",
        COUNTER,
        "Messages nobody handled, by reason",
        "reason",
        ("nobody there", "mailbox full"),
    ),
    Family("dispatch_actors", GAUGE, "Actors in memory, by kind; a ride that is over stays for `retire_after`", "kind"),
)
JOURNAL: Final = (
    Family("dispatch_ready", GAUGE, "1 while `/readyz` answers 200, else 0"),
    Family("dispatch_journal_lag_seconds", GAUGE, "Age of the oldest event that is not on disk yet; 0: all are"),
    Family("dispatch_commit_seconds", HISTOGRAM, "How long a commit took, the disk included"),
    Family("dispatch_events_committed", COUNTER, "Events on disk since this process started"),
    Family(
        "dispatch_commit_failures",
        COUNTER,
        "Times that the journal began to fail, or refused an event for its own sake",
    ),
    Family(
        "dispatch_file_bytes",
        GAUGE,
        "Size of the database (`db`) and of its write-ahead log (`wal`)",
        "file",
        ("db", "wal"),
    ),
    Family("dispatch_disk_free_bytes", GAUGE, "What is free for this process where the database lies"),
)
EDGE: Final = (
    Family(
        "dispatch_sockets",
        GAUGE,
        "Open WebSockets: of passengers (`ride`), drivers (`driver`), desks (`ops`)",
        "kind",
        ("ride", "driver", "ops"),
    ),
    Family(
        "dispatch_handshakes", COUNTER, "Answered opening handshakes by HTTP status; 101 is a socket opened", "status"
    ),
    Family(
        "dispatch_handshakes_shed",
        COUNTER,
        "Handshakes turned away though nothing was wrong with them, by why",
        "why",
        ("stopping", "full", "too_many_at_once", "too_many_of_address"),
    ),
    Family("dispatch_closes", COUNTER, "Ended WebSockets by close code; 1006 ended without one", "code"),
    Family("dispatch_frames", COUNTER, "Data frames", "direction"),
    Family("dispatch_bytes", COUNTER, "Bytes of WebSockets", "direction"),
    Family("dispatch_cut_headers", COUNTER, "Connections ended because their headers were late or endless"),
    Family("dispatch_cut_readers", COUNTER, "Connections ended because a page's answer was not read"),
    Family("dispatch_refused", COUNTER, "Commands refused by a ride or driver, by code", "code"),
    Family("dispatch_http_refused", COUNTER, "HTTP requests refused, by code of the error", "code"),
    Family("dispatch_frames_not_passed", COUNTER, "Frames that did nothing, by why", "why"),
    Family("dispatch_info", GAUGE, "Always 1; the label has the version that runs", "version"),
)
TITLES: Final = {
    "Rides, offers and drivers": RIDES,
    "Logins and texts": PEOPLE,
    "How late the server is": LAGS,
    "The journal and its file": JOURNAL,
    "Sockets and requests": EDGE,
}
"""The rows in the order of docs/METRICS.md."""
FAMILIES: Final[Mapping[str, Family]] = {family.name: family for families in TITLES.values() for family in families}

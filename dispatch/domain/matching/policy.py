"""What decides whom to ask for which ride: a policy. docs/POLICIES.md says how to write one.

A dispatcher tells its policy what happened and shows it the zone; the policy answers with moves, which the dispatcher carries out. Of
the policy of others it carries out only what keeps the rules: it drops an ask of a driver who may not be asked.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from dispatch.domain.matching.rules import SearchRules
from dispatch.domain.matching.search import Hits, Search
from dispatch.ids import DriverId, RideId
from dispatch.values import Point
from dispatch.words import AskVerdict, OfferOutcome

# -- what happened


class SearchOpened(msgspec.Struct, frozen=True, gc=False):
    """A ride looks for a driver from now on. Its passenger hears that it does, whether or not anybody is asked at once."""

    ride_id: RideId


class DriverEligible(msgspec.Struct, frozen=True, gc=False):
    """A driver may be asked now who could not be asked before, or moved while searches wait."""

    driver_id: DriverId


class OfferEnded(msgspec.Struct, frozen=True, gc=False):
    """A driver declined, was silent, vanished or turned out to be busy (`outcome`); the ride still looks for a driver."""

    ride_id: RideId
    driver_id: DriverId
    outcome: OfferOutcome


class SearchDue(msgspec.Struct, frozen=True, gc=False):
    """Time changed something of a search: an offer of it ran out, the next place may be shown, or its dispatcher was rebuilt."""

    ride_id: RideId


class Tick(msgspec.Struct, frozen=True, gc=False):
    """The second has come that the policy named last in a `LookAgain`."""


Happened = SearchOpened | DriverEligible | OfferEnded | SearchDue | Tick

# -- what to do


class Ask(msgspec.Struct, frozen=True, gc=False):
    """Ask these drivers for this ride, the first of `hits` first. They open the next round if the search needs one, else they join
    the round under way. `radius_m`: how far that round reaches now; None: as far as any.
    """

    ride_id: RideId
    hits: Hits
    radius_m: float | None = None


class EndRound(msgspec.Struct, frozen=True, gc=False):
    """Nobody is left for the places of this round that were not shown yet."""

    ride_id: RideId


class GiveUp(msgspec.Struct, frozen=True, gc=False):
    """End this search: the passenger hears that there are no drivers. A search ends by itself when its cap is over."""

    ride_id: RideId


class LookAgain(msgspec.Struct, frozen=True, gc=False):
    """Tell the policy a `Tick` at this second (the runtime's), instead of the one that it named before."""

    at: float


Move = Ask | EndRound | GiveUp | LookAgain


class ZoneView(Protocol):
    """What a policy sees. It must change nothing of it."""

    @property
    def now(self) -> float:
        """The runtime's second of this decision."""

    @property
    def rules(self) -> SearchRules:
        """The numbers of the settings."""

    @property
    def searches(self) -> Mapping[RideId, Search]:
        """The searches under way. `search.need(now)` says what one needs and for how many drivers it has places."""

    def nearest(self, search: Search, k: int, radius_m: float) -> Hits:
        """Up to `k` drivers within `radius_m` of the pickup whom this search may ask now: (metres, id), the nearest first.

        Drivers who were silent come behind all who were never asked. After the last round only newcomers may be asked. Drivers who
        are asleep come last, and only as many as are missing where fewer than `rules.batch` are awake.
        """

    def is_asleep(self, driver_id: DriverId) -> bool:
        """Whether the driver is not connected, and a push has to wake the app before anybody can answer."""

    def why_not(self, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> AskVerdict | None:
        """The first rule that keeps a search which reaches `reach_m` from asking a driver `metres` from the pickup; None: none does."""

    def position(self, driver_id: DriverId) -> Point | None:
        """Latitude and longitude of the driver, if they are known and young enough for an offer."""

    def metres_to(self, search: Search, driver_id: DriverId) -> float:
        """How far the driver is from the pickup; inf: that is not known."""

    def first_waiting(self, driver_id: DriverId) -> tuple[Search, float] | None:
        """The longest-waiting search that may ask this driver now, and the metres to its pickup."""


class MatchingPolicy(Protocol):
    """Owned by one zone, and made anew whenever the zone's dispatcher is: what it remembers is gone then."""

    def decide(self, happened: Happened, zone: ZoneView) -> Iterable[Move]:
        """What to do about it. After `DriverEligible` it is asked again until it asks nobody or the driver is not eligible any more."""


PolicyFactory = Callable[[SearchRules], MatchingPolicy]
"""What a plug-in offers: makes the policy of a zone."""

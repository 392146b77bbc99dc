"""Why a search does not ask a driver: one ordered list, by which drivers are picked and by which a round is explained. Pure."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dispatch.domain.matching.search import NEWCOMERS, Search
from dispatch.ids import DriverId
from dispatch.words import AskVerdict

if TYPE_CHECKING:
    from dispatch.domain.matching.zone import Zone

ASKED: Final = AskVerdict.ASKED
BEHIND: Final = AskVerdict.BEHIND


class Rule(NamedTuple):
    """`drops` says whether the rule keeps a search from asking a driver who is so many metres from the pickup, where the search asks
    no farther than `reach_m`. `matters`: whether the rule could drop anybody who stands in the supply and is in reach; None: it could
    not, for the supply holds only those whom the rule admits.
    """

    word: AskVerdict
    drops: Callable[[Zone, Search, DriverId, float, float], bool]
    matters: Callable[[Search], Any] | None = None


def _announced(status: AskVerdict) -> Rule:
    """The driver announced this status."""
    return Rule(status, lambda zone, search, driver_id, metres, reach_m: zone.supply.get(driver_id).status == status)


def _is_stale(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    return not zone.supply.is_fresh(driver_id, zone.now)


def _is_beyond(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    return metres > reach_m


def _is_another_vehicle(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    wanted = search.card.trip.vehicle_type
    return bool(wanted) and not zone.rules.vehicles.serves(wanted, zone.supply.get(driver_id).vehicle_type)


def _is_blocked(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    return driver_id in search.blocked


def _has_declined(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    return driver_id in search.refusals


def _thinks(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    if driver_id not in search.asks:
        return False
    return any(offer.lease.driver_id == driver_id for offer in search.open.values())


def _was_silent(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    return search.asks.get(driver_id, 0) > zone.rules.asks_after_silence


def _holds_offers(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    return not zone.supply.eligible(driver_id)


def _is_not_new(zone: Zone, search: Search, driver_id: DriverId, metres: float, reach_m: float) -> bool:
    if search.need(zone.now).kind != NEWCOMERS:
        return False
    return not zone.supply.became_eligible_after(driver_id, zone.eligibility_seq_of(search))


RULES: Final = (
    _announced(AskVerdict.OFFLINE),
    _announced(AskVerdict.UNAVAILABLE),
    _announced(AskVerdict.BUSY),
    Rule(AskVerdict.STALE, _is_stale),
    Rule(AskVerdict.OUTSIDE_RADIUS, _is_beyond),
    Rule(AskVerdict.WRONG_VEHICLE, _is_another_vehicle, attrgetter("card.trip.vehicle_type")),
    Rule(AskVerdict.BLOCKED, _is_blocked, attrgetter("blocked")),
    Rule(AskVerdict.DECLINED, _has_declined, attrgetter("refusals")),
    Rule(AskVerdict.THINKING, _thinks, attrgetter("open")),
    Rule(AskVerdict.SILENT, _was_silent, attrgetter("asks")),
    Rule(AskVerdict.HOLDS_OFFER, _holds_offers),
    Rule(AskVerdict.NOT_NEW, _is_not_new, attrgetter("rounds_spent")),
)
"""In the order in which they are told. `thinking`: the driver holds an offer of this ride. `silent`: the driver did not answer as often
as drivers are asked. `holds_offer`: the driver holds as many offers of other rides as allowed. `not_new`: after the last round only
those are asked who became eligible since it opened.
"""

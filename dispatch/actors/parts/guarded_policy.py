"""Guards a policy that a plug-in brings. A turn in which it fails or takes too long is logged, and the default policy takes that turn.
An ask that the rules forbid is logged and not done."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dispatch.domain.matching.policy import Ask, GiveUp, Happened, LookAgain, MatchingPolicy, Move, ZoneView
from dispatch.domain.matching.rounds import Rounds
from dispatch.domain.matching.search import Hits, Search
from dispatch.trail import ids_of

LONGEST_TURN_S: Final = 0.05
"""A dispatcher serves a whole zone: nobody hears anything from it while its policy thinks."""

log = logging.getLogger(__name__)


class GuardedPolicy:
    """Asks a plug-in, and rounds where the plug-in fails. Of either it keeps only asks that the rules admit at that moment."""

    def __init__(self, plug_in: MatchingPolicy, clock: Callable[[], float] | None) -> None:
        """`clock`: seconds, by which the turns of the plug-in are measured; None: they may take any time, as in virtual time."""
        self._plug_in = plug_in
        self._default = Rounds()
        self._clock = clock or (lambda: 0.0)
        self._name = type(plug_in).__qualname__

    def decide(self, happened: Happened, zone: ZoneView) -> Iterator[Move]:
        """The moves of this turn, one by one: each is held against the zone as those before it left it."""
        for move in self._moves(happened, zone):
            if isinstance(move, Ask):
                yield from self._admitted(move, zone)
            elif isinstance(move, GiveUp) and _has_accepted(zone.searches.get(move.ride_id)):
                log.warning(
                    "policy %s gives up %s, which somebody has accepted: not done",
                    self._name,
                    move.ride_id,
                    extra=ids_of(move),
                )
            else:
                yield move

    def _moves(self, happened: Happened, zone: ZoneView) -> Iterable[Move]:
        began = self._clock()
        try:
            moves = list(self._plug_in.decide(happened, zone))
        except Exception:
            log.exception("policy %s failed on %r: the default decides", self._name, happened, extra=ids_of(happened))
            return self._default.decide(happened, zone)
        took_s = self._clock() - began
        if took_s <= LONGEST_TURN_S:
            return moves
        log.warning(
            "policy %s took %.0f ms over %r: the default decides",
            self._name,
            1000.0 * took_s,
            happened,
            extra=ids_of(happened),
        )
        return [*self._default.decide(happened, zone), *[move for move in moves if isinstance(move, LookAgain)]]

    def _admitted(self, ask: Ask, zone: ZoneView) -> Iterator[Move]:
        """This ask with the drivers who may be asked, as many as the search has places for. An empty one only opens a first round."""
        search = zone.searches.get(ask.ride_id)
        if search is None:
            return
        hits: Hits = []
        reach_m = min(ask.radius_m or zone.rules.radius_m, zone.rules.radius_m)
        places = search.need(zone.now).places
        for _, driver_id in ask.hits:
            metres = zone.metres_to(search, driver_id)
            reason = zone.why_not(search, driver_id, metres, reach_m) if len(hits) < places else "no_place"
            if reason or any(driver_id == other for _, other in hits):
                log.warning(
                    "policy %s asks %s for %s: not done (%s)",
                    self._name,
                    driver_id,
                    ask.ride_id,
                    reason or "twice",
                    extra={"ride_id": ask.ride_id, "driver_id": driver_id},
                )
            else:
                hits.append((metres, driver_id))
        if hits or not search.round_no:
            yield Ask(ask.ride_id, hits, reach_m)


def _has_accepted(search: Search | None) -> bool:
    return search is not None and any(offer.claimed for offer in search.open.values())

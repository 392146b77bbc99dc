"""The numbers by which a dispatcher searches. Pure; made from settings by the composition root."""

import msgspec

from dispatch.config import Rules
from dispatch.domain.matching.vehicles import ANY_VEHICLES, Vehicles
from dispatch.masking.rides import RideMask


class SearchRules(msgspec.Struct, frozen=True):
    """Times in seconds, distances in metres. docs/SETTINGS.md says what each does.

    `radius_from_m` 0: every round reaches as far as `radius_m`. `stagger_s`: within a round each driver is asked so long after the
    one before; 0: all at once. `explain_candidates`: so many drivers who were not asked are recorded with the reason, for each
    round; 0: none. `window_s`: how often a policy that decides for many rides together does so. `mask`: how much of a
    ride an offer shows.
    """

    batch: int = Rules.batch
    rounds: int = Rules.rounds
    radius_m: float = Rules.radius_m
    offer_timeout_s: float = Rules.offer_timeout_s
    late_grace_s: float = Rules.late_grace_s
    search_cap_s: float = Rules.search_cap_s
    sweep_every_s: float = Rules.sweep_every_s
    asks_after_silence: int = Rules.asks_after_silence
    live_offers: int = Rules.live_offers
    radius_from_m: float = Rules.radius_from_m
    radius_growth: float = Rules.radius_growth
    stagger_s: float = Rules.stagger_s
    explain_candidates: int = 0
    vehicles: Vehicles = ANY_VEHICLES
    mask: RideMask = RideMask()
    window_s: float = Rules.window_s

"""How a dispatcher searches, as data. Pure; made from settings by the composition root."""

from __future__ import annotations

import msgspec


class SearchPolicy(msgspec.Struct, frozen=True):
    """Times in seconds, distances in metres. See docs for what each does; the defaults are the settings' own."""

    batch: int = 5
    rounds: int = 4
    radius_m: float = 10_000.0
    offer_timeout_s: float = 30.0
    late_grace_s: float = 2.0
    search_cap_s: float = 180.0
    sweep_every_s: float = 5.0
    asks_after_silence: int = 1
    live_offers: int = 1

"""Ways to ask drivers that have a name: each is a handful of settings, as people write them. Whatever is given beside it beats it."""

from collections.abc import Mapping

POLICIES: Mapping[str, Mapping[str, str]] = {
    "seed": {},
    "exclusive": {"batch": "1", "rounds": "12", "offer_timeout": "15s"},
    "best_of_window": {"acceptance": "best_of_window"},
    "expanding": {"radius_from_km": "2"},
    "staggered": {"stagger": "5s"},
}
"""By name, settings by theirs. `seed`: the defaults as they are."""

"""Matching policies that are presets: each is a few settings, as people write them. Explicit settings win."""

from collections.abc import Mapping

POLICIES: Mapping[str, Mapping[str, str]] = {
    "seed": {},
    "exclusive": {"batch": "1", "rounds": "12", "offer_timeout": "15s"},
    "best_of_window": {"acceptance": "best_of_window"},
    "expanding": {"radius_from_km": "2"},
    "staggered": {"stagger": "5s"},
}
"""The settings of each preset. `seed` has none: it is the defaults."""

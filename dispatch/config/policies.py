"""Matching policies that have a name: each is a handful of settings, as people write them. Whatever is given beside it beats it."""

from collections.abc import Mapping
from typing import Final

POLICIES: Mapping[str, Mapping[str, str]] = {
    "seed": {},
    "exclusive": {"batch": "1", "rounds": "12", "offer_timeout": "15s"},
    "best_of_window": {"acceptance": "best_of_window"},
    "expanding": {"radius_from_km": "2"},
    "staggered": {"stagger": "5s"},
    "batched": {"batch": "1", "rounds": "100"},
}
"""By name, settings by theirs. `seed`: the defaults as they are."""
PLUG_INS: Final = "dispatch.policies"
"""The group of entry points under which packages offer policies of their own."""


def is_plug_in(name: str) -> bool:
    """Whether this names a policy of somebody else: one that a package offers, or FILE.py:NAME or MODULE:NAME."""
    from importlib.metadata import entry_points

    return ":" in name or name in entry_points(group=PLUG_INS).names

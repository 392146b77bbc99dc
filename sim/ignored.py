"""Options that a kind of run does not look at are refused where they are given beside the one that chooses it."""

from __future__ import annotations

from dispatch.config import Resolved
from dispatch.errors import SettingError

MODEL = "none"
"""`--trips none`: demand of a model city."""
OF_A_SCENARIO = ("scenario", "worlds", "seed", "permute", "json", "trace")
"""What a named small world takes; all else of it is its own."""
OF_A_FILE = ("from", "columns", "trips_zone", "skip_most")
"""What only a file of trips takes."""


def refuse_ignored(resolved: Resolved) -> None:
    """Refuse a flag that would change nothing. Files and the environment may say more than one run needs.

    Raises:
        SettingError: it names the flag, and the one beside which it means nothing.
    """
    wanted = resolved.simulate
    flags = {
        name: origin.removeprefix("flag ") for name, origin in resolved.origins.items() if origin.startswith("flag ")
    }
    if wanted.scenario is not None:
        for name, flag in flags.items():
            if name not in OF_A_SCENARIO:
                raise SettingError(
                    name,
                    f"{flag} does not go with --scenario {wanted.scenario}: a small world has trips, drivers and rules of its own",
                )
        if "trace" in flags and wanted.worlds > 1:
            raise SettingError("trace", f"--trace does not go with --worlds {wanted.worlds}: it is a file of one world")
        return
    if "worlds" in flags:
        raise SettingError(
            "worlds", f"--worlds {wanted.worlds} needs --scenario: it is small worlds that are run by the hundred"
        )
    for name in OF_A_FILE:
        if wanted.trips == MODEL and name in flags:
            raise SettingError(
                name, f"{flags[name]} does not go with --trips {MODEL}: a model city has no file of trips"
            )

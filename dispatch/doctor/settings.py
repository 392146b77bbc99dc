"""Whether the settings go together, and what a proxy and the map of the town make of them."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dispatch.area import served_area
from dispatch.config import Settings, exposure
from dispatch.config.authority import networks_in
from dispatch.config.map_sources import origin_of
from dispatch.doctor.findings import OK, PROBLEM, WARNING, Found
from dispatch.errors import DispatchError
from dispatch.live.ground import ground_of
from dispatch.payments import require_payments
from dispatch.policies import policy_factory
from dispatch.prices import require_prices
from dispatch.text import counted
from dispatch.travel.streets import read_streets


def configuration(settings: Settings) -> Found:
    """Everything of the settings that a start would refuse or warn of."""
    required: tuple[Callable[[Any], object], ...] = (
        exposure,
        require_prices,
        require_payments,
        served_area,
        policy_factory,
        ground_of,
    )
    wrong = []
    for require in required:
        try:
            require(settings)
        except DispatchError as error:
            wrong.append(str(error))
    for name in ("roads", "eta_profile"):
        path = getattr(settings, name)
        if path and not os.access(path, os.R_OK):
            wrong.append(f"{name} {path} cannot be read: name another file")
    for text in dict.fromkeys(wrong):
        yield PROBLEM, text
    if not wrong:
        yield OK, "the settings go together"
        for text in exposure(settings).warnings:
            yield WARNING, text


def proxy(settings: Settings) -> Found:
    """Whether only a proxy of one's own is believed about addresses."""
    networks = networks_in(settings.behind_proxy)
    wide = [network for network in networks if network.prefixlen == 0]
    if wide:
        yield PROBLEM, f"behind_proxy has {wide[0]}, so anybody can pretend to be another address: list the proxy's own"
    elif networks:
        admin = "" if settings.admin_port is not None else "; metrics are on no port: set admin_port to read them"
        yield OK, f"forwarding headers of {', '.join(map(str, networks))} alone are believed{admin}"
    else:
        yield OK, "no proxy is listed, and no forwarding header is believed"


def town_map(settings: Settings) -> Found:
    """What people see of the town, and whether they can search for a street."""
    if settings.map_streets:
        with suppress(DispatchError):  # one that is wrong is told of under configuration
            ground, streets = ground_of(settings), read_streets(Path(settings.map_streets))
            names, kilobytes = counted(len(streets.names), "street name"), len(ground.streets) / 1000
            yield OK, f"pages draw and search {names} ({kilobytes:,.0f} kB), and show {streets.credit!r}"
        return
    make = "make its streets by `dispatch map build CITY.osm.pbf` and name them in map_streets"
    if origin := origin_of(settings.map_style_url) or origin_of(settings.map_pmtiles):
        yield OK, f"pages draw a map of {origin} and search no street: for that, {make}"
    elif settings.map_pmtiles:
        yield OK, f"pages draw the tiles in {settings.map_pmtiles} and search no street: for that, {make}"
    else:
        yield OK, f"pages have no map of the town, and people cannot search for a street: {make}"

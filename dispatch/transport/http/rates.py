"""Whose limit a request counts against, by the address that it comes from. Pure."""

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

LOOPBACK: Final = "loopback"
NETWORK_BITS: Final = 64
"""Of an IPv6 address, those that a client cannot choose."""
REMEMBERED: Final = 1_024


@lru_cache(REMEMBERED)
def whose(host: str) -> str:
    """Whose rate limit a request from this address counts against: an IPv6 client may have a whole network of addresses."""
    try:
        address = ip_address(host.removeprefix("::ffff:"))
    except ValueError:
        return host
    if address.is_loopback:
        return LOOPBACK
    return str(ip_network((address, NETWORK_BITS), strict=False)) if address.version == 6 else host

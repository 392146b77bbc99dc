"""How fast each address may ask, and whose limit a request counts against."""

from functools import lru_cache
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Final

from starlette.requests import Request

from dispatch.errors import RateLimited
from dispatch.transport.sessions.limits import TokenBucket

LOOPBACK: Final = "loopback"
NETWORK_BITS: Final = 64
"""Of an IPv6 address, those that a client cannot choose."""
REMEMBERED: Final = 1_024
ADDRESSES_KEPT: Final = 10_000
"""Of so many the rate is known; the one that asked longest ago is forgotten first."""


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


class AddressRates:
    """Each address at its own rate."""

    def __init__(self, per_s: float, burst: int) -> None:
        """`burst`: requests at once; `per_s`: how many more a second."""
        self._per_s, self._burst = per_s, burst
        self._buckets: dict[str, TokenBucket] = {}
        """The address that asked longest ago comes first."""

    def take(self, request: Request, now: float) -> None:
        """Count this request at second `now`. Raises RateLimited."""
        self.count(whose(request.client.host if request.client is not None else ""), now)

    def count(self, whom: str, now: float) -> None:
        """Count a request against this limit. Raises RateLimited."""
        bucket = self._buckets.pop(whom, None) or TokenBucket(self._per_s, self._burst)
        self._buckets[whom] = bucket
        if len(self._buckets) > ADDRESSES_KEPT:
            del self._buckets[next(iter(self._buckets))]
        if not bucket.take(now):
            raise RateLimited(ceil(bucket.wait_s(now) * 1000.0))

"""Whose limit a request counts against, and how fast an address may ask."""

import pytest

from dispatch.errors import RateLimited
from dispatch.transport.http.rates import ADDRESSES_KEPT, LOOPBACK, AddressRates, whose


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),  # a name of its own, and one that nobody can choose
        ("127.0.0.1", LOOPBACK),
        ("127.9.8.7", LOOPBACK),
        ("::1", LOOPBACK),
        ("::ffff:127.0.0.1", LOOPBACK),
        ("", ""),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_address_counts_for_itself_or_for_its_network(host: str, found: str) -> None:
    assert whose(host) == found


def test_an_address_that_asks_too_fast_hears_when_it_may_again() -> None:
    rates = AddressRates(2.0, 3)
    for _ in range(3):
        rates.count("a", 1.0)
    with pytest.raises(RateLimited) as refused:
        rates.count("a", 1.0)
    assert refused.value.retry_after_ms == 500
    rates.count("b", 1.0)
    rates.count("a", 1.5)


def test_of_ten_thousand_addresses_the_one_that_asked_longest_ago_is_forgotten() -> None:
    rates = AddressRates(1.0, 1)
    for number in range(ADDRESSES_KEPT):
        rates.count(str(number), 1.0)
    with pytest.raises(RateLimited):
        rates.count("0", 1.0)  # the one that asked longest ago is "1" now
    rates.count("another", 1.0)
    rates.count("1", 1.0)

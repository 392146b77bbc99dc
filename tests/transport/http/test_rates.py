"""Whose limit a request counts against."""

import pytest

from dispatch.transport.http.rates import LOOPBACK, whose


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),  # a name of its own, and one that nobody can choose
        ("127.0.0.1", LOOPBACK),
        ("::1", LOOPBACK),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_address_counts_for_itself_or_for_its_network(host: str, found: str) -> None:
    assert whose(host) == found
